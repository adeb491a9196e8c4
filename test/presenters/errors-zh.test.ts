import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { errorsZh } from '../../source/language/errors-zh.ts';
import { explain } from '../../source/language/explain.ts';
import { languages } from '../../source/language/index.ts';

const failure = { code: 'DISK_FULL', message: 'Unpack runc: the disk of node-4 is full.', fix: 'Make room.' };

test('every error code of docs/errors.md has Chinese words', () => {
  const text = readFileSync(path.join(import.meta.dirname, '../../docs/errors.md'), 'utf8');
  const codes = [...text.matchAll(/<a id="[^"]+"><\/a>`([A-Z_]+)`/g)].map(([, code = '']) => code);
  expect(codes.length).toBeGreaterThan(100);
  expect(Object.keys(errorsZh).sort()).toEqual([...codes].sort());
  for (const known of Object.values(errorsZh)) expect(known.meaning + (known.fix ?? '')).toMatch(/\p{Script=Han}/u);
});

test('in Chinese the case itself, with its names, stays below what it means; in English it speaks for itself', () => {
  expect(explain(failure, languages.zh)).toMatchObject({ message: '主机的磁盘已满。', detail: failure.message });
  expect(explain(failure, languages.en)).toEqual({ message: failure.message, fix: failure.fix });
});
