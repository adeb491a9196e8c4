import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { checksEn } from '../../source/language/checks-en.ts';
import { checksZh } from '../../source/language/checks-zh.ts';
import { allChecks } from '../../source/preflight/all-checks.ts';
import { checksDocument } from '../../source/preflight/document-checks.ts';

const file = path.join(import.meta.dirname, '../../docs/checks.md');

test('docs/checks.md is what the code says', () => {
  if (process.env['LANDFALL_UPDATE_DOCS']) writeFileSync(file, checksDocument());
  expect(readFileSync(file, 'utf8')).toBe(checksDocument());
});

test('every check has a text and every text a check, and no id is used twice', () => {
  const ids = allChecks.map((check) => check.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(Object.keys(checksEn).sort());
  expect(Object.keys(checksZh).sort()).toEqual(Object.keys(checksEn).sort());
});

test('ids are words in lower case, and texts are whole', () => {
  for (const [id, { title, why, mend }] of [...Object.entries(checksEn), ...Object.entries(checksZh)]) {
    expect(id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    for (const part of [title, why, mend]) expect(part.trim().length, id).toBeGreaterThan(2);
  }
  for (const { why, title } of Object.values(checksZh)) expect(why + title).toMatch(/\p{Script=Han}/u);
});

test('what can never be accepted always blocks', () => {
  for (const check of allChecks.filter((candidate) => candidate.neverIgnored))
    expect(check.severity, check.id).toBe('blocks');
});
