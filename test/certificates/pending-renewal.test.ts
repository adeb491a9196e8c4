import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPendingRenewal } from '../../source/certificates/pending-renewal.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'pending-'));
});
afterEach(() => rmSync(home, { recursive: true }));

test('what has begun is known to the next opening until all is finished', () => {
  const first = openPendingRenewal(home);
  expect(first.since('node-1')).toBeUndefined();
  const since = first.begin('node-1');
  expect(Math.abs(since - Date.now())).toBeLessThan(2000);
  const second = openPendingRenewal(home);
  expect(second.since('node-1')).toBe(since);
  expect(second.begin('node-1')).toBe(since);
  expect(second.since('node-2')).toBeUndefined();
  second.finish();
  expect(first.since('node-1')).toBeUndefined();
  expect(readdirSync(home)).toEqual([]);
});

test('what was left days ago, or cannot be read, is over', () => {
  const pending = openPendingRenewal(home);
  pending.begin('node-1');
  const file = path.join(home, 'renewal.json');
  writeFileSync(file, JSON.stringify({ 'node-1': Date.now() - 25 * 3_600_000, 'node-2': Date.now() - 3_600_000 }));
  expect(pending.since('node-1')).toBeUndefined();
  expect(pending.since('node-2')).toBeDefined();
  pending.begin('node-1');
  expect(Object.keys(JSON.parse(readFileSync(file, 'utf8')) as object).sort()).toEqual(['node-1', 'node-2']);
  writeFileSync(file, '{ broken');
  expect(pending.since('node-2')).toBeUndefined();
});
