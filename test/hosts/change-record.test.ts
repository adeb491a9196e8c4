import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { readAsset } from '../../source/assets.ts';
import type { CommandResult } from '../../source/hosts/connection.ts';
import { LocalConnection } from '../../source/hosts/local-connection.ts';

const host = new LocalConnection('here');
let root: string;
let state: string;
let record: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'landfall-root-'));
  state = path.join(root, 'state');
  record = path.join(state, 'changes');
});

const at = (name: string): string => path.join(root, name);
const list = (): readonly string[] => readFileSync(path.join(record, 'list'), 'utf8').trim().split('\n');

async function remember(...names: readonly string[]): Promise<void> {
  await host.check('Remember', await readAsset('hosts/remember.sh'), [
    record,
    ...names.map((name) => `${root}/${name}`),
  ]);
}

async function restore(): Promise<CommandResult> {
  return host.run(await readAsset('hosts/restore.sh'), [record, state]);
}

/** Writes a file with the folders above it. */
function put(name: string, content: string, mode = 0o644): void {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), content);
  chmodSync(at(name), mode);
}

/** Everything below the root: mode, and content or target. */
function everything(folder = root): Readonly<Record<string, string>> {
  return Object.fromEntries(
    readdirSync(folder, { withFileTypes: true }).flatMap((entry): [string, string][] => {
      const file = path.join(folder, entry.name);
      const mode = (lstatSync(file).mode & 0o7777).toString(8);
      if (entry.isSymbolicLink()) return [[file, readlinkSync(file)]];
      if (entry.isDirectory()) return [[file, mode], ...Object.entries(everything(file))];
      return [[file, `${mode} ${readFileSync(file, 'utf8')}`]];
    }),
  );
}

test('files, links, whole folders and nothing are given back as they were', async () => {
  put('etc/config', 'theirs\n', 0o640);
  put('etc/program', '#!/bin/sh\n', 0o4755);
  put('plugins/bridge', 'old\n', 0o755);
  put('plugins/below/.hidden', 'x');
  chmodSync(at('plugins'), 0o711);
  symlinkSync('/nowhere', at('etc/link'));
  utimesSync(at('etc/config'), 1_000_000, 1_000_000);
  const before = everything();
  await remember('etc/config', 'etc/program', 'etc/link', 'plugins/**', 'opt/ours', 'etc/new');

  put('etc/config', 'ours\n', 0o600);
  rmSync(at('etc/program'));
  rmSync(at('etc/link'));
  put('etc/link', 'a file now');
  put('plugins/bridge', 'new\n');
  put('plugins/more', 'new\n');
  rmSync(at('plugins/below'), { recursive: true });
  chmodSync(at('plugins'), 0o700);
  put('opt/ours/deep/file', 'x');
  put('etc/new', 'x');

  const result = await restore();
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  expect(everything()).toEqual(before);
  expect(statSync(at('etc/config')).mtimeMs).toBe(1_000_000_000);
  expect(existsSync(state)).toBe(false);
});

test('of a folder of data only what was added goes, and its mode comes back', async () => {
  put('data/theirs/file', 'theirs');
  put('data/with space', 'theirs');
  chmodSync(at('data'), 0o755);
  await remember('data');
  put('data/theirs/file', 'changed by its owner');
  put('data/ours/file', 'x');
  put('data/.ours', 'x');
  put('data/with', 'x');
  chmodSync(at('data'), 0o700);
  expect((await restore()).exitCode).toBe(0);
  expect(readdirSync(at('data')).sort()).toEqual(['theirs', 'with space']);
  expect(readFileSync(at('data/theirs/file'), 'utf8')).toBe('changed by its owner');
  expect(statSync(at('data')).mode & 0o777).toBe(0o755);
});

test('what a broken-off upload or unpacking left beside a file goes too', async () => {
  put('bin/theirs', 'x');
  const before = everything();
  await remember('bin/runc', 'bin/theirs');
  put('bin/runc.landfall-part', 'half');
  put('bin/theirs.landfall-new', 'half');
  put('bin/.landfall-a1B2c3/ctr', 'half');
  expect((await restore()).exitCode).toBe(0);
  expect(everything()).toEqual(before);
});

test('a folder that was made on the way goes only when nobody came to use it', async () => {
  await remember('usr/modules/', 'opt/plugins/one', 'opt/plugins/two', 'a/b/c');
  put('opt/plugins/one', 'x');
  put('opt/plugins/theirs', 'theirs');
  mkdirSync(at('usr/modules'), { recursive: true });
  put('a/b/c', 'x');
  expect((await restore()).exitCode).toBe(0);
  expect(Object.keys(everything())).toEqual([at('opt'), at('opt/plugins'), at('opt/plugins/theirs')]);
});

test('what was there is kept once, and also when the note is asked for again after the change', async () => {
  put('file', 'theirs');
  await remember('file', 'none');
  put('file', 'ours');
  put('none', 'ours');
  await remember('file', 'none', 'none/below', 'other');
  expect(list().filter((line) => line.endsWith('/file'))).toHaveLength(1);
  await restore();
  expect(readFileSync(at('file'), 'utf8')).toBe('theirs');
  expect(existsSync(at('none'))).toBe(false);
});

test('a line that a power cut tore neither counts nor spoils the next one', async () => {
  put('one', '1');
  put('two', '2');
  await remember('one');
  appendFileSync(path.join(record, 'list'), `file 2 ${root}/tw`);
  await remember('two');
  expect(list()).toEqual([`file 1 ${root}/one`, `file 2 ${root}/two`]);
  put('one', 'x');
  put('two', 'x');
  await restore();
  expect([readFileSync(at('one'), 'utf8'), readFileSync(at('two'), 'utf8')]).toEqual(['1', '2']);
});

test('what cannot be given back is said, and its record stays for the next time', async () => {
  put('file', 'theirs');
  await remember('file');
  put('file', 'ours');
  const copy = path.join(record, '1');
  rmSync(copy);
  const failed = await restore();
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toContain(`${root}/file was not given back`);
  expect(existsSync(path.join(record, 'list'))).toBe(true);
  writeFileSync(copy, 'theirs');
  expect((await restore()).exitCode).toBe(0);
  expect(readFileSync(at('file'), 'utf8')).toBe('theirs');
});

test('a reset that broke off after its record went is finished, and the lock is left to its owner', async () => {
  mkdirSync(path.join(state, 'finished'), { recursive: true });
  put('state/registry/blob', 'x');
  put('state/lock/owner', 'run me');
  expect((await restore()).exitCode).toBe(0);
  expect(Object.keys(everything())).toEqual([state, at('state/lock'), at('state/lock/owner')]);
});

test('a second time there is nothing to do', async () => {
  await remember('file');
  put('file', 'x');
  expect((await restore()).exitCode).toBe(0);
  put('file', 'not ours any more');
  expect((await restore()).exitCode).toBe(0);
  expect(readFileSync(at('file'), 'utf8')).toBe('not ours any more');
});

test('a disk that was emptied into a folder on itself is given back, also by a return that was broken off', async () => {
  for (const brokenOff of [false, true]) {
    put('disk/.landfall-aside/images/one', 'theirs');
    put('disk/.landfall-aside/.hidden', 'theirs');
    put('state/changes/list', `inside 1 ${at('disk')}\n`);
    if (brokenOff) {
      put('disk/.landfall-aside.returning', '');
      put('disk/two', 'theirs, returned already');
    } else put('disk/ours', 'x');
    await remember('disk');
    expect(list()).toEqual([`inside 1 ${at('disk')}`]);
    const result = await restore();
    expect(result).toMatchObject({ exitCode: 0, stderr: '' });
    expect(readdirSync(at('disk')).sort()).toEqual(['.hidden', 'images', ...(brokenOff ? ['two'] : [])]);
    rmSync(at('disk'), { recursive: true });
  }
});

test('what was moved into the record and not noted any more is given back too', async () => {
  put('state/changes/1', 'theirs');
  put('state/changes/1.path', `${at('etc/config')}\n`);
  const result = await restore();
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  expect(readFileSync(at('etc/config'), 'utf8')).toBe('theirs');
});
