import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { clusterHome } from '../../source/cluster/home.ts';
import {
  claimRun,
  isRunning,
  listRuns,
  readRequest,
  runningRun,
  writeRequest,
} from '../../source/runs/run-directory.ts';
import { claimFor, clusterDocument, emptyRun, temporaryHome } from './home.ts';

beforeEach(() => temporaryHome());

const ownStart = (): string => {
  const status = readFileSync('/proc/self/stat', 'utf8');
  return status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '';
};

test('a run lives while the process lives that claimed it', () => {
  const run = emptyRun();
  expect(isRunning(run)).toBe(false);
  claimRun(run);
  expect(isRunning(run)).toBe(true);
});

test('a process with the same number but another begin is not the run', () => {
  const run = emptyRun();
  claimFor(run, process.pid, ownStart());
  expect(isRunning(run)).toBe(true);
  claimFor(run, process.pid, `${ownStart()}1`);
  expect(isRunning(run)).toBe(false);
});

test('a process that ended is no run, and a torn claim is none', () => {
  const run = emptyRun();
  claimFor(run, spawnSync(process.execPath, ['--version']).pid, '5');
  expect(isRunning(run)).toBe(false);
  writeFileSync(path.join(run.path, 'process.json'), '{"processId":');
  expect(isRunning(run)).toBe(false);
});

test('runs are listed oldest first, and the one that goes on is found', () => {
  expect(listRuns('demo')).toEqual([]);
  const second = emptyRun('20260102-000000-reset-0001');
  const first = emptyRun('20260101-000000-install-0001');
  mkdirSync(path.join(clusterHome('demo'), 'runs', 'something-else'));
  expect(listRuns('demo').map((run) => run.id)).toEqual([first.id, second.id]);
  expect(runningRun('demo')).toBeUndefined();
  claimRun(first);
  expect(runningRun('demo')?.id).toBe(first.id);
  expect(runningRun('other')).toBeUndefined();
});

test('a request is read back as it was written', () => {
  const run = emptyRun();
  const request = {
    workflow: 'reset',
    document: clusterDocument(),
    keepData: true,
    questions: 'skip-host',
    takeOver: false,
  } as const;
  writeRequest(run, request);
  expect(readRequest(run)).toEqual(request);
});
