import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import type { JournalEvent } from '../engine/events.ts';
import { parseJournal } from '../engine/journal.ts';
import { LandfallError } from '../errors.ts';
import { isRunning, type RunDirectory } from './run-directory.ts';

const interval = 100;
// Readings of the journal between two looks at the process.
const readingsPerLook = 10;

/** Reads what a journal grew by since the last call: whole lines only, without those that a crash tore. */
export function journalReader(file: string): () => readonly JournalEvent[] {
  let position = 0;
  let rest = '';
  const decoder = new StringDecoder('utf8');
  const buffer = Buffer.alloc(256 * 1024);
  return () => {
    let descriptor: number;
    try {
      descriptor = openSync(file, 'r');
    } catch {
      return [];
    }
    try {
      for (;;) {
        const length = readSync(descriptor, buffer, 0, buffer.length, position);
        if (length === 0) break;
        position += length;
        rest += decoder.write(buffer.subarray(0, length));
      }
    } finally {
      closeSync(descriptor);
    }
    const lines = rest.split('\n');
    rest = lines.pop() ?? '';
    return parseJournal(lines.map((line) => `${line}\n`).join(''));
  };
}

/**
 * Events of a run from its first one on, as they come, until it finished. Throws RUN_DIED when its process ended without
 * finishing; what was done until then is in the journal and the same command goes on from there.
 */
export async function* followRun(run: RunDirectory, signal?: AbortSignal): AsyncGenerator<JournalEvent> {
  const read = journalReader(run.journal);
  for (let reading = 0; signal?.aborted !== true; reading++) {
    // Asked before reading, so that what a process wrote before it ended is always read after it ended.
    const alive = reading % readingsPerLook !== 0 || isRunning(run);
    for (const event of read()) {
      yield event;
      if (event.type === 'run-finished') return;
    }
    if (!alive) break;
    await new Promise((resolve) => setTimeout(resolve, interval));
  }
  if (signal?.aborted === true) return;
  throw new LandfallError({
    code: 'RUN_DIED',
    message: `The process of run ${run.id} ended before the run was finished.`,
    fix: `Run the same command again; it goes on where this one stopped. Its last words are in ${run.log}.`,
  });
}
