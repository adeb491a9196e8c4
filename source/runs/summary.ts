import type { RunOutcome } from '../engine/events.ts';
import { journalReader } from './follow.ts';

export type RunSummary = { readonly workflow?: string; readonly outcome?: RunOutcome };

/** What a run was and how it ended; no outcome when it has none (yet). */
export function journalSummary(file: string): RunSummary {
  const events = journalReader(file)();
  const first = events.find((event) => event.type === 'run-started');
  const last = events.findLast((event) => event.type === 'run-finished');
  return {
    ...(first === undefined ? {} : { workflow: first.workflow }),
    ...(last === undefined ? {} : { outcome: last.outcome }),
  };
}
