import { createHash } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Readable } from 'node:stream';
import { LandfallError } from '../errors.ts';
import { writeFileWhole } from './files.ts';
import { digestOf } from './oci.ts';
import { throwIfStopped } from './parallel.ts';

/** FAT32 takes no larger file; a larger blob lies in pieces. */
export const largestFile = 2 ** 32 - 1;

// Reading in smaller pieces costs a fast upload a fifth more of the processor: each is a trip through another thread.
const chunkSize = 1 << 20;

/** A blob as it lies on the disk, in one file or in pieces. */
export type StoredBlob = {
  readonly digest: string;
  readonly size: number;
  readonly pieces: readonly { readonly path: string; readonly size: number }[];
};

/** Folder of the blobs of a layout. */
export function blobFolder(directory: string): string {
  return path.join(directory, 'blobs', 'sha256');
}

export function blobPath(directory: string, digest: string): string {
  return path.join(blobFolder(directory), digest.replace('sha256:', ''));
}

/** Name of a piece: `.000`, `.001`, …. */
export function pieceName(file: string, piece: number): string {
  return `${file}.${String(piece).padStart(3, '0')}`;
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    const found = await stat(file);
    return found.isFile() ? found.size : undefined;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw readError(cause, path.basename(file), file);
  }
}

function readError(cause: unknown, item: string, file: string): unknown {
  if (cause instanceof LandfallError) return cause;
  return new LandfallError({
    code: 'BUNDLE_READ',
    message: `${item} cannot be read from ${file}: ${(cause as Error).message}.`,
    fix: 'The disk or stick may be failing: copy the bundle to another one, or build it again.',
    cause,
  });
}

/** Where a blob lies, or undefined when it is not there. */
export async function findBlob(directory: string, digest: string): Promise<StoredBlob | undefined> {
  const whole = blobPath(directory, digest);
  const size = await sizeOf(whole);
  if (size !== undefined) return { digest, size, pieces: [{ path: whole, size }] };
  const pieces: { path: string; size: number }[] = [];
  for (;;) {
    const file = pieceName(whole, pieces.length);
    const found = await sizeOf(file);
    if (found === undefined) break;
    pieces.push({ path: file, size: found });
  }
  if (pieces.length === 0) return undefined;
  return { digest, size: pieces.reduce((sum, piece) => sum + piece.size, 0), pieces };
}

/** Removes a blob and its pieces. */
export async function removeBlob(blob: StoredBlob): Promise<void> {
  for (const piece of [...blob.pieces].reverse()) await rm(piece.path, { force: true });
}

function corrupt(item: string, blob: StoredBlob, what: string): LandfallError {
  return new LandfallError({
    code: 'BUNDLE_CORRUPT',
    message: `${item} in the bundle is damaged: ${what} (${blob.pieces[0]?.path}).`,
    fix: 'Run `landfall bundle verify` to see all that is damaged; the same `landfall bundle build` fetches it again.',
  });
}

type Reading = {
  /** One buffer for every chunk, for a reader that keeps none of them. */
  readonly reused?: Buffer;
  /** The digest is proved by whoever reads. */
  readonly unproved?: boolean;
};

async function* content(
  blob: StoredBlob,
  size: number,
  offset: number,
  item: string,
  { reused, unproved }: Reading = {},
): AsyncGenerator<Buffer> {
  if (blob.size !== size) throw corrupt(item, blob, `it has ${blob.size} bytes instead of ${size}`);
  const hash = offset === 0 && unproved !== true ? createHash('sha256') : undefined;
  const check = (): void => {
    if (hash !== undefined && `sha256:${hash.digest('hex')}` !== blob.digest) {
      throw corrupt(item, blob, 'its content does not match its digest');
    }
  };
  let position = 0;
  for (const piece of blob.pieces) {
    const start = Math.max(offset - position, 0);
    position += piece.size;
    if (start >= piece.size) continue;
    const handle = await open(piece.path, 'r').catch((cause: unknown) => {
      throw readError(cause, item, piece.path);
    });
    try {
      for (let at = start; at < piece.size; ) {
        const length = Math.min(chunkSize, piece.size - at);
        const buffer = reused ?? Buffer.allocUnsafe(length);
        const { bytesRead } = await handle.read(buffer, 0, length, at).catch((cause: unknown) => {
          throw readError(cause, item, piece.path);
        });
        if (bytesRead === 0) throw corrupt(item, blob, `it ends after ${position - piece.size + at} of ${size} bytes`);
        at += bytesRead;
        const chunk = buffer.subarray(0, bytesRead);
        hash?.update(chunk);
        // The last bytes are held back until all are proved, so that nobody can hold a damaged blob for whole.
        if (at === piece.size && position === size) check();
        yield chunk;
      }
    } finally {
      await handle.close();
    }
  }
  if (size === 0) check();
}

/**
 * Streams a blob from an offset in constant memory. From offset 0 the digest is proved before the last bytes are given.
 * @param item how a message calls it
 * @throws (as the stream's error) BUNDLE_CORRUPT, BUNDLE_READ
 */
export function readBlob(blob: StoredBlob, size: number, offset: number, item: string): Readable {
  return Readable.from(content(blob, size, offset, item), { objectMode: false, highWaterMark: chunkSize });
}

/**
 * The blob from an offset in pieces of one memory: each is done with when the next one is asked for. Its size is compared;
 * its digest is for the reader to prove.
 * @throws BUNDLE_CORRUPT, BUNDLE_READ
 */
export function blobPieces(blob: StoredBlob, size: number, offset: number, item: string): AsyncIterable<Buffer> {
  return content(blob, size, offset, item, { reused: Buffer.allocUnsafe(chunkSize), unproved: true });
}

/** The whole of a small blob, proved. */
export async function readSmallBlob(blob: StoredBlob, item: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of content(blob, blob.size, 0, item)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Reads a blob to its end, proving size and digest; the same errors as `readBlob`. */
export async function proveBlob(
  blob: StoredBlob,
  size: number,
  item: string,
  options: { readonly signal?: AbortSignal; readonly onBytes?: (count: number) => void } = {},
): Promise<void> {
  for await (const chunk of content(blob, size, 0, item, { reused: Buffer.allocUnsafe(chunkSize) })) {
    if (options.signal !== undefined) throwIfStopped(options.signal);
    options.onBytes?.(chunk.length);
  }
}

/** Keeps a small blob, unless it is there already. */
export async function writeSmallBlob(directory: string, bytes: Uint8Array): Promise<void> {
  const digest = digestOf(bytes);
  const present = await findBlob(directory, digest);
  if (present !== undefined) {
    const proved = await proveBlob(present, bytes.length, digest).then(
      () => true,
      () => false,
    );
    if (proved) return;
  }
  await writeFileWhole(blobPath(directory, digest), bytes);
}

/** Removes every blob that is not among the digests; returns the number of bytes freed. */
export async function removeOtherBlobs(directory: string, kept: ReadonlySet<string>): Promise<number> {
  let freed = 0;
  for (const name of await readdir(blobFolder(directory))) {
    const match = /^([0-9a-f]{64})(?:\.\d{3}|\.new)?$/.exec(name);
    if (match === null || (kept.has(`sha256:${match[1]}`) && !name.endsWith('.new'))) continue;
    const file = path.join(blobFolder(directory), name);
    freed += (await sizeOf(file)) ?? 0;
    await rm(file, { force: true });
  }
  return freed;
}
