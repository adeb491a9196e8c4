import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { claimedWithin } from './claimed.ts';
import type { RunRequest, TypedSecrets } from './request.ts';
import { type RunDirectory, runDirectory, writeRequest } from './run-directory.ts';

/** The hidden command of the program that executes a run; see commands/execute-run.ts. */
export const executeCommand = 'execute-run';

function newRunId(workflow: string): string {
  const now = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${now}-${workflow}-${randomBytes(2).toString('hex')}`;
}

/**
 * Starts a run in a process of its own, in a session of its own, so that neither a lost terminal nor a signal to it ends
 * the run. Secrets that were typed travel on its standard input.
 */
export async function startRun(request: RunRequest, secrets: TypedSecrets = {}): Promise<RunDirectory> {
  const run = runDirectory(request.document.name, newRunId(request.workflow));
  mkdirSync(run.path, { recursive: true, mode: 0o700 });
  chmodSync(run.path, 0o700);
  writeRequest(run, request);
  const log = openSync(run.log, 'a', 0o600);
  const [, program = ''] = process.argv;
  const child = spawn(process.execPath, [program, executeCommand, run.cluster, run.id], {
    detached: true,
    stdio: ['pipe', log, log],
    windowsHide: true,
  });
  closeSync(log);
  child.stdin?.on('error', () => {});
  child.stdin?.end(JSON.stringify(secrets));
  child.unref();
  await claimedWithin(run, child, 15_000);
  // Whoever asks why a run died finds it there, as long as this process lives to see it.
  child.once('exit', (code, signal) => {
    if (code !== 0 && existsSync(run.log))
      appendFileSync(run.log, `The process ended ${signal === null ? `with exit code ${code}` : `by ${signal}`}.\n`);
  });
  return run;
}
