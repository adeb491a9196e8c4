import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readlink, stat } from 'node:fs/promises';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';

/** One member of an archive. Content comes from a file of this machine or from text. */
export type ArchiveEntry = {
  /** Path in the archive, no leading slash. */
  readonly path: string;
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Lines of the extended header, such as a file capability. */
  readonly extended?: Readonly<Record<string, string>>;
} & (
  | { readonly type: 'file'; readonly source: string }
  | { readonly type: 'file'; readonly content: string }
  | { readonly type: 'directory' }
  | { readonly type: 'symlink'; readonly target: string }
);

export type ArchiveSummary = {
  /** Lower-case hex of the compressed bytes. */
  readonly sha256: string;
  readonly size: number;
  /** Lower-case hex of the tar before compression. */
  readonly contentSha256: string;
  readonly contentSize: number;
};

// The same content must have the same hash on every machine and in every run.
const time = new Date('2026-01-01T00:00:00Z');

function counted(hash: Hash, total: { bytes: number }): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      total.bytes += chunk.length;
      done(null, chunk);
    },
  });
}

async function addEntry(tar: Pack, entry: ArchiveEntry): Promise<void> {
  const header: Parameters<Pack['entry']>[0] = {
    name: entry.path,
    mode: entry.mode,
    uid: entry.uid ?? 0,
    gid: entry.gid ?? 0,
    mtime: time,
    ...(entry.extended ? { pax: { ...entry.extended } } : {}),
  };
  const finished = (add: (done: (error?: Error | null) => void) => void) =>
    new Promise<void>((resolve, reject) => {
      add((error) => (error ? reject(error) : resolve()));
    });
  switch (entry.type) {
    case 'directory':
      return finished((done) => tar.entry({ ...header, type: 'directory' }, done));
    case 'symlink':
      return finished((done) => tar.entry({ ...header, type: 'symlink', linkname: entry.target }, done));
    case 'file': {
      if ('content' in entry) return finished((done) => tar.entry({ ...header, type: 'file' }, entry.content, done));
      const { size } = await stat(entry.source);
      return finished((done) => {
        const member = tar.entry({ ...header, type: 'file', size }, done);
        createReadStream(entry.source, { highWaterMark: 1 << 20 })
          .on('error', done)
          .pipe(member);
      });
    }
  }
}

/** Writes a tar.gz whose bytes depend on nothing but the entries, which are taken in the order given. */
export async function writeArchive(entries: readonly ArchiveEntry[], target: string): Promise<ArchiveSummary> {
  const hashes = { content: createHash('sha256'), compressed: createHash('sha256') };
  const totals = { content: { bytes: 0 }, compressed: { bytes: 0 } };
  const tar = pack();
  const written = pipeline(
    tar,
    counted(hashes.content, totals.content),
    createGzip({ level: 6 }),
    counted(hashes.compressed, totals.compressed),
    createWriteStream(target),
  );
  const added = (async () => {
    for (const entry of entries) await addEntry(tar, entry);
    tar.finalize();
  })().catch((error: unknown) => {
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  });
  await Promise.all([written, added]);
  return {
    sha256: hashes.compressed.digest('hex'),
    size: totals.compressed.bytes,
    contentSha256: hashes.content.digest('hex'),
    contentSize: totals.content.bytes,
  };
}

/** An entry for a file or symlink of this machine; owner root, mode as it is unless given. */
export async function entryOf(
  source: string,
  path: string,
  type: 'file' | 'symlink',
  mode?: number,
): Promise<ArchiveEntry> {
  if (type === 'symlink') return { type, path, mode: 0o777, target: await readlink(source) };
  return { type, path, source, mode: mode ?? (await stat(source)).mode & 0o7777 };
}
