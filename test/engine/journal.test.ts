import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createJournal, parseJournal, readJournal } from '../../source/engine/journal.ts';

test('events come back as they were written, private to their owner', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'landfall-')), 'run/journal.jsonl');
  const heard: string[] = [];
  const journal = createJournal(
    file,
    () => [],
    (event) => heard.push(event.type),
  );
  journal.write({ type: 'note', text: 'one' });
  journal.write({ type: 'step-output', step: 's', line: 'two' });
  journal.close();
  expect(readJournal(file)).toMatchObject([
    { text: 'one', sequence: 0 },
    { line: 'two', sequence: 1 },
  ]);
  expect(heard).toEqual(['note', 'step-output']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
});

test('a secret never reaches the file, also where JSON escapes it', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'landfall-')), 'journal.jsonl');
  const secret = 'pa"ss\\w$rd';
  const journal = createJournal(
    file,
    () => [secret],
    () => {},
  );
  journal.write({ type: 'step-output', step: 's', line: `login with ${secret} failed` });
  const text = readFileSync(file, 'utf8');
  expect(text).not.toContain('w$rd');
  expect(text).toContain('login with «hidden» failed');
});

test('a torn last line is left out', () => {
  const text = '{"type":"note","text":"a","at":"","sequence":0}\n{"type":"no';
  expect(parseJournal(text)).toHaveLength(1);
});
