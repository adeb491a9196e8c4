import { existsSync, mkdirSync, mkdtempSync, readFileSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { lockCluster } from '../../source/hosts/cluster-lock.ts';
import { LocalConnection } from '../../source/hosts/local-connection.ts';

const connection = new LocalConnection('node-1');
let state: string;
let owner: string;
beforeEach(() => {
  state = path.join(mkdtempSync(path.join(tmpdir(), 'landfall-lock-')), 'state');
  owner = path.join(state, 'lock', 'owner');
});

const take = (run: string, parts: { isOver?: (run: string) => boolean; takeOver?: boolean } = {}) =>
  lockCluster(connection, { run, state, takeOver: false, isOver: () => false, ...parts });

test('one run holds the lock, another is told who, and after the release it is free', async () => {
  const lock = await take('run-1');
  expect(readFileSync(owner, 'utf8')).toMatch(/^run-1 .+@.+/);
  await expect(take('run-2')).rejects.toMatchObject({
    code: 'CLUSTER_LOCKED',
    exitStatus: 4,
    message: expect.stringMatching(/is being changed by .+@.+ \(run run-1, alive \d+ seconds ago\)/),
  });
  await lock.release();
  expect(existsSync(state)).toBe(false);
  await (await take('run-2')).release();
});

test('the same run takes its own lock again', async () => {
  await take('run-1');
  await (await take('run-1')).release();
  expect(existsSync(owner)).toBe(false);
});

test("the lock of a run of ours that is over is nobody's; one of somebody else is not", async () => {
  await take('run-1');
  await expect(take('run-2', { isOver: (run) => run === 'run-9' })).rejects.toMatchObject({ code: 'CLUSTER_LOCKED' });
  await take('run-2', { isOver: (run) => run === 'run-1' });
  expect(readFileSync(owner, 'utf8')).toMatch(/^run-2 /);
});

test('an owner without a sign of life is called so, and can be replaced', async () => {
  const first = await take('run-1');
  utimesSync(owner, new Date(Date.now() - 90_000), new Date(Date.now() - 90_000));
  await expect(take('run-2')).rejects.toMatchObject({
    message: expect.stringMatching(/gave no sign of life for (9\d) seconds/),
    fix: expect.stringContaining('--take-over'),
  });
  await take('run-2', { takeOver: true });
  // Who lost the lock does not take the new owner's away.
  await first.release();
  expect(readFileSync(owner, 'utf8')).toMatch(/^run-2 /);
});

test('of many who want it at once exactly one gets it', async () => {
  const results = await Promise.allSettled(Array.from({ length: 8 }, (_, index) => take(`run-${index}`)));
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
});

test('a lock whose owner lost power before it wrote its name is held by nobody known', async () => {
  mkdirSync(path.join(state, 'lock'), { recursive: true });
  await expect(take('run-1')).rejects.toMatchObject({ message: expect.stringContaining('nobody (run unknown') });
  await (await take('run-1', { takeOver: true })).release();
});
