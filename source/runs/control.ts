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
    for (const line of lines.slice(seen)) onMessage(JSON.parse(line) as ControlMessage);
    seen = lines.length;
  };
  const timer = setInterval(look, interval);
  timer.unref();
  look();
  return () => clearInterval(timer);
}
