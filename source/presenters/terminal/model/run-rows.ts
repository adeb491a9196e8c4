import { type HostState, hostStatus, type RunState } from '../../run-state.ts';

/** Order of the table: failing ones pinned on top, then those at work, then those to come, then the finished ones. */
function rank(host: HostState): number {
  const status = hostStatus(host);
  if (status === 'failed') return 0;
  if (status === 'done' || status === 'skipped') return 3;
  // A host between two steps keeps its place, so that rows do not jump.
  return status === 'running' || host.settled > 0 ? 1 : 2;
}

/** Indices of the hosts in the order of the table. */
export function orderedHosts(run: RunState): readonly number[] {
  const buckets: number[][] = [[], [], [], []];
  for (const [index, host] of run.hosts.entries()) buckets[rank(host)]?.push(index);
  return buckets.flat();
}

export type HostCounts = {
  readonly done: number;
  readonly running: number;
  readonly failed: number;
  readonly waiting: number;
};

export function countHosts(run: RunState): HostCounts {
  const counts = { done: 0, running: 0, failed: 0, waiting: 0 };
  for (const host of run.hosts) {
    const status = hostStatus(host);
    if (status === 'done') counts.done++;
    else if (status === 'failed' || status === 'skipped') counts.failed++;
    else if (status === 'running' || host.settled > 0) counts.running++;
    else counts.waiting++;
  }
  return counts;
}

/** Share of a host's steps that is settled, the running ones counted by their own progress. */
export function hostShare(host: HostState, run: RunState): number {
  if (host.steps === 0) return 1;
  let parts = host.settled;
  for (const index of host.running) {
    const step = run.steps[index];
    if (step?.total !== undefined && step.total > 0) parts += Math.min(1, (step.done ?? 0) / step.total);
  }
  return parts / host.steps;
}
