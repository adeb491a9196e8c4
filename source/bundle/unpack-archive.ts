import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, type Header } from 'tar-stream';
import { toLandfallError } from '../errors.ts';
import { blobFolder, blobPath } from './blob-store.ts';
import { writeError } from './files.ts';
import { unreadable } from './image-error.ts';

/** A file of an archive, as a blob. */
export type ArchiveEntry = { readonly digest: string; readonly size: number; readonly gzip: boolean };

const isGzip = (start: Buffer): boolean => start[0] === 0x1f && start[1] === 0x8b;

async function firstBytes(file: string): Promise<Buffer> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(6), 0, 6, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Keeps one entry under the name of its digest. */
async function keep(entry: AsyncIterable<Buffer>, directory: string, signal: AbortSignal): Promise<ArchiveEntry> {
  const temporary = path.join(directory, 'entry.part');
  const hash = createHash('sha256');
  let size = 0;
  let start = Buffer.alloc(0);
  const handle = await open(temporary, 'w', 0o600);
  try {
    for await (const chunk of entry) {
      signal.throwIfAborted();
      hash.update(chunk);
      if (start.length < 2) start = Buffer.concat([start, chunk.subarray(0, 2)]);
      size += chunk.length;
      await handle.writeFile(chunk);
    }
  } finally {
    await handle.close();
  }
  const digest = `sha256:${hash.digest('hex')}`;
  await rename(temporary, blobPath(directory, digest));
  return { digest, size, gzip: isGzip(start) };
}

const normal = (name: string): string => path.posix.normalize(name).replace(/^(\.\.?\/)+|^\//, '');

/** Where a link inside the archive leads; a hard link is named from the archive's root. */
function linkTarget(header: Header): string {
  const target = header.linkname ?? '';
  return normal(header.type === 'symlink' ? path.posix.join(path.posix.dirname(header.name), target) : target);
}

/**
 * Unpacks a tar file, compressed by gzip or not, into blobs of a folder, each hashed on the way.
 * @returns the entries by their path in the archive
 * @throws IMAGE_UNREADABLE, BUNDLE_DISK_FULL, BUNDLE_WRITE
 */
export async function unpackArchive(
  file: string,
  directory: string,
  signal: AbortSignal,
  onBytes: (read: number) => void,
): Promise<ReadonlyMap<string, ArchiveEntry>> {
  const start = await firstBytes(file).catch((cause: unknown) => {
    throw unreadable(file, (cause as Error).message, cause);
  });
  if (start.subarray(0, 4).equals(Buffer.from([0x28, 0xb5, 0x2f, 0xfd])) || start.toString('latin1', 1, 5) === '7zXZ') {
    throw unreadable(file, 'it is compressed by zstd or xz; decompress it first');
  }
  await rm(directory, { recursive: true, force: true });
  await mkdir(blobFolder(directory), { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw writeError(cause, 'The image', directory);
  });
  const entries = new Map<string, ArchiveEntry>();
  const links = new Map<string, string>();
  const archive = extract();
  const source = createReadStream(file, { highWaterMark: 1 << 20, signal });
  source.on('data', (chunk) => onBytes(chunk.length));
  const feeding = isGzip(start) ? pipeline(source, createGunzip(), archive) : pipeline(source, archive);
  // Reading the entries shows the same failure.
  feeding.catch(() => undefined);
  try {
    for await (const entry of archive) {
      const { header } = entry;
      const name = normal(header.name);
      if (header.type === 'file' || header.type === 'contiguous-file') {
        entries.set(name, await keep(entry as AsyncIterable<Buffer>, directory, signal));
      } else {
        if (header.type === 'symlink' || header.type === 'link') links.set(name, linkTarget(header));
        entry.resume();
      }
    }
    await feeding;
  } catch (cause) {
    signal.throwIfAborted();
    const known = writeError(cause, 'The image', directory);
    if (known !== cause && (cause as NodeJS.ErrnoException).syscall === 'write') throw known;
    throw unreadable(file, `it is no tar archive, or ends too early (${toLandfallError(cause).message})`, cause);
  }
  for (const [name, target] of links) {
    const found = entries.get(target);
    if (found !== undefined) entries.set(name, found);
  }
  return entries;
}
