import { expect, test } from 'vitest';
import { parseFaults } from '../../source/practice/faults.ts';

const hosts = ['node-1', 'node-2', 'node-3'];

test('faults are read with their percentages and usual ones', () => {
  expect(parseFaults('wrong-password:node-2, lost-connection:node-3@40%,full-disk:node-1', hosts)).toEqual([
    { kind: 'wrong-password', host: 'node-2', percent: 0 },
    { kind: 'lost-connection', host: 'node-3', percent: 40 },
    { kind: 'full-disk', host: 'node-1', percent: 60 },
  ]);
  expect(parseFaults('', hosts)).toEqual([]);
});

test.each([
  ['earthquake:node-1', 'there is no fault earthquake'],
  ['full-disk:node-9', 'there is no host node-9'],
  ['full-disk', 'not of the form'],
  ['full-disk:node-1@100%', '0 to 99'],
  ['slow-disk:node-1@10%', 'takes no percentage'],
])('%s is refused with what is wrong', (text, message) => {
  expect(() => parseFaults(text, hosts)).toThrow(message);
  expect(() => parseFaults(text, hosts)).toThrow(expect.objectContaining({ code: 'PRACTICE_FAULTS', exitStatus: 2 }));
});
