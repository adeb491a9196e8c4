import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { z } from 'zod';
import { LandfallError } from '../errors.ts';
import { writeFileWhole } from './files.ts';
import type { Recipe } from './recipe.ts';
import { parseYaml, readNamedFile } from './yaml-file.ts';

const lockSchema = z.strictObject({
  apiVersion: z.literal('landfall/v1'),
  kind: z.literal('BundleLock'),
  recipe: z.string(),
  images: z.record(z.string(), z.string().regex(/^sha256:[0-9a-f]{64}$/, 'must be sha256: and 64 hexadecimal digits')),
  files: z.record(
    z.string(),
    z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: z.number().int().min(0) }),
  ),
});

/** What each name of a recipe stood for when the bundle was first built. */
export type Lock = {
  readonly recipe: string;
  /** Image name to `sha256:…`. */
  readonly images: ReadonlyMap<string, string>;
  /** Upstream address to content; sizes in bytes, digests in lower-case hex. */
  readonly files: ReadonlyMap<string, { readonly sha256: string; readonly size: number }>;
};

/** The lock that lies beside a bundle's folder. */
export function lockFileOf(directory: string): string {
  return `${directory.replace(/[/\\]+$/, '')}.lock.yaml`;
}

/**
 * The lock for a recipe, or undefined when there is none yet.
 * @throws BUNDLE_LOCK_OTHER when it belongs to another recipe
 */
export async function readLock(file: string, recipe: Recipe): Promise<Lock | undefined> {
  const exists = await readFile(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  );
  if (!exists) return undefined;
  const { value } = parseYaml(file, await readNamedFile(file, 'lock'), lockSchema);
  if (value.recipe !== recipe.name) {
    throw new LandfallError({
      code: 'BUNDLE_LOCK_OTHER',
      message: `The lock ${file} belongs to the recipe ${value.recipe}, not to ${recipe.name}.`,
      fix: 'Build into another folder, or resolve anew with --update-lock.',
      exitStatus: 2,
    });
  }
  return {
    recipe: value.recipe,
    images: new Map(Object.entries(value.images)),
    files: new Map(Object.entries(value.files)),
  };
}

/** The lock as text, in an order that does not change from build to build. */
export function lockText(lock: Lock): string {
  const sorted = <T>(entries: ReadonlyMap<string, T>): Record<string, T> =>
    Object.fromEntries([...entries].sort(([left], [right]) => (left < right ? -1 : 1)));
  const content = stringify(
    {
      apiVersion: 'landfall/v1',
      kind: 'BundleLock',
      recipe: lock.recipe,
      images: sorted(lock.images),
      files: sorted(lock.files),
    },
    { lineWidth: 0 },
  );
  return `# Written by "landfall bundle build": what each name stood for. Keep it beside the recipe to build the same again.\n${content}`;
}

export async function writeLock(file: string, lock: Lock): Promise<void> {
  await writeFileWhole(file, lockText(lock));
}
