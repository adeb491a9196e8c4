import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ClusterDocument } from '../../source/cluster/document.ts';
import { parseClusterDocument } from '../../source/cluster/load-document.ts';
import type { EventBody, JournalEvent } from '../../source/engine/events.ts';
import { type RunDirectory, runDirectory } from '../../source/runs/run-directory.ts';

/** A home of its own for what a test's clusters leave. */
export function temporaryHome(): string {
  const home = mkdtempSync(path.join(tmpdir(), 'landfall-home-'));
  process.env['LANDFALL_HOME'] = home;
  return home;
}

/** Folder of a run, as `startRun` makes it. */
export function emptyRun(id = '20260101-000000-install-0001', cluster = 'demo'): RunDirectory {
  const run = runDirectory(cluster, id);
  mkdirSync(run.path, { recursive: true });
  return run;
}

/** Lines of a journal. */
export function journalText(bodies: readonly EventBody[]): string {
  return bodies
    .map((body, sequence): JournalEvent => ({ ...body, at: `2026-01-01T10:00:0${sequence % 10}.000Z`, sequence }))
    .map((event) => `${JSON.stringify(event)}\n`)
    .join('');
}

/** Says that a process runs it, as the process itself would. */
export function claimFor(run: RunDirectory, processId: number, startTime: string): void {
  writeFileSync(path.join(run.path, 'process.json'), JSON.stringify({ processId, startTime }));
}

export const documentText = (name = 'demo'): string => `apiVersion: landfall/v1
kind: Cluster
metadata:
  name: ${name}
spec:
  hosts:
    - name: node-1
      address: 192.0.2.1
      role: control-plane
      ssh: { user: root }
    - name: node-2
      address: 192.0.2.2
      role: worker
      ssh: { user: root }
`;

export function clusterDocument(): ClusterDocument {
  return parseClusterDocument('cluster.yaml', documentText());
}
