import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { LandfallError } from '../errors.ts';
import { isRunning, type RunDirectory } from './run-directory.ts';

/** Waits until the process of a run has claimed it; throws RUN_NOT_STARTED with its last words when it ends before that. */
export async function claimedWithin(run: RunDirectory, child: ChildProcess, limit: number): Promise<void> {
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', () => {
    ended = true;
  });
  const end = Date.now() + limit;
  while (!isRunning(run) && !existsSync(run.journal)) {
    if (ended || Date.now() > end) {
      const words = existsSync(run.log) ? readFileSync(run.log, 'utf8').trim().split('\n').slice(-5).join('\n') : '';
      throw new LandfallError({
        code: 'RUN_NOT_STARTED',
        message: 'The process of the run could not be started.',
        fix: `Look at ${run.log}.`,
        ...(words === '' ? {} : { context: { output: words } }),
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
