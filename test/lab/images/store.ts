import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cachePath } from '../cache.ts';

/** Root of the storage that the mirror's registry serves. */
export function registryStorage(): string {
  return cachePath('images', 'registry');
}

function storagePath(...parts: readonly string[]): string {
  return path.join(registryStorage(), 'docker/registry/v2', ...parts);
}

/** Where the registry keeps the blob with that hash (lower-case hex). */
export function blobPath(sha256: string): string {
  return storagePath('blobs/sha256', sha256.slice(0, 2), sha256, 'data');
}

/** Moves a finished file into the storage as the blob with that hash. */
export async function adoptBlob(file: string, sha256: string): Promise<void> {
  await mkdir(path.dirname(blobPath(sha256)), { recursive: true });
  await rename(file, blobPath(sha256));
}

/** Stores text as a blob. Returns its hash and size. */
export async function storeText(text: string): Promise<{ readonly sha256: string; readonly size: number }> {
  const sha256 = createHash('sha256').update(text).digest('hex');
  const partial = `${cachePath('images', 'partial')}-${sha256}`;
  await writeFile(partial, text);
  await adoptBlob(partial, sha256);
  return { sha256, size: Buffer.byteLength(text) };
}

async function link(folder: string, sha256: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const partial = path.join(folder, 'link.partial');
  await writeFile(partial, `sha256:${sha256}`);
  await rename(partial, path.join(folder, 'link'));
}

/** Makes stored blobs an image of the repository: its layers and configuration, its manifests, and last its tag. */
export async function linkImage(
  repository: string,
  tag: string,
  parts: { readonly blobs: readonly string[]; readonly manifests: readonly string[]; readonly tagged: string },
): Promise<void> {
  const base = storagePath('repositories', repository);
  for (const blob of parts.blobs) await link(path.join(base, '_layers/sha256', blob), blob);
  for (const manifest of parts.manifests)
    await link(path.join(base, '_manifests/revisions/sha256', manifest), manifest);
  await link(path.join(base, '_manifests/tags', tag, 'index/sha256', parts.tagged), parts.tagged);
  await link(path.join(base, '_manifests/tags', tag, 'current'), parts.tagged);
}

/** Hash that the tag stands for; undefined when there is no such tag or its manifest is gone. */
export async function taggedHash(repository: string, tag: string): Promise<string | undefined> {
  const file = storagePath('repositories', repository, '_manifests/tags', tag, 'current/link');
  const hash = (await readFile(file, 'utf8').catch(() => '')).replace(/^sha256:/, '');
  return hash !== '' && existsSync(blobPath(hash)) ? hash : undefined;
}
