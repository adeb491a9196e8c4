import { setTimeout as wait } from 'node:timers/promises';
import type { JournalEvent } from '../engine/events.ts';
import { LandfallError } from '../errors.ts';
import type { RunView } from '../presenters/terminal/services.ts';
import { sendControl } from '../runs/control.ts';
import { journalReader } from '../runs/follow.ts';
import { isRunning, listRuns, type RunDirectory } from '../runs/run-directory.ts';

const interval = 100;

/** Milliseconds that steps took in the runs of a cluster before this one, by the part of their id before `@`. */
function stepHistory(run: RunDirectory): Readonly<Record<string, number>> {
  const sums = new Map<string, { total: number; count: number }>();
  for (const earlier of listRuns(run.cluster)) {
    if (earlier.id === run.id) continue;
    for (const event of journalReader(earlier.journal)()) {
      if (event.type !== 'step-finished' || event.outcome !== 'applied') continue;
      const [key = event.step] = event.step.split('@');
      const known = sums.get(key) ?? { total: 0, count: 0 };
      sums.set(key, { total: known.total + event.milliseconds, count: known.count + 1 });
    }
  }
  return Object.fromEntries([...sums].map(([key, { total, count }]) => [key, total / count]));
}

async function follow(
  run: RunDirectory,
  onEvents: (events: readonly JournalEvent[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const read = journalReader(run.journal);
  while (!signal.aborted) {
    // Asked before reading: what a process wrote before it ended is then read for sure.
    const alive = isRunning(run);
    const events = read();
    if (events.length > 0) onEvents(events);
    if (events.some((event) => event.type === 'run-finished')) return;
    if (!alive && events.length === 0) {
      throw new LandfallError({
        code: 'RUN_DIED',
        message: `The process of run ${run.id} ended before the run was finished.`,
        fix: 'Start it again; it goes on where this one stopped.',
      });
    }
    await wait(interval, undefined, { signal }).catch(() => undefined);
  }
}

/** A run as screens see it: all of it read from its journal, all that is told to it by its control file. */
export function runView(run: RunDirectory): RunView {
  return {
    run: run.id,
    cluster: run.cluster,
    journal: run.journal,
    live: isRunning(run),
    history: stepHistory(run),
    follow: (onEvents, signal) => follow(run, onEvents, signal),
    answer: async (question, answer) => sendControl(run, { type: 'answer', question, answer }),
    stop: async () => sendControl(run, { type: 'stop' }),
  };
}
