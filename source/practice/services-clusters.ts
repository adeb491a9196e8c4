import { statSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { loadCatalogue } from '../applications/catalogue.ts';
import { listClusters, recallCluster } from '../cluster/known-cluster.ts';
import type { RunOutcome } from '../engine/events.ts';
import type { ClusterState, KnownCluster } from '../presenters/terminal/services.ts';
import { journalReader } from '../runs/follow.ts';
import { isRunning, listRuns, type RunDirectory } from '../runs/run-directory.ts';

const interval = 1000;

type Watched = {
  readonly run: RunDirectory;
  readonly look: () => { readonly share: number; readonly outcome?: RunOutcome };
};

/** Reads a journal as it grows and says how far its run is. */
function watchRun(run: RunDirectory): Watched {
  const read = journalReader(run.journal);
  let steps = 0;
  let settled = 0;
  let outcome: RunOutcome | undefined;
  return {
    run,
    look() {
      for (const event of read()) {
        if (event.type === 'planned') steps = event.steps.length;
        if (event.type === 'step-finished' || event.type === 'step-skipped') settled++;
        if (event.type === 'run-finished') outcome = event.outcome;
      }
      return { share: steps === 0 ? 0 : settled / steps, ...(outcome === undefined ? {} : { outcome }) };
    },
  };
}

function changedAt(run: RunDirectory): string {
  try {
    return statSync(run.journal).mtime.toISOString();
  } catch {
    return new Date().toISOString();
  }
}

function clusterOf(name: string, watched: Watched | undefined): KnownCluster {
  const nodes = recallCluster(name)?.document.hosts.length ?? 0;
  if (watched === undefined) return { name, condition: 'draft', nodes, changed: new Date().toISOString() };
  const { share, outcome } = watched.look();
  const changed = changedAt(watched.run);
  if (outcome === 'succeeded') return { name, condition: 'ready', nodes, changed };
  if (outcome === 'failed') return { name, condition: 'failed', nodes, progress: share, changed };
  const running = outcome === undefined && isRunning(watched.run);
  return { name, condition: running ? 'running' : 'interrupted', nodes, progress: share, changed };
}

/** The practice clusters of this fleet, again whenever one of them changes. */
export async function watchPracticeClusters(
  onChange: (clusters: readonly KnownCluster[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const watched = new Map<string, Watched>();
  let shown = '';
  while (!signal.aborted) {
    const clusters = listClusters()
      .filter((name) => recallCluster(name) !== undefined)
      .map((name) => {
        const run = listRuns(name).at(-1);
        if (run !== undefined && watched.get(name)?.run.id !== run.id) watched.set(name, watchRun(run));
        return clusterOf(name, watched.get(name));
      });
    const text = JSON.stringify(clusters);
    if (text !== shown) onChange(clusters);
    shown = text;
    await wait(interval, undefined, { signal }).catch(() => undefined);
  }
}

/** State of a practice cluster by what its newest run did. */
export function practiceClusterState(name: string, applied: ReadonlySet<string>): ClusterState {
  const document = recallCluster(name)?.document;
  const hosts = document?.hosts ?? [];
  const joined = (host: string): boolean =>
    applied.has(`kubernetes/init@${host}`) || applied.has(`kubernetes/join@${host}`);
  const catalogue = loadCatalogue();
  const [first] = hosts;
  return {
    name,
    condition: hosts.every((host) => joined(host.name)) ? 'ready' : 'degraded',
    kubernetesVersion: document?.kubernetesVersion ?? '',
    nodes: hosts.map((host) => ({
      name: host.name,
      address: `${host.address}:${host.ssh.port}`,
      role: host.role,
      condition: joined(host.name) ? 'ready' : 'not-ready',
    })),
    applications: (document?.applications ?? []).map((entry) => ({
      name: entry.name,
      title: catalogue.find(entry.package).title.en,
      version: catalogue.find(entry.package).applicationVersion,
      condition: applied.has(`applications/${entry.name}@${first?.name}`) ? 'ready' : 'unknown',
    })),
    certificates: [],
    events: [],
    actions: [],
  };
}

/** Steps that are done, by the newest run of a cluster. */
export function doneSteps(name: string): ReadonlySet<string> {
  const run = listRuns(name).at(-1);
  const events = run === undefined ? [] : journalReader(run.journal)();
  return new Set(events.flatMap((event) => (event.type === 'step-finished' ? [event.step] : [])));
}
