import { createReadStream, createWriteStream, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack } from 'tar-stream';
import { clusterHome } from '../../cluster/home.ts';
import { listRuns } from '../../runs/run-directory.ts';

/**
 * Packs what a helper needs: the document and the records of the last runs. Neither holds secrets: the document names
 * files for them, and the journal leaves them out. Answers the file, in the current folder.
 */
export async function saveReport(cluster: string): Promise<string> {
  const stamp = new Date().toISOString().slice(0, 19).replaceAll(/[:T]/g, '-');
  const file = path.resolve(`landfall-report-${cluster}-${stamp}.tar.gz`);
  const archive = pack();
  const writing = pipeline(archive, createGzip(), createWriteStream(file, { mode: 0o600 }));
  const runs = listRuns(cluster).slice(-3);
  const sources = [
    { from: path.join(clusterHome(cluster), 'cluster.yaml'), name: 'cluster.yaml' },
    ...runs.flatMap((run) => [
      { from: run.journal, name: `runs/${run.id}/journal.ndjson` },
      { from: run.log, name: `runs/${run.id}/process.log` },
    ]),
  ];
  for (const { from, name } of sources) {
    if (!existsSync(from)) continue;
    const { size } = statSync(from);
    const entry = archive.entry({ name, size, mode: 0o600 });
    // A journal may grow meanwhile; what is announced is what is packed.
    if (size === 0) entry.end(Buffer.alloc(0));
    else await pipeline(createReadStream(from, { end: size - 1 }), entry);
  }
  archive.finalize();
  await writing;
  return file;
}
