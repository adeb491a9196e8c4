import { z } from 'zod';
import { invalidDocument, type Problem } from '../cluster/positioned-yaml.ts';
import type { Architecture, FileRole, ImageUse } from './contents.ts';
import { type ImageName, nameInBundle, parseImageName } from './image-name.ts';
import { parseYaml, readNamedFile } from './yaml-file.ts';

export const architectures = ['amd64', 'arm64'] as const satisfies readonly Architecture[];
export const fileRoles = [
  'containerd',
  'runc',
  'cni-plugins',
  'kubeadm',
  'kubelet',
  'kubectl',
  'crictl',
  'registry',
  'etcdctl',
  'helm',
  'landfall',
] as const satisfies readonly FileRole[];
export const imageUses = [
  'every-node',
  'control-plane',
  'load-balancer',
  'network',
  'cluster',
  'application',
] as const satisfies readonly ImageUse[];

/** Stands in a source for each architecture in turn: a dollar sign and `{arch}`. */
export const placeholder = '$'.concat('{arch}');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256 as 64 lower-case hexadecimal digits');
const architectureList = z.array(z.enum(architectures)).min(1, 'needs at least one architecture');

const recipeSchema = z.strictObject({
  apiVersion: z.literal('landfall/v1'),
  kind: z.literal('Recipe'),
  metadata: z.strictObject({
    name: z.string().regex(/^[a-z0-9]([-.a-z0-9]{0,61}[a-z0-9])?$/, 'must be lower-case letters, digits, "-" and "."'),
  }),
  spec: z.strictObject({
    kubernetesVersion: z.string().regex(/^v\d+\.\d+\.\d+$/, 'must be a version, as v1.36.3'),
    architectures: architectureList,
    readme: z.string().min(1).optional(),
    files: z
      .array(
        z.strictObject({
          role: z.enum(fileRoles),
          version: z.string().min(1),
          archive: z.boolean().optional(),
          source: z.url({ protocol: /^https?$/, error: 'must be an http or https address' }),
          architectures: architectureList.optional(),
          sha256: z.strictObject({ amd64: sha256.optional(), arm64: sha256.optional() }).optional(),
        }),
      )
      .optional(),
    images: z
      .array(
        z.strictObject({
          use: z.enum(imageUses),
          name: z.string(),
          architectures: architectureList.optional(),
        }),
      )
      .optional(),
  }),
});

export type RecipeFile = {
  readonly role: FileRole;
  readonly version: string;
  readonly architecture: Architecture;
  readonly archive: boolean;
  /** Upstream address for this architecture. */
  readonly source: string;
  /** Lower-case hex, when the recipe pins it. */
  readonly sha256: string | undefined;
};

export type RecipeImage = {
  readonly use: ImageUse;
  /** As it stands in the bundle, without digest. */
  readonly name: string;
  readonly reference: ImageName;
  readonly architectures: readonly Architecture[];
};

export type Recipe = {
  readonly name: string;
  readonly kubernetesVersion: string;
  readonly architectures: readonly Architecture[];
  /** A text that is laid into the bundle's folder, relative to the recipe. */
  readonly readme: string | undefined;
  readonly files: readonly RecipeFile[];
  readonly images: readonly RecipeImage[];
  /** Every image name and every source of a file, for whatever architecture. */
  readonly everyName: ReadonlySet<string>;
  /** As it was written. */
  readonly text: string;
};

/**
 * Reads a recipe.
 * @param wanted architectures to build for instead of the recipe's own
 * @throws DOCUMENT_INVALID with every problem at its line
 */
export function parseRecipe(file: string, text: string, wanted?: readonly Architecture[]): Recipe {
  const { value, at } = parseYaml(file, text, recipeSchema);
  const { spec } = value;
  const built = [...new Set(wanted ?? spec.architectures)];
  const problems: Problem[] = [];
  const own = (listed: readonly Architecture[] | undefined): readonly Architecture[] =>
    built.filter((architecture) => listed?.includes(architecture) ?? true);

  const files = (spec.files ?? []).flatMap((entry, index): readonly RecipeFile[] => {
    const path = ['spec', 'files', index];
    const listed = own(entry.architectures);
    if (listed.length > 1 && !entry.source.includes(placeholder)) {
      const message = `source: must hold ${placeholder} when it is taken for several architectures`;
      problems.push(at([...path, 'source'], message));
    }
    return listed.map((architecture) => ({
      role: entry.role,
      version: entry.version,
      architecture,
      archive: entry.archive ?? false,
      source: entry.source.replaceAll(placeholder, architecture),
      sha256: entry.sha256?.[architecture],
    }));
  });
  for (const [index, entry] of (spec.files ?? []).entries()) {
    const first = (spec.files ?? []).findIndex(
      (other) =>
        other.role === entry.role &&
        own(other.architectures).some((architecture) => own(entry.architectures).includes(architecture)),
    );
    if (first < index) problems.push(at(['spec', 'files', index, 'role'], `role: ${entry.role} is there twice`));
  }

  const names = new Set<string>();
  const images = (spec.images ?? []).flatMap((entry, index): readonly RecipeImage[] => {
    const place = ['spec', 'images', index, 'name'];
    const reference = parseImageName(entry.name);
    if (typeof reference === 'string') {
      problems.push(at(place, `name: ${reference}`));
      return [];
    }
    const name = nameInBundle(reference);
    if (names.has(name)) problems.push(at(place, `name: ${name} is there twice`));
    names.add(name);
    const listed = own(entry.architectures);
    return listed.length === 0 ? [] : [{ use: entry.use, name, reference, architectures: listed }];
  });
  if (problems.length > 0) throw invalidDocument(file, problems);
  return {
    name: value.metadata.name,
    kubernetesVersion: spec.kubernetesVersion,
    architectures: built,
    readme: spec.readme,
    files,
    images,
    everyName: new Set([
      ...names,
      ...(spec.files ?? []).flatMap((entry) => architectures.map((each) => entry.source.replaceAll(placeholder, each))),
    ]),
    text,
  };
}

/** Reads a recipe from its file; see `parseRecipe`. */
export async function loadRecipe(file: string, wanted?: readonly Architecture[]): Promise<Recipe> {
  return parseRecipe(file, await readNamedFile(file, 'recipe'), wanted);
}
