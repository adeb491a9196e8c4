import { createInterface } from 'node:readline/promises';
import type { JournalEvent, RunOutcome } from '../engine/events.ts';
import { LandfallError } from '../errors.ts';
import { ndjsonPresenter } from '../presenters/ndjson/ndjson-presenter.ts';
import { plainPresenter } from '../presenters/plain/plain-presenter.ts';
import { sendControl } from '../runs/control.ts';
import { followRun } from '../runs/follow.ts';
import type { RunDirectory } from '../runs/run-directory.ts';
import { print, printAside } from './print.ts';

export type OutputFormat = 'plain' | 'ndjson';

/** Exit codes of the commands that run a workflow; docs/exit-codes.md says them to people. */
export const exitCodes: Readonly<Record<RunOutcome, number>> = { succeeded: 0, failed: 1, stopped: 3 };

export function presenterFor(output: OutputFormat, verbose: boolean): { show(event: JournalEvent): void } {
  return output === 'ndjson' ? ndjsonPresenter(print) : plainPresenter({ write: print, verbose });
}

/** What Ctrl-C does: asks at a terminal; without one it asks the run to stop between steps. */
async function onInterrupt(run: RunDirectory): Promise<'go-on' | 'stop' | 'leave'> {
  if (!process.stdin.isTTY) return 'stop';
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    printAside('');
    printAside('The run goes on in its own process. What do you want?');
    const answer = await reader.question(
      '  [Enter] keep watching   [s] stop it between steps   [l] leave it running: ',
    );
    if (/^s/i.test(answer)) return 'stop';
    if (/^l/i.test(answer)) {
      printAside(`Watch it again with: landfall watch ${run.cluster}`);
      return 'leave';
    }
    return 'go-on';
  } finally {
    reader.close();
  }
}

/** Shows a run until it is finished, or until the person leaves it. Returns how it ended; undefined when it was left. */
export async function presentRun(
  run: RunDirectory,
  output: OutputFormat,
  verbose: boolean,
): Promise<{ readonly outcome: RunOutcome; readonly changed: number } | undefined> {
  const presenter = presenterFor(output, verbose);
  const leave = new AbortController();
  let asking = false;
  const interrupt = (): void => {
    if (asking) return;
    asking = true;
    void onInterrupt(run).then((choice) => {
      asking = false;
      if (choice === 'leave') leave.abort();
      if (choice !== 'stop') return;
      printAside('Stopping: running steps end, no new one is started.');
      sendControl(run, { type: 'stop' });
    });
  };
  process.on('SIGINT', interrupt);
  try {
    for await (const event of followRun(run, leave.signal)) {
      presenter.show(event);
      if (event.type === 'run-finished') return { outcome: event.outcome, changed: event.changed };
    }
    return undefined;
  } finally {
    process.off('SIGINT', interrupt);
  }
}

/** Like `presentRun`, but a failed or stopped run ends in the exit code of its outcome, and `onSuccess` follows a good one. */
export async function presentToEnd(
  run: RunDirectory,
  output: OutputFormat,
  verbose: boolean,
  onSuccess: () => void,
): Promise<void> {
  const result = await presentRun(run, output, verbose);
  if (result === undefined) return;
  process.exitCode = exitCodes[result.outcome];
  if (result.outcome === 'succeeded') {
    onSuccess();
    return;
  }
  if (output === 'plain') {
    printAside(
      `Run the same command again to go on from here. The full record: landfall replay --verbose ${run.journal}`,
    );
  }
}

export function parseOutput(value: string): OutputFormat {
  if (value === 'plain' || value === 'ndjson') return value;
  throw new LandfallError({
    code: 'USAGE',
    message: `There is no output format named ${value}.`,
    fix: 'Use --output plain or --output ndjson.',
    exitStatus: 2,
  });
}
