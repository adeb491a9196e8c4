import { appendFileSync, readFileSync } from 'node:fs';
import type { Answer } from '../engine/events.ts';
import type { RunDirectory } from './run-directory.ts';

/** What a screen may tell a run. The file between them works over any terminal, also after the screen was lost. */
export type ControlMessage =
  | { readonly type: 'stop' }
  | { readonly type: 'answer'; readonly question: string; readonly answer: Answer };

const interval = 200;

export function sendControl(run: RunDirectory, message: ControlMessage): void {
  appendFileSync(run.control, `${JSON.stringify(message)}\n`, { mode: 0o600 });
}

/** Calls back for each message, those from before the call too; returns what ends the watch. */
export function watchControl(run: RunDirectory, onMessage: (message: ControlMessage) => void): () => void {
  let seen = 0;
  const look = (): void => {
    let text: string;
    try {
      text = readFileSync(run.control, 'utf8');
    } catch {
      return;
    }
    const lines = text.split('\n').slice(0, -1);
    const fresh = lines.slice(seen);
    seen = lines.length;
    for (const line of fresh) {
      const message = parseMessage(line);
      if (message !== undefined) onMessage(message);
    }
  };
  const timer = setInterval(look, interval);
  timer.unref();
  look();
  return () => clearInterval(timer);
}

const answers: readonly string[] = ['retry', 'skip-host', 'abort'] satisfies readonly Answer[];

/** A line that is no message is nobody's word, and must not end the run that reads it. */
function parseMessage(line: string): ControlMessage | undefined {
  try {
    const message = JSON.parse(line) as Partial<Record<string, unknown>> | null;
    if (message?.['type'] === 'stop') return { type: 'stop' };
    const { question, answer } = message ?? {};
    if (message?.['type'] !== 'answer' || typeof question !== 'string' || !answers.includes(String(answer)))
      return undefined;
    return { type: 'answer', question, answer: answer as Answer };
  } catch {
    return undefined;
  }
}
