import { expect, test } from 'vitest';
import type { HostEntry } from '../../source/cluster/document.ts';
import { judgeClocks, judgeMesh, judgePeers } from '../../source/preflight/between-hosts.ts';
import type { CheckResult } from '../../source/preflight/check.ts';
import { checkApplications } from '../../source/preflight/check-applications.ts';
import { judgeSpace } from '../../source/preflight/check-bundle.ts';
import { checkCluster } from '../../source/preflight/check-cluster.ts';
import { median, readClock } from '../../source/preflight/clock-probe.ts';
import { compareHosts } from '../../source/preflight/compare-hosts.ts';
import { meshLinks, meshPairs } from '../../source/preflight/mesh-plan.ts';
import { parseMeasure } from '../../source/preflight/peer-probe.ts';
import { judgeDiskSpeed, judgeNames, percentile } from '../../source/preflight/probe-host.ts';
import { resultMaker } from '../../source/preflight/results.ts';
import { document, factsOf, recording } from './recorded.ts';

const make = resultMaker(new Set());
const state = (results: readonly CheckResult[], id: string) => results.find((result) => result.id === id)?.verdict;
const text = recording('rhel-9.txt');

test('a clock is read with the time the question took', () => {
  expect(readClock('a', 10_000, 10_200, '12.5\n')).toMatchObject({
    host: 'a',
    offset: expect.closeTo(2.4),
    uncertainty: 0.1,
  });
  // A `date` without fractions prints a literal N or nothing behind the point.
  expect(readClock('a', 10_000, 10_000, '10.%N')).toMatchObject({ offset: 0.5, uncertainty: 0.5 });
  expect(readClock('a', 1, 2, 'date: invalid')).toBeUndefined();
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1])).toBe(2.5);
});

test('clocks are compared with their own median and not with the operator machine', () => {
  const reading = (host: string, offset: number, uncertainty = 0.01) => ({ host, offset, uncertainty });
  const names = ['a', 'b', 'c'];
  expect(judgeClocks([reading('a', 3600), reading('b', 3600.2), reading('c', 3599.9)], names)).toEqual({
    state: 'pass',
  });
  expect(judgeClocks([reading('a', 0), reading('b', 0.1), reading('c', 45)], names)).toMatchObject({
    state: 'finding',
    seen: 'c +44.9 s',
  });
  // A slow answer may not accuse anybody.
  expect(judgeClocks([reading('a', 0), reading('b', 0), reading('c', 1.5, 0.8)], names)).toEqual({ state: 'pass' });
  expect(judgeClocks([reading('a', 0), undefined, undefined], names)).toMatchObject({ state: 'could-not-run' });
});

test('the mesh asks for what each role needs of each other role', () => {
  const cluster = document(4);
  const links = meshLinks(cluster, cluster.hosts).map((link) => `${link.from.name} ${link.to.name} ${link.port.port}`);
  expect(links).toContain('node-4 node-1 6443');
  expect(links).toContain('node-1 node-4 10250');
  expect(links).toContain('node-1 node-2 2380');
  expect(links).not.toContain('node-4 node-1 2380');
  expect(links).not.toContain('node-1 node-4 6443');
});

test('a mesh of a thousand hosts stays bounded', () => {
  const pairs = meshPairs(document(1000).hosts);
  expect(pairs.length).toBeLessThan(1000 * 14);
  const [, plane] = document(1000).hosts;
  expect(pairs.filter(([from]) => from.name === plane?.name).length).toBe(999);
  expect(meshPairs(document(24).hosts).length).toBe(24 * 23);
});

test('a connection that could not be tried never counts as open', () => {
  const cluster = document(3);
  const links = meshLinks(cluster, cluster.hosts);
  const open = judgeMesh(
    links.map((link) => ({ ...link, answer: 'open' as const })),
    cluster,
    make,
  );
  expect(open.every((result) => result.verdict.state === 'pass')).toBe(true);
  const unknown = judgeMesh(
    links.map((link) => ({ ...link, answer: 'unknown' as const, reason: 'node-2: perl -' })),
    cluster,
    make,
  );
  expect(unknown.every((result) => result.verdict.state === 'could-not-run')).toBe(true);
});

const lines =
  'ping 10.20.0.12 0 0.412\nsize 10.20.0.12 yes\nneighbour 10.20.0.12 52:54:00:aa:aa:aa\nping 10.20.0.13 10 61.2\nsize 10.20.0.13 1428\n';

test('latency, loss, packet size and a foreign card', () => {
  const cluster = document(3);
  const [first, second, third] = cluster.hosts as readonly [HostEntry, HostEntry, HostEntry];
  const measures = [parseMeasure(first, second, lines), parseMeasure(first, third, lines)];
  expect(measures[0]).toMatchObject({ loss: 0, latency: 0.412, fullSize: true, hardwareAddress: '52:54:00:aa:aa:aa' });
  expect(measures[1]).toMatchObject({ loss: 10, latency: 61.2, fullSize: false, biggest: 1428 });
  const facts = factsOf(text);
  const hosts = cluster.hosts.map((host) => ({ host, facts, connection: undefined as never }));
  const results = judgePeers({ measures, silent: new Map() }, hosts, cluster, make);
  expect(state(results, 'mesh-loss')).toMatchObject({ state: 'finding', seen: 'node-1 → node-3 10 %' });
  expect(state(results, 'mesh-latency-etcd')).toMatchObject({ state: 'finding', seen: 'node-1 → node-3 61.2 ms' });
  expect(state(results, 'mesh-latency')).toEqual({ state: 'pass' });
  expect(state(results, 'mesh-path-mtu')).toMatchObject({ state: 'finding', seen: 'node-1 → node-3 1428 < mtu 1500' });
  expect(state(results, 'address-taken')).toMatchObject({
    state: 'finding',
    seen: '10.20.0.12 ← 52:54:00:aa:aa:aa ≠ node-2',
  });
  const mute = judgePeers({ measures: [], silent: new Map([['node-1', 'ping -']]) }, hosts, cluster, make);
  expect(mute.every((result) => result.verdict.state === 'could-not-run')).toBe(true);
});

test('the slowest of a hundred writes decides', () => {
  expect(percentile([5, 1, 2, 3, 4], 99)).toBe(5);
  const fast = `${'0.0008\n'.repeat(298)}0.5\n0.4\n`;
  expect(judgeDiskSpeed(fast)).toEqual({ state: 'pass' });
  expect(judgeDiskSpeed('0.0008\n'.repeat(280) + '0.03\n'.repeat(20))).toMatchObject({
    state: 'finding',
    seen: 'p99 30.0 ms, p50 0.8 ms',
  });
  expect(judgeDiskSpeed('')).toMatchObject({ state: 'could-not-run' });
});

test('name servers that are silent, and domains that answer for everything', () => {
  expect(judgeNames('answer 0 none\n')).toEqual({ answers: { state: 'pass' }, wildcard: { state: 'pass' } });
  expect(judgeNames('answer 4 timeout\n').answers).toMatchObject({ state: 'finding' });
  expect(judgeNames('answer 0 none\nwildcard 10.1.1.1\n').wildcard).toMatchObject({
    state: 'finding',
    seen: '* → 10.1.1.1',
  });
});

test('needs on one mount are added up', () => {
  const facts = factsOf(text);
  const free = facts.mounts[0]?.free ?? 0;
  expect(judgeSpace(facts, [{ path: '/var/lib/containerd', bytes: free / 2 }])).toEqual({ state: 'pass' });
  const both = [
    { path: '/var/lib/containerd', bytes: free * 0.6 },
    { path: '/usr/local/bin', bytes: free * 0.6 },
  ];
  expect(judgeSpace(facts, both)).toMatchObject({ state: 'finding', seen: expect.stringContaining('/ ') });
  // A disk of its own takes its share away.
  const apart = factsOf(`${text}mount /var/lib/containerd /var/lib/containerd xfs 500000000 400000000\n`);
  expect(judgeSpace(apart, both)).toEqual({ state: 'pass' });
});

test('clones are found by what they share', () => {
  const cluster = document(3);
  const other = (change: (text: string) => string) => factsOf(change(text));
  const results = compareHosts(
    [
      { name: 'node-1', facts: other((lines) => lines) },
      {
        name: 'node-2',
        facts: other((lines) =>
          lines
            .replace(/^machine-id .*/m, 'machine-id 99999999999999999999999999999999')
            .replace(/^hostname .*/m, 'hostname node-2')
            .replaceAll('10.20.0.11', '10.20.0.12')
            .replace('52:54:00:1b:2c:3d', '52:54:00:1b:2c:3e'),
        ),
      },
    ],
    cluster,
    make,
  );
  // All but the SSH key was made anew.
  expect(results.filter((result) => result.verdict.state !== 'pass').map((result) => result.id)).toEqual([
    'host-key-unique',
  ]);
});

test('shape of the cluster', () => {
  const facts = factsOf(text);
  const single = checkCluster(document(1), [{ name: 'node-1', facts }], new Set(), make);
  expect(single.filter((result) => result.verdict.state === 'finding').map((result) => result.id)).toEqual([
    'control-plane-single',
    'workers-none',
  ]);
  const full = document(3, '  network: { podCidr: 10.100.0.0/22 }');
  expect(state(checkCluster(full, [], new Set(), make), 'pod-network-room')).toMatchObject({ state: 'finding' });
  const small = factsOf(text.replace(/^memory-kib .*/m, 'memory-kib 2000000'));
  const uneven = checkCluster(
    document(3),
    [
      { name: 'node-1', facts },
      { name: 'node-2', facts: small },
    ],
    new Set(),
    make,
  );
  expect(state(uneven, 'control-plane-sizes')).toMatchObject({ state: 'finding', seen: '1.9 GiB – 7.8 GiB' });
});

test('the networks of the cluster itself are no overlap on its own nodes', () => {
  const facts = factsOf(`${text}route 10.244.1.0/24 flannel.1 0\naddress cni0 10.244.0.1/24 1450\n`);
  const judge = (own: ReadonlySet<string>) =>
    state(checkCluster(document(1), [{ name: 'node-1', facts }], own, make), 'pod-network-overlap');
  expect(judge(new Set(['node-1']))).toEqual({ state: 'pass' });
  expect(judge(new Set())).toMatchObject({ state: 'finding' });
});

test("the virtual address of the load balancer is nobody else's in the networks of the hosts", () => {
  const judge = (lines: string, address: string) => {
    const own = document(1, `  loadBalancer: { driver: keepalived, address: ${address} }`);
    const facts = factsOf(`${text}${lines}`);
    return state(checkCluster(own, [{ name: 'node-1', facts }], new Set(), make), 'virtual-address-unused');
  };
  expect(judge('', '169.254.97.2')).toEqual({ state: 'pass' });
  expect(judge('route 169.254.0.0/16 eth0 1002\n', '169.254.97.2')).toEqual({ state: 'pass' });
  expect(judge('address eth9 169.254.97.2/16 1500\n', '169.254.97.2')).toMatchObject({ state: 'finding' });
  expect(judge('route 10.103.0.0/16 eth9 0\n', '10.103.97.2')).toMatchObject({
    state: 'finding',
    seen: 'node-1: 10.103.0.0/16 dev eth9',
  });
  const usual = checkCluster(document(1), [{ name: 'node-1', facts: factsOf(text) }], new Set(), make);
  expect(usual.map(({ id }) => id)).not.toContain('virtual-address-unused');
});

test('applications that do not fit are named before anything is installed', () => {
  const facts = factsOf(text);
  const hosts = [{ name: 'node-1', facts }];
  const fits = checkApplications(document(1, '  applications: [{ package: mysql }]'), hosts, make);
  expect(fits.filter((result) => result.verdict.state !== 'pass')).toEqual([]);
  expect(fits.length).toBe(5);
  const tiny = [{ name: 'node-1', facts: factsOf(text.replace(/^memory-kib .*/m, 'memory-kib 1800000')) }];
  expect(
    state(checkApplications(document(1, '  applications: [{ package: mysql }]'), tiny, make), 'application-fit-memory'),
  ).toMatchObject({ state: 'finding' });
  expect(
    state(checkApplications(document(1, '  applications: [{ package: mysqll }]'), hosts, make), 'application-known'),
  ).toMatchObject({
    state: 'finding',
    seen: expect.stringContaining('mysql'),
  });
});
