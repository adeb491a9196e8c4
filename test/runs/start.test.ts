import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RunRequest } from '../../source/runs/request.ts';
import { isRunning, readRequest } from '../../source/runs/run-directory.ts';
import { startRun } from '../../source/runs/start.ts';
import { clusterDocument, temporaryHome } from './home.ts';

const [, ownProgram = ''] = process.argv;
const request = (): RunRequest => ({
  workflow: 'reset',
  document: clusterDocument(),
  keepData: false,
  questions: 'skip-host',
  takeOver: false,
});

/** Lets runs be executed by this program text instead of Landfall. */
function program(text: string): void {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'landfall-program-')), 'program.mjs');
  writeFileSync(file, text);
  process.argv[1] = file;
}

beforeEach(() => temporaryHome());
afterEach(() => {
  process.argv[1] = ownProgram;
});

test('a run has its own process in its own session, and typed secrets reach it on standard input only', async () => {
  program(`import { readFileSync, writeFileSync } from 'node:fs';
    const folder = process.env.LANDFALL_HOME + '/clusters/' + process.argv[3] + '/runs/' + process.argv[4];
    const stat = readFileSync('/proc/self/stat', 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    writeFileSync(folder + '/seen.json', JSON.stringify({
      stdin: readFileSync(0, 'utf8'),
      argv: process.argv.slice(2),
      environment: JSON.stringify(process.env),
      session: Number(fields[3]) === process.pid,
    }));
    writeFileSync(folder + '/journal.ndjson', '');
    setTimeout(() => {}, 300);`);
  const run = await startRun(request(), { 'node-1': { password: 'typed-secret' } });
  const seen = JSON.parse(readFileSync(path.join(run.path, 'seen.json'), 'utf8')) as Record<string, unknown>;
  expect(seen['stdin']).toBe('{"node-1":{"password":"typed-secret"}}');
  expect(seen['argv']).toEqual(['execute-run', 'demo', run.id]);
  expect(seen['environment']).not.toContain('typed-secret');
  expect(seen['session']).toBe(true);
  expect(readRequest(run).workflow).toBe('reset');
  expect(readFileSync(path.join(run.path, 'request.json'), 'utf8')).not.toContain('typed-secret');
  expect(statSync(run.path).mode & 0o777).toBe(0o700);
  expect(isRunning(run)).toBe(false);
});

test('a process that ends before it is the run is an error with its last words', async () => {
  program(`console.error('no room for a journal'); process.exit(7);`);
  await expect(startRun(request())).rejects.toMatchObject({
    code: 'RUN_NOT_STARTED',
    context: { output: 'no room for a journal' },
    fix: expect.stringContaining('process.log'),
  });
});

test('a program that is not there is the same error', async () => {
  process.argv[1] = '/nowhere/landfall.mjs';
  const error: unknown = await startRun(request()).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'RUN_NOT_STARTED' });
  expect(existsSync(process.env['LANDFALL_HOME'] ?? '')).toBe(true);
});
