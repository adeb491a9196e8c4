import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { fingerprint, openHostKeyStore } from '../../source/hosts/host-keys.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFile(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'landfall-keys-'));
  folders.push(folder);
  return path.join(folder, 'cluster', 'known-hosts');
}

const [first, second] = [Buffer.from('the first key'), Buffer.from('the second key')];

test('a key is new once, known after, also to another process, and changed when it is another', () => {
  const file = newFile();
  expect(openHostKeyStore(file).check('10.0.0.1', 22, first)).toEqual({ verdict: 'new' });
  const store = openHostKeyStore(file);
  expect(store.check('10.0.0.1', 22, first)).toEqual({ verdict: 'known' });
  expect(store.check('10.0.0.1', 2222, second)).toEqual({ verdict: 'new' });
  expect(store.check('10.0.0.1', 22, second)).toEqual({
    verdict: 'changed',
    expected: fingerprint(first),
    found: fingerprint(second),
  });
  expect(openHostKeyStore(file).check('10.0.0.1', 2222, second)).toEqual({ verdict: 'known' });
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
});

test('two processes that learn keys at once keep both', () => {
  const file = newFile();
  const [one, other] = [openHostKeyStore(file), openHostKeyStore(file)];
  one.check('10.0.0.1', 22, first);
  other.check('10.0.0.2', 22, second);
  const both = openHostKeyStore(file);
  expect(both.check('10.0.0.1', 22, first).verdict).toBe('known');
  expect(both.check('10.0.0.2', 22, second).verdict).toBe('known');
});

test('a line that a crash tore counts as unknown and spoils no later one', () => {
  const file = newFile();
  openHostKeyStore(file).check('10.0.0.1', 22, first);
  truncateSync(file, readFileSync(file).length - 5);
  const store = openHostKeyStore(file);
  expect(store.check('10.0.0.2', 22, second)).toEqual({ verdict: 'new' });
  const again = openHostKeyStore(file);
  expect(again.check('10.0.0.2', 22, second)).toEqual({ verdict: 'known' });
  expect(again.check('10.0.0.1', 22, first)).toEqual({ verdict: 'new' });
});
