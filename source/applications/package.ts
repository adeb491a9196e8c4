import { z } from 'zod';
import { parseSize } from './size.ts';

const kubernetesName = z
  .string()
  .max(40)
  .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, 'must be lower-case letters, digits and "-"');
const identifier = z.string().regex(/^[a-z][A-Za-z0-9]*$/, 'must be a word as storageSize');
const text = z.strictObject({ en: z.string().min(1), zh: z.string().min(1) });
const size = z.string().refine((value) => parseSize(value) !== undefined, 'must be a size, as 512Mi or 5Gi');
const bytes = size.transform((value) => parseSize(value) ?? 0);

const common = { name: identifier, title: text, description: text.optional() };
const regularExpression = z.string().refine((value) => {
  try {
    new RegExp(value);
    return true;
  } catch {
    return false;
  }
}, 'must be a regular expression');

const parameterSchema = z.discriminatedUnion('type', [
  z.strictObject({
    ...common,
    type: z.literal('string'),
    /** Without a default the parameter is left out unless the person gives it. */
    default: z.string().optional(),
    pattern: regularExpression.optional(),
    maxLength: z.number().int().positive().optional(),
  }),
  z.strictObject({
    ...common,
    type: z.literal('number'),
    default: z.number().int().optional(),
    min: z.number().int().optional(),
    max: z.number().int().optional(),
  }),
  z.strictObject({ ...common, type: z.literal('boolean'), default: z.boolean() }),
  // Made by the program and kept with the cluster's secrets, never given on a command line.
  z.strictObject({ ...common, type: z.literal('password') }),
  z.strictObject({
    ...common,
    type: z.literal('size'),
    default: size,
    min: size.optional(),
    max: size.optional(),
    /** The need of one replica that this size decides. */
    need: z.enum(['memory', 'disk']).optional(),
  }),
]);

const needSchema = z.strictObject({
  replicas: z.number().int().positive(),
  /** Of one replica: millicores, then sizes. A parameter with `need` takes the place of the size. */
  cpu: z.number().int().nonnegative(),
  memory: bytes,
  disk: bytes,
});

const accessSchema = z.strictObject({
  title: text,
  protocol: z.string().min(1),
  /** Name of the Service; `{application}` is the installation's name. */
  service: z.string().min(1),
  /** Name of the Service's port. */
  port: z.string().min(1),
  user: z.string().optional(),
  passwordParameter: z.string().optional(),
  /** Templates over application, address, port, user and parameters.NAME. */
  url: z.string().min(1),
  /** A command with which a person gets in from any machine; it asks for the password. */
  command: z.string().optional(),
});

const verificationSchema = z.strictObject({
  title: text,
  /** `statefulset/{application}`: the pod in which the script runs. */
  workload: z.string().min(1),
  container: z.string().min(1),
  /**
   * POSIX sh in the package's folder; `$1` address of a node, `$2` port, `$3` user, the password on standard input.
   * Ends with 0 when it could use the application, with 77 when the password was refused, with anything else otherwise.
   */
  script: z.string().min(1),
});

/** `package.yaml` of an application. */
export const packageSchema = z.strictObject({
  apiVersion: z.literal('landfall/v1'),
  kind: z.literal('Application'),
  name: kubernetesName,
  /** Other names people look for it under. */
  aliases: z.array(kubernetesName),
  /** Of the package; the chart has the same. */
  version: z.string().regex(/^\d+\.\d+\.\d+$/, 'must be a version, as 1.0.0'),
  /** Of the program inside, for people. */
  applicationVersion: z.string().min(1),
  title: text,
  description: text,
  /** A component is what applications need; it is installed with them and not offered by itself. */
  role: z.enum(['application', 'component']),
  namespace: kubernetesName,
  dependsOn: z.array(kubernetesName),
  needs: z.strictObject({ oneNode: needSchema, manyNodes: needSchema }),
  /** Key in the chart's values → upstream name with tag. */
  images: z.record(
    identifier,
    z.string().regex(/^[a-z0-9.-]+\.[a-z]+\/[^\s:]+:[^\s:]+$/, 'must be a full name with tag'),
  ),
  parameters: z.array(parameterSchema),
  access: z.array(accessSchema),
  verification: verificationSchema.optional(),
});

export type PackageManifest = z.infer<typeof packageSchema>;
export type Parameter = z.infer<typeof parameterSchema>;
export type Need = z.infer<typeof needSchema>;
export type AccessTemplate = z.infer<typeof accessSchema>;
export type Verification = z.infer<typeof verificationSchema>;
export type LocalizedText = z.infer<typeof text>;

/** A package of the catalogue with the folder it was read from. */
export type ApplicationPackage = PackageManifest & { readonly directory: string };

/** References inside a package that no schema of a single value can see; an empty list when all hold. */
export function packageProblems(manifest: PackageManifest): readonly string[] {
  const problems: string[] = [];
  const parameters = new Map(manifest.parameters.map((parameter) => [parameter.name, parameter]));
  if (parameters.size < manifest.parameters.length) problems.push('a parameter is named twice');
  if (manifest.access.length > 0 && manifest.verification === undefined) {
    problems.push('access: nothing is shown to a person that was not tried, so it needs a verification');
  }
  for (const access of manifest.access) {
    const password = access.passwordParameter;
    if (password !== undefined && parameters.get(password)?.type !== 'password') {
      problems.push(`access: ${password} is not a password parameter`);
    }
    for (const template of [access.url, access.command ?? '', access.user ?? '']) {
      for (const [, name = ''] of template.matchAll(/\{parameters\.([^}]*)\}/g)) {
        const known = parameters.get(name);
        if (known === undefined) problems.push(`access: there is no parameter ${name}`);
        else if (known.type === 'password') problems.push(`access: the password ${name} does not belong into a text`);
      }
    }
  }
  for (const parameter of manifest.parameters) {
    if (parameter.type !== 'size' && parameter.type !== 'number') continue;
    const figure = (value: string | number | undefined): number | undefined =>
      typeof value === 'string' ? parseSize(value) : value;
    const [lowest, given, highest] = [figure(parameter.min), figure(parameter.default), figure(parameter.max)];
    if (given !== undefined && (given < (lowest ?? given) || given > (highest ?? given))) {
      problems.push(`the default of ${parameter.name} is out of its own bounds`);
    }
  }
  return problems;
}
