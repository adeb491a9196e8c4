import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LandfallError } from '../../errors.ts';
import type { OnBytes } from '../../presenters/terminal/services.ts';

type Entry = { readonly name: string; readonly size: number };

async function filesBelow(root: string, folder = ''): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for (const entry of await readdir(path.join(root, folder), { withFileTypes: true })) {
    const name = path.join(folder, entry.name);
    if (entry.isDirectory()) found.push(...(await filesBelow(root, name)));
    else if (entry.isFile()) found.push({ name, size: (await stat(path.join(root, name))).size });
  }
  return found;
}

async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    (known) => known.size,
    () => undefined,
  );
}

/** The digest a file's own name promises, in an image layout. */
function promisedDigest(name: string): string | undefined {
  return /(?:^|[\\/])blobs[\\/]sha256[\\/]([0-9a-f]{64})$/.exec(name)?.[1];
}

async function digestOf(file: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { signal }), hash);
  return hash.digest('hex');
}

/**
 * Copies a folder file by file and goes on where an earlier copy ended, also inside a file. A file gets its name only
 * when it is whole and, where its name is its digest, proved; what makes the folder a bundle is copied last.
 * @throws COPY_READ when the source ends (a stick that was pulled), COPY_DAMAGED, COPY_NO_SPACE
 */
export async function copyTree(
  source: string,
  target: string,
  onProgress: OnBytes,
  signal: AbortSignal,
): Promise<void> {
  const rank = (name: string): number => (name === 'index.json' ? 2 : name === 'oci-layout' ? 1 : 0);
  const listed = await filesBelow(source).catch((cause: unknown) => {
    throw readFailed(source, cause);
  });
  const entries = [...listed].sort((a, b) => rank(a.name) - rank(b.name));
  const total = entries.reduce((sum, entry) => sum + entry.size, 0);
  let done = 0;
  for (const { name, size } of entries) {
    signal.throwIfAborted();
    const to = path.join(target, name);
    if ((await sizeOf(to)) === size && rank(name) === 0) {
      done += size;
      onProgress(done, total);
      continue;
    }
    await mkdir(path.dirname(to), { recursive: true });
    const part = `${to}.part`;
    const known = await sizeOf(part);
    const offset = known === undefined || known > size || rank(name) > 0 ? 0 : known;
    done += offset;
    onProgress(done, total);
    const counter = new Transform({
      transform(chunk: Buffer, _encoding, next) {
        done += chunk.length;
        onProgress(done, total);
        next(undefined, chunk);
      },
    });
    try {
      await pipeline(
        createReadStream(path.join(source, name), { start: offset, highWaterMark: 1 << 20 }),
        counter,
        createWriteStream(part, { flags: offset === 0 ? 'w' : 'a' }),
        { signal },
      );
    } catch (cause) {
      signal.throwIfAborted();
      throw writeOrReadFailed(source, target, cause);
    }
    const promised = promisedDigest(name);
    if ((await sizeOf(part)) !== size || (promised !== undefined && (await digestOf(part, signal)) !== promised)) {
      await rm(part, { force: true });
      throw new LandfallError({
        code: 'COPY_DAMAGED',
        message: `${name} came damaged from ${source}.`,
        fix: 'Try again; if it stays so, the medium is damaged: copy the bundle to another one.',
      });
    }
    const handle = await open(part, 'r+');
    await handle.sync();
    await handle.close();
    await rename(part, to);
  }
}

function readFailed(source: string, cause: unknown): LandfallError {
  return new LandfallError({
    code: 'COPY_READ',
    message: `${source} can no longer be read; was the stick pulled?`,
    fix: 'Plug it in again and copy again; what was copied is kept.',
    cause,
  });
}

function writeOrReadFailed(source: string, target: string, cause: unknown): LandfallError {
  if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') return readFailed(source, cause);
  return new LandfallError({
    code: 'COPY_NO_SPACE',
    message: `The disk of ${target} is full.`,
    fix: 'Make room on it and copy again; what was copied is kept.',
    cause,
  });
}
