import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import type { EventBody, JournalEvent } from './events.ts';

/** A secret's place in text that is written anywhere. */
const hidden = '«hidden»';

/** Removes known secrets from text; the second line of defence behind not writing them at all. */
export function redact(text: string, secrets: readonly string[]): string {
  let result = text;
  for (const secret of secrets) {
    if (secret.length >= 4) result = result.replaceAll(secret, hidden);
  }
  return result;
}

export type Journal = {
  readonly file: string;
  write(body: EventBody): JournalEvent;
  close(): void;
};

/** Whether losing the last moments of these in a crash would lose nothing that a resume needs. */
function passes(body: EventBody): boolean {
  switch (body.type) {
    case 'step-started':
    case 'step-progress':
    case 'step-output':
    case 'step-command':
      return true;
    case 'step-finished':
      return body.outcome === 'already-done';
    default:
      return false;
  }
}

/**
 * Opens a new journal, readable only by its owner. Changes of state are on the disk before `write` returns.
 * @param secrets values that are hidden wherever they turn up; asked again for each event.
 * @param listener is given every event after it was written.
 */
export function createJournal(
  file: string,
  secrets: () => readonly string[],
  listener: (event: JournalEvent) => void,
): Journal {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const descriptor = openSync(file, 'a', 0o600);
  let sequence = 0;
  let closed = false;
  return {
    file,
    write(body) {
      const event: JournalEvent = { ...body, at: new Date().toISOString(), sequence: sequence++ };
      const known = secrets();
      const escaped = known.map((secret) => JSON.stringify(secret).slice(1, -1));
      const line = redact(redact(JSON.stringify(event), escaped), known);
      if (!closed) {
        writeSync(descriptor, `${line}\n`);
        if (!passes(body)) fsyncSync(descriptor);
      }
      const clean = JSON.parse(line) as JournalEvent;
      listener(clean);
      return clean;
    },
    close() {
      if (closed) return;
      closed = true;
      closeSync(descriptor);
    },
  };
}

/** Events of journal text; a last line that a crash tore is left out. */
export function parseJournal(text: string): readonly JournalEvent[] {
  const lines = text.split('\n');
  const whole = text.endsWith('\n') ? lines.slice(0, -1) : lines.slice(0, -1);
  return whole.flatMap((line) => {
    try {
      return [JSON.parse(line) as JournalEvent];
    } catch {
      return [];
    }
  });
}

export function readJournal(file: string): readonly JournalEvent[] {
  return parseJournal(readFileSync(file, 'utf8'));
}
