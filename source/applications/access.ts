import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { writePrivateFile } from '../cluster/secrets.ts';
import type { AccessTemplate } from './package.ts';
import type { SelectedApplication } from './selection.ts';

const text = z.object({ en: z.string(), zh: z.string() });
const accessSchema = z.object({
  application: z.string(),
  package: z.string(),
  title: text,
  protocol: z.string(),
  /** The node's address that is shown. Any of `addresses` answers as well. */
  address: z.string(),
  addresses: z.array(z.string()),
  port: z.number().int(),
  url: z.string(),
  user: z.string().optional(),
  password: z.string().optional(),
  /** Command that opens it from any machine; it asks for the password. */
  command: z.string().optional(),
  /** `host:port` under which pods of the cluster reach it. */
  inside: z.string(),
  /** That a login with exactly this worked. Nothing is written here before. */
  tried: z.literal(true),
});

/** How a person gets into an application. */
export type ApplicationAccess = Readonly<z.infer<typeof accessSchema>>;

const fileName = 'applications.json';

/** What was written for the applications of a cluster, oldest name first; empty when there is nothing. */
export function readAccess(clusterDirectory: string): readonly ApplicationAccess[] {
  let content: string;
  try {
    content = readFileSync(path.join(clusterDirectory, fileName), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  // A file that cannot be understood is worth no failure: the next install tries everything and writes it anew.
  const parsed = z.array(accessSchema).safeParse(jsonOrUndefined(content));
  return parsed.success ? parsed.data : [];
}

function jsonOrUndefined(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

function write(clusterDirectory: string, list: readonly ApplicationAccess[]): void {
  const file = path.join(clusterDirectory, fileName);
  if (list.length === 0) {
    rmSync(file, { force: true });
    return;
  }
  const sorted = list.toSorted((left, right) => left.application.localeCompare(right.application, 'en'));
  writePrivateFile(file, `${JSON.stringify(sorted, undefined, 2)}\n`);
}

/** Replaces what is written for an application. The file is readable to its owner only. */
export function recordAccess(
  clusterDirectory: string,
  application: string,
  access: readonly ApplicationAccess[],
): void {
  write(clusterDirectory, [
    ...readAccess(clusterDirectory).filter((entry) => entry.application !== application),
    ...access,
  ]);
}

export function forgetAccess(clusterDirectory: string, application: string): void {
  recordAccess(clusterDirectory, application, []);
}

/** Fills `{address}`, `{port}`, `{user}`, `{application}` and `{parameters.NAME}` of a package's text. */
export function fillTemplate(template: string, values: Readonly<Record<string, string>>): string {
  return template.replaceAll(/\{([A-Za-z.]+)\}/g, (whole, name: string) => values[name] ?? whole);
}

/** The texts of a package's access that do not depend on where it answers. */
export function accessNames(
  application: SelectedApplication,
  template: AccessTemplate,
): { readonly service: string; readonly user: string | undefined; readonly values: Readonly<Record<string, string>> } {
  const parameters = Object.entries(application.parameters).map(
    ([name, value]) => [`parameters.${name}`, String(value)] as const,
  );
  const values = { application: application.name, ...Object.fromEntries(parameters) };
  const user = template.user === undefined ? undefined : fillTemplate(template.user, values);
  return {
    service: fillTemplate(template.service, values),
    user,
    values: user === undefined ? values : { ...values, user },
  };
}

export type AccessLanguage = 'en' | 'zh';

const words = {
  en: {
    address: 'Address',
    open: 'Open',
    inside: 'In the cluster',
    user: 'User',
    password: 'Password',
    command: 'Try it',
  },
  zh: { address: '地址', open: '打开', inside: '集群内地址', user: '用户', password: '密码', command: '试一试' },
} as const;

/** Columns of a terminal that a text takes. */
function columns(text: string): number {
  return [...text].reduce((sum, sign) => sum + (/\p{Script=Han}/u.test(sign) ? 2 : 1), 0);
}

/** The access data for a person, passwords included: for the terminal of the one who asked, never for a log. */
export function formatAccess(list: readonly ApplicationAccess[], language: AccessLanguage = 'en'): string {
  const word = words[language];
  return list
    .map((access) => {
      const rows: readonly (readonly [string, string | undefined])[] = [
        access.protocol === 'http' ? [word.open, access.url] : [word.address, `${access.address}:${access.port}`],
        [word.user, access.user],
        [word.password, access.password],
        [word.command, access.command],
        [word.inside, access.inside],
      ];
      const shown = rows.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
      const width = Math.max(...shown.map(([name]) => columns(name)));
      const lines = shown.map(([name, value]) => `  ${name}${' '.repeat(width - columns(name))}  ${value}`);
      const heading =
        access.application === access.package
          ? access.title[language]
          : `${access.title[language]} (${access.application})`;
      return [heading, ...lines].join('\n');
    })
    .join('\n\n');
}
