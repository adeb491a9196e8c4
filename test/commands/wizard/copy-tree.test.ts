import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { copyTree } from '../../../source/commands/wizard/copy-tree.ts';

let folder: string;
let source: string;
let target: string;
const never = new AbortController().signal;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'landfall-copy-'));
  source = path.join(folder, 'stick');
  target = path.join(folder, 'disk');
  mkdirSync(path.join(source, 'blobs/sha256'), { recursive: true });
  writeFileSync(path.join(source, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(path.join(source, 'index.json'), '{"manifests":[]}');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function addBlob(bytes: number, byte: number): string {
  const content = Buffer.alloc(bytes, byte);
  const name = `blobs/sha256/${createHash('sha256').update(content).digest('hex')}`;
  writeFileSync(path.join(source, name), content);
  return name;
}

test('everything is copied, and the file that makes it a bundle comes last', async () => {
  const blob = addBlob(3_000_000, 7);
  const seen: number[] = [];
  let indexWasThere = true;
  await copyTree(
    source,
    target,
    (done, total) => {
      seen.push(done / total);
      if (seen.length === 1) indexWasThere = existsSync(path.join(target, 'index.json'));
    },
    never,
  );
  expect(readFileSync(path.join(target, blob)).equals(readFileSync(path.join(source, blob)))).toBe(true);
  expect(existsSync(path.join(target, 'index.json'))).toBe(true);
  expect(indexWasThere).toBe(false);
  expect(seen.at(-1)).toBe(1);
});

test('a copy that was broken off goes on inside of the file', async () => {
  const blob = addBlob(5_000_000, 3);
  const stop = new AbortController();
  const broken = copyTree(source, target, (done) => done > 1_500_000 && stop.abort(), stop.signal);
  await expect(broken).rejects.toThrow();
  const part = path.join(target, `${blob}.part`);
  const kept = readFileSync(part).length;
  expect(kept).toBeGreaterThan(0);
  let first: number | undefined;
  await copyTree(
    source,
    target,
    (done) => {
      first ??= done;
    },
    never,
  );
  expect(first).toBeGreaterThanOrEqual(kept);
  expect(readFileSync(path.join(target, blob))).toHaveLength(5_000_000);
  expect(existsSync(part)).toBe(false);
});

test('a blob whose bytes are not what its name says is refused and not kept', async () => {
  const blob = addBlob(1000, 1);
  writeFileSync(path.join(source, blob), Buffer.alloc(1000, 2));
  await expect(copyTree(source, target, () => {}, never)).rejects.toMatchObject({ code: 'COPY_DAMAGED' });
  expect(existsSync(path.join(target, blob))).toBe(false);
  expect(existsSync(path.join(target, `${blob}.part`))).toBe(false);
});

test('a stick that is gone is said in words', async () => {
  await expect(copyTree(path.join(folder, 'nowhere'), target, () => {}, never)).rejects.toMatchObject({
    code: 'COPY_READ',
  });
});
