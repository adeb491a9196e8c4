import path from 'node:path';
import { z } from 'zod';
import { readPasswordFile } from '../cluster/load-document.ts';
import { parseYaml, readNamedFile } from './yaml-file.ts';

const address = z.url({ protocol: /^https?$/, error: 'must be an http or https address' }).refine((text) => {
  const url = URL.parse(text);
  return url === null || (url.username === '' && url.password === '');
}, 'must not carry a user or password; name a file with passwordFile');

const mirrorSchema = z.strictObject({
  apiVersion: z.literal('landfall/v1'),
  kind: z.literal('Mirror'),
  registries: z
    .record(
      z.string(),
      z.strictObject({
        url: address,
        prefix: z
          .string()
          .regex(/^[^/].*[^/]$|^[^/]$/, 'must not begin or end with "/"')
          .optional(),
        user: z.string().min(1).optional(),
        passwordFile: z.string().min(1).optional(),
      }),
    )
    .optional(),
  files: z.array(z.strictObject({ from: z.string().min(1), to: address })).optional(),
});

/** Where a registry's images are taken from. */
export type RegistrySource = {
  /** Without a slash at its end. */
  readonly url: string;
  /** Stands before the repository's path; empty for none. */
  readonly prefix: string;
  readonly user: string | undefined;
  /** Reads the password anew each time, so that it is kept nowhere. */
  readonly password: () => string;
};

/** Tells for each upstream name where its content is taken from. */
export type Mirror = {
  readonly registry: (domain: string) => RegistrySource;
  readonly file: (source: string) => string;
};

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');
const noPassword = (): string => '';

function upstream(domain: string): RegistrySource {
  // The name of Docker Hub's registry is not the name its images carry.
  const host = domain === 'docker.io' || domain === 'index.docker.io' ? 'registry-1.docker.io' : domain;
  return { url: `https://${host}`, prefix: '', user: undefined, password: noPassword };
}

/** Everything from its upstream source. */
export const noMirror: Mirror = { registry: upstream, file: (source) => source };

/** Reads a mirror document; DOCUMENT_INVALID names each problem at its line. */
export function parseMirror(file: string, text: string): Mirror {
  const { value } = parseYaml(file, text, mirrorSchema);
  const files = [...(value.files ?? [])].sort((left, right) => right.from.length - left.from.length);
  return {
    registry(domain) {
      const entry = value.registries?.[domain];
      if (entry === undefined) return upstream(domain);
      const passwordFile = entry.passwordFile;
      return {
        url: withoutSlash(entry.url),
        prefix: entry.prefix ?? '',
        user: entry.user,
        password:
          passwordFile === undefined
            ? noPassword
            : () => readPasswordFile(path.resolve(path.dirname(path.resolve(file)), passwordFile)),
      };
    },
    file(source) {
      const entry = files.find(({ from }) => source.startsWith(from));
      return entry === undefined ? source : entry.to + source.slice(entry.from.length);
    },
  };
}

/** Reads a mirror document from its file; see `parseMirror`. */
export async function loadMirror(file: string): Promise<Mirror> {
  return parseMirror(file, await readNamedFile(file, 'mirror'));
}
