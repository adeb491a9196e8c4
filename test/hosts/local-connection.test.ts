import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { LocalConnection } from '../../source/hosts/local-connection.ts';

const connection = new LocalConnection('here');
const folder = () => mkdtempSync(path.join(tmpdir(), 'landfall-'));

test('arguments arrive unchanged, whatever they hold', async () => {
  const words = [`it's`, '"double"', '$HOME', 'back\\slash', 'two\nlines', '', '`id`', '-n', '漢字'];
  const result = await connection.run('for word in "$@"; do printf "%s\\0" "$word"; done', words);
  expect(result.stdout.split('\0').slice(0, -1)).toEqual(words);
});

test('the script reads what was given as its standard input, and nothing of either is in the list of processes', async () => {
  const secret = `secret-${randomBytes(8).toString('hex')}`;
  const result = await connection.run(
    'value=$(cat); list=$(cat /proc/[0-9]*/cmdline 2>/dev/null | tr "\0" " "); case $list in *"$value"*) echo seen ;; esac; printf %s "$value"',
    [],
    { stdin: secret },
  );
  expect(result.stdout).toBe(secret);
});

test('an input that breaks off ends the command with the reason', async () => {
  const input = Readable.from(
    (async function* () {
      yield Buffer.from('first');
      throw new Error('the source is damaged');
    })(),
    { objectMode: false },
  );
  await expect(connection.run('cat >/dev/null; sleep 30', [], { stdin: input })).rejects.toThrow(
    'the source is damaged',
  );
});

test('a failure names the command, its exit code and its last lines', async () => {
  await expect(connection.check('Try it', 'echo wrong >&2; exit 7')).rejects.toMatchObject({
    code: 'COMMAND_FAILED',
    context: { command: 'Try it', exitCode: 7, output: 'wrong', host: 'here' },
  });
});

test('a file is written with its mode and read back; a missing one is undefined', async () => {
  const file = path.join(folder(), 'a b', 'file');
  await connection.writeFile(file, 'content\n', 0o640);
  expect(await connection.readFile(file)).toBe('content\n');
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(await connection.readFile(`${file}.none`)).toBeUndefined();
});

test('an upload goes on at the last byte that is there, and starts anew when those bytes differ', async () => {
  const content = randomBytes(300_000);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const target = path.join(folder(), 'file');
  const opened: number[] = [];
  const options = {
    target,
    mode: 0o755,
    size: content.length,
    sha256,
    open: (offset: number) => {
      opened.push(offset);
      return Readable.from([content.subarray(offset)]);
    },
  };
  writeFileSync(`${target}.landfall-part`, content.subarray(0, 100_000));
  await connection.upload(options);
  expect(opened.at(-1)).toBe(100_000);
  expect(readFileSync(target).equals(content)).toBe(true);
  const other = { ...options, target: `${target}2` };
  writeFileSync(`${other.target}.landfall-part`, randomBytes(100_000));
  await connection.upload(other);
  expect(opened.at(-1)).toBe(0);
  const before = opened.length;
  await connection.upload(other);
  expect(opened.length).toBe(before);
});

test('an upload that arrives damaged is refused and leaves no file', async () => {
  const target = path.join(folder(), 'file');
  const upload = connection.upload({
    target,
    mode: 0o644,
    size: 3,
    sha256: '0'.repeat(64),
    open: () => Readable.from([Buffer.from('abc')]),
  });
  await expect(upload).rejects.toMatchObject({ code: 'UPLOAD_HASH' });
  expect(await connection.readFile(target)).toBeUndefined();
});
