import { expect, test } from 'vitest';
import { parseHosts, parseRanges, toNodeName } from '../../../source/presenters/terminal/model/host-list.ts';

const addresses = (text: string): readonly string[] =>
  parseHosts(text).targets.map(({ address, port }) => (port === 22 ? address : `${address}:${port}`));

test('what people paste is understood: lines, commas, comments, users, ports, ranges', () => {
  expect(addresses('10.0.0.1\n10.0.0.2, web-1.example.org;root@10.0.0.3:2222')).toEqual([
    '10.0.0.1',
    '10.0.0.2',
    'web-1.example.org',
    '10.0.0.3:2222',
  ]);
  expect(addresses('10.0.0.8-11')).toEqual(['10.0.0.8', '10.0.0.9', '10.0.0.10', '10.0.0.11']);
  expect(addresses('10.0.0.254-10.0.1.1')).toEqual(['10.0.0.254', '10.0.0.255', '10.0.1.0', '10.0.1.1']);
  expect(parseHosts('admin@10.0.0.1').targets[0]?.login).toEqual({ method: 'agent', user: 'admin' });
  expect(addresses('10.0.0.1，10.0.0.2、10.0.0.1')).toEqual(['10.0.0.1', '10.0.0.2']);
});

test('a network is something to scan, not a thousand hosts', () => {
  expect(parseHosts('10.0.0.0/24').networks).toEqual(['10.0.0.0/24']);
  expect(parseHosts('10.0.0.0/8').wrong).toEqual(['10.0.0.0/8']);
});

test.each(['10.0.0.300', '10.0.0', '10.0.0.5-2', 'host name!', '-x', '10.0.0.1:99999', 'a@b@c', '10.0.0.0/33'])(
  '%s is not taken for a host',
  (text) => {
    expect(parseHosts(text).wrong.length).toBeGreaterThan(0);
  },
);

test('ranges for a scan are addresses, ranges and networks only', () => {
  expect(parseRanges('10.0.0.0/24, 10.1.0.1-50')).toEqual(['10.0.0.0/24', '10.1.0.1-50']);
  expect(parseRanges('example.org')).toBeUndefined();
  expect(parseRanges('')).toBeUndefined();
});

test.each([
  ['Web_Server.Example.org', 'web-server'],
  ['localhost', 'node-10-0-0-1'],
  [undefined, 'node-10-0-0-1'],
  ['--a--', 'a'],
])('the node name of %s is %s', (hostname, name) => {
  expect(toNodeName(hostname, '10.0.0.1')).toBe(name);
});
