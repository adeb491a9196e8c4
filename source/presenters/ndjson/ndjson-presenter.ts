import type { JournalEvent } from '../../engine/events.ts';

/** One event a line, as it stands in the journal; docs/journal.md describes each. */
export function ndjsonPresenter(write: (line: string) => void): { show(event: JournalEvent): void } {
  return { show: (event) => write(JSON.stringify(event)) };
}
