import { expect, test } from 'vitest';
import { proposeRoles, survivableLosses } from '../../source/cluster/propose-roles.ts';

const gibibyte = 1024 ** 3;
const host = (key: string, processors: number, memory: number) => ({ key, processors, memory: memory * gibibyte });
const planes = (hosts: Parameters<typeof proposeRoles>[0]): readonly string[] =>
  [...proposeRoles(hosts)].filter(([, role]) => role === 'control-plane').map(([key]) => key);

test('one or two hosts have one control plane, three or more have three', () => {
  expect(planes([host('a', 4, 8)])).toEqual(['a']);
  expect(planes([host('a', 4, 8), host('b', 4, 8)])).toEqual(['a']);
  expect(planes([host('a', 4, 8), host('b', 4, 8), host('c', 4, 8)])).toEqual(['a', 'b', 'c']);
  expect(planes(Array.from({ length: 40 }, (_, index) => host(`h${index}`, 8, 32)))).toHaveLength(3);
});

test('big machines are left for the work, and too small ones steer nothing', () => {
  const hosts = [host('huge', 64, 256), host('tiny', 1, 1), host('a', 4, 8), host('b', 4, 8), host('c', 2, 4)];
  expect(planes(hosts).toSorted()).toEqual(['a', 'b', 'c']);
  expect(planes([host('tiny', 1, 1), host('small', 1, 2), host('one', 2, 4)])).toEqual(['one']);
});

test('hosts that are too small still get a control plane, because one is needed', () => {
  expect(planes([host('tiny', 1, 1)])).toEqual(['tiny']);
});

test.each([
  [1, 0],
  [2, 0],
  [3, 1],
  [4, 1],
  [5, 2],
])('%i control planes survive the loss of %i', (count, losses) => {
  expect(survivableLosses(count)).toBe(losses);
});
