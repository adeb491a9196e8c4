import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import type { ApplicationPackage } from './package.ts';

/** A chart as Helm takes it. */
export type Chart = {
  /** Content of `NAME-VERSION.tgz`. */
  readonly archive: Buffer;
  /** Lower-case hex over the names and contents of its files; the same on every machine. */
  readonly digest: string;
};

async function filesBelow(directory: string, prefix = ''): Promise<readonly string[]> {
  const entries = await readdir(path.join(directory, prefix), { withFileTypes: true });
  const nested = await Promise.all(
    entries.map((entry) => {
      const name = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      return entry.isDirectory() ? filesBelow(directory, name) : [name];
    }),
  );
  return nested.flat().toSorted();
}

/** Packs the chart of a package. */
export async function packChart(found: ApplicationPackage): Promise<Chart> {
  const directory = path.join(found.directory, 'chart');
  const hash = createHash('sha256');
  const archive = pack();
  for (const name of await filesBelow(directory)) {
    const content = await readFile(path.join(directory, name));
    hash.update(`${name}\0${content.length}\0`).update(content);
    archive.entry({ name: `${found.name}/${name}`, mode: 0o644, mtime: new Date(0) }, content);
  }
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  return { archive: gzipSync(Buffer.concat(chunks)), digest: hash.digest('hex') };
}
