import { createInterface } from 'node:readline/promises';
import { LandfallError } from '../errors.ts';
import type { RunRequest, TypedSecrets } from '../runs/request.ts';
import { readRequest, runningRun } from '../runs/run-directory.ts';
import { startRun } from '../runs/start.ts';
import { type OutputFormat, presentToEnd } from './present-run.ts';
import { printAside } from './print.ts';

export type RunChoices = {
  readonly output: OutputFormat;
  readonly verbose: boolean;
  readonly yes: boolean;
  /** Asked before anything is changed, unless `yes`. */
  readonly question: string;
  /** Called after the answer and before the run begins. */
  readonly confirmed?: () => void;
};

/** Asks at a terminal with "no" as the answer to Enter; without a terminal it is an error to have said neither. */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new LandfallError({
      code: 'CONFIRMATION_NEEDED',
      message: 'Nobody can be asked here whether this shall be done.',
      fix: 'Add --yes.',
      exitStatus: 2,
    });
  }
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await reader.question(`${question} [y/N] `);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    reader.close();
  }
  throw new LandfallError({ code: 'DECLINED', message: 'Nothing was changed.', exitStatus: 3 });
}

/**
 * Starts a run, or watches the one of the same workflow that goes on already, and shows it to its end. Throws RUN_ACTIVE
 * when another workflow goes on.
 */
export async function runWorkflow(
  request: RunRequest,
  choices: RunChoices,
  onSuccess: () => void,
  secrets: TypedSecrets = {},
): Promise<void> {
  const current = runningRun(request.document.name);
  if (current !== undefined) {
    const { workflow } = readRequest(current);
    if (workflow !== request.workflow) {
      throw new LandfallError({
        code: 'RUN_ACTIVE',
        message: `Run ${current.id} (${workflow}) of this cluster goes on, so ${request.workflow} cannot begin.`,
        fix: `Wait for it, or stop it: landfall watch ${current.cluster}, then Ctrl-C.`,
        exitStatus: 4,
      });
    }
    printAside(`Run ${current.id} of this cluster goes on already; watching it.`);
    await presentToEnd(current, choices.output, choices.verbose, onSuccess);
    return;
  }
  if (!choices.yes) await confirm(choices.question);
  choices.confirmed?.();
  const run = await startRun(request, secrets);
  await presentToEnd(run, choices.output, choices.verbose, onSuccess);
}
