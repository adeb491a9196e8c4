import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { createFileTable } from '../../source/practice/file-table.ts';

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

test('a part goes on where it stopped, and becomes the file only when the whole has the hash', () => {
  const table = createFileTable();
  const content = randomBytes(500_000);
  table.receive('/a', false).write(content.subarray(0, 200_000));
  expect(table.part('/a')).toEqual({ size: 200_000, sha256: sha256(content.subarray(0, 200_000)) });
  table.receive('/a', true).write(content.subarray(200_000));
  expect(table.used()).toBe(500_000);
  expect(table.finish('/a', sha256(content), '644')).toBe(sha256(content));
  expect(table.file('/a')).toMatchObject({ size: 500_000, sha256: sha256(content), mode: '644', text: undefined });
  expect(table.part('/a')).toBeUndefined();
});

test('a part that is begun anew forgets what was there, and a wrong hash leaves nothing', () => {
  const table = createFileTable();
  table.receive('/a', false).write(Buffer.from('old'));
  table.receive('/a', false).write(Buffer.from('new'));
  expect(table.part('/a')?.size).toBe(3);
  expect(table.finish('/a', sha256(Buffer.from('old')), '644')).toBe(sha256(Buffer.from('new')));
  expect(table.file('/a')).toBeUndefined();
  expect(table.part('/a')).toBeUndefined();
});
