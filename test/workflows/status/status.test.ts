import { describe, expect, test } from 'vitest';
import { parseClusterDocument } from '../../../source/cluster/load-document.ts';
import { statusLines } from '../../../source/commands/status-text.ts';
import { LandfallError } from '../../../source/errors.ts';
import { parseClusterReport } from '../../../source/workflows/status/cluster-report.ts';
import { judge } from '../../../source/workflows/status/cluster-state.ts';
import { histogramQuantile, parseHostReport } from '../../../source/workflows/status/host-report.ts';
import { hostLosses } from '../../../source/workflows/status/losses.ts';

const now = Date.parse('2030-01-01T00:00:00Z');

function documentOf(planes: number, workers: number) {
  const hosts = Array.from({ length: planes + workers }, (_, index) => {
    const role = index < planes ? 'control-plane' : 'worker';
    return `    - { name: node-${index + 1}, address: 10.0.0.${index + 1}, role: ${role} }`;
  });
  const text = `apiVersion: landfall/v1\nkind: Cluster\nmetadata: { name: test }\nspec:\n  hosts:\n${hosts.join('\n')}\n`;
  return parseClusterDocument('cluster.yaml', text);
}

type Choices = {
  readonly planes?: number;
  readonly learner?: string;
  readonly health?: string;
  readonly size?: number;
  readonly snapshotAge?: number;
  readonly stopped?: string;
};

function planeText(number: number, choices: Choices = {}): string {
  const { planes = 3, health = '{"health":"true","reason":""}', size = 1000, snapshotAge = 60, stopped } = choices;
  const members = Array.from({ length: planes }, (_, index) => {
    const name = `node-${index + 1}`;
    const address = `10.0.0.${index + 1}`;
    return `member a${index}, started, ${name}, https://${address}:2380, https://${address}:2379, ${choices.learner === name}`;
  });
  const units = ['containerd', 'kubelet', 'landfall-load-balancer', 'landfall-registry', 'landfall-snapshot.timer'];
  return [
    'installed yes',
    `time ${now / 1000}`,
    ...units.map((unit) => `unit ${unit} ${unit === stopped ? 'failed' : 'active'}`),
    'way ok',
    'api ok',
    'registry ok',
    `etcd ${health}`,
    `metric etcd_server_is_leader ${number === 1 ? 1 : 0}`,
    `metric etcd_server_is_learner ${choices.learner === `node-${number}` ? 1 : 0}`,
    'metric etcd_server_quota_backend_bytes 2.147483648e+09',
    `metric etcd_mvcc_db_total_size_in_bytes ${size}`,
    'metric etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 0',
    'metric etcd_disk_wal_fsync_duration_seconds_bucket{le="0.002"} 100',
    'metric etcd_disk_wal_fsync_duration_seconds_bucket{le="+Inf"} 100',
    ...members,
    `snapshot ${now / 1000 - snapshotAge} 2000 /var/lib/landfall/snapshots/node-${number}-20300101T000000Z.db`,
  ].join('\n');
}

const workerText =
  'installed yes\nunit containerd active\nunit kubelet active\nunit landfall-load-balancer active\nway ok\n';

function clusterText(
  nodes: number,
  more: readonly string[] = [],
  dnsOn: readonly string[] = ['node-1', 'node-2'],
): string {
  return [
    ...Array.from(
      { length: nodes },
      (_, index) => `Node\t\tnode-${index + 1}\tv1.36.3\tDiskPressure=False,Ready=True,\t\t\t/\t\t\t\t`,
    ),
    'Deployment\tkube-system\tcoredns\t\tAvailable=True,\t\t2\t/\t\t\t,\t',
    ...dnsOn.map((node, index) => `Pod\tkube-system\tcoredns-${index}\t\tReady=True,\t\t\t/\t\t\t,\t${node}`),
    ...more,
  ].join('\n');
}

/** State of a cluster of which these control planes answer as told; workers are well. */
function stateOf(planes: readonly (string | undefined)[], workers: number, cluster?: string) {
  const document = documentOf(planes.length, workers);
  const asked = document.hosts.map((host, index) => {
    const text = index < planes.length ? planes[index] : workerText;
    return text === undefined
      ? { host, error: new LandfallError({ code: 'SSH_UNREACHABLE', message: 'the machine does not answer' }) }
      : { host, report: parseHostReport(text) };
  });
  return judge(document, asked, cluster === undefined ? undefined : parseClusterReport(cluster), now);
}

const three = (choices: Choices = {}) => [1, 2, 3].map((number) => planeText(number, choices));

describe('whether the cluster could lose a machine', () => {
  test('three healthy control planes: any one, and the figures of etcd are read', () => {
    const state = stateOf(three(), 1, clusterText(4));
    expect(state.health).toBe('well');
    expect(state.summary).toBe('4 of 4 hosts are well; it could lose 1 control plane now');
    expect(state.hosts.map((host) => host.loss.verdict)).toEqual(['yes', 'yes', 'yes', 'yes']);
    const [first] = state.hosts;
    expect(first?.etcd).toMatchObject({
      healthy: true,
      leader: true,
      learner: false,
      quota: 2 ** 31,
      databaseSize: 1000,
    });
    expect(first?.etcd?.fsyncP99).toBeCloseTo(1.99);
  });

  test('one of three is dead: it is named, and neither of the others may be lost', () => {
    const state = stateOf([planeText(1), undefined, planeText(3)], 1, clusterText(4, [], ['node-1', 'node-4']));
    expect(state.health).toBe('attention');
    expect(state.hosts.map((host) => host.loss.verdict)).toEqual(['no', 'lost', 'no', 'yes']);
    expect(state.hosts[0]?.loss.reasons).toEqual(['etcd would have no majority']);
    expect(state.hosts[1]?.problems).toEqual(['the machine does not answer']);
    expect(state.summary).toContain('it could not lose a control plane now');
  });

  test('a learner does not vote: with it three machines are as good as two', () => {
    const state = stateOf(three({ learner: 'node-3' }), 0, clusterText(3));
    expect(state.etcd).toEqual({ voters: 2, healthy: 2, needed: 2, spare: 0, learners: ['node-3'] });
    expect(state.hosts.map((host) => host.loss.verdict)).toEqual(['no', 'no', 'yes']);
    expect(state.hosts[2]?.problems).toEqual(['etcd is a learner that was not promoted yet']);
  });

  test('a single control plane carries everything, and is no fault', () => {
    const state = stateOf([planeText(1, { planes: 1 })], 1, clusterText(2));
    expect(state.health).toBe('well');
    expect(state.hosts.map((host) => host.loss.verdict)).toEqual(['no', 'yes']);
    expect(state.hosts[0]?.loss.reasons).toContain('no other registry runs');
  });

  test('data on one node only, and a cluster DNS on one node only, are named where they are', () => {
    const more = [
      'StatefulSet\tapplications\tmariadb\t\t\t\t1\t/\t\tdata,\t\t',
      'StatefulSet\tapplications\tvalkey\t\t\t\t2\t/\t\tdata,\t\t',
      'Deployment\tshop\tfiles\t\t\t\t1\t/\t\t\tuploads,\t',
      ...[
        ['data-mariadb-0', 'applications', 'node-4'],
        ['data-valkey-0', 'applications', 'node-4'],
        ['data-valkey-1', 'applications', 'node-5'],
        ['uploads', 'shop', 'node-5'],
      ].map(
        ([claim, namespace, node]) => `PersistentVolume\t\tpv-${claim}\t\t\t\t\t${namespace}/${claim}\t${node},\t\t\t`,
      ),
    ];
    const state = stateOf(three(), 2, clusterText(5, more, ['node-2', 'node-2']));
    expect(state.hosts.map((host) => host.loss.reasons)).toEqual([
      [],
      ['the cluster DNS is ready on no other node'],
      [],
      ['applications/mariadb has its data here only'],
      ['shop/files has its data here only'],
    ]);
    expect(state.health).toBe('well');
  });

  test('a dead majority is down, with the arithmetic', () => {
    const unhealthy = planeText(1, { health: '{"health":"false","reason":"RAFT NO LEADER"}' }).replace(
      'api ok',
      'api ',
    );
    const state = stateOf([unhealthy, undefined, undefined], 0);
    expect(state.health).toBe('down');
    expect(state.problems).toEqual([
      'the Kubernetes API answers on no control plane',
      'etcd has no majority: 0 of 3 members are healthy',
    ]);
    expect(state.hosts[0]?.problems).toContain('etcd is not healthy (RAFT NO LEADER)');
  });
});

describe('what needs care', () => {
  test.each<[string, Choices, string]>([
    ['an alarm', { health: '{"health":"false","reason":"ALARM NOSPACE"}' }, 'etcd is not healthy (ALARM NOSPACE)'],
    ['a database near its quota', { size: 2 ** 31 * 0.9 }, 'etcd uses 90 % of its quota'],
    ['a stopped unit', { stopped: 'landfall-registry' }, 'landfall-registry does not run'],
  ])('%s', (_what, choices, problem) => {
    const state = stateOf([planeText(1, choices), planeText(2), planeText(3)], 0, clusterText(3));
    expect(state.health).toBe('attention');
    expect(state.hosts[0]?.problems).toEqual([problem]);
  });

  test('snapshots that are too old, and none at all', () => {
    const old = stateOf(three({ snapshotAge: 3 * 6 * 3600 + 1 }), 0, clusterText(3));
    expect(old.problems).toEqual(['the newest snapshot of etcd is older than it should be']);
    const none = stateOf(
      three().map((text) => text.replace(/^snapshot .*$/m, '')),
      0,
      clusterText(3),
    );
    expect(none.problems).toEqual(['there is no snapshot of etcd']);
  });

  test('a node under pressure, a missing and an unready one', () => {
    const nodes = clusterText(2)
      .replace('DiskPressure=False', 'DiskPressure=True')
      .replace(/(node-2\t.*)Ready=True/, '$1Ready=Unknown');
    const state = stateOf(three(), 0, nodes);
    expect(state.hosts.map((host) => host.problems)).toEqual([
      ['DiskPressure'],
      ['node not ready'],
      ['no node of the cluster'],
    ]);
  });
});

test('a cluster of a hundred fits a screen', () => {
  const lines = statusLines('test', stateOf([planeText(1), planeText(2), undefined], 97, clusterText(100)), now);
  expect(lines.length).toBeLessThan(24);
  expect(lines.join('\n')).toContain('node-3');
  expect(lines.join('\n')).toContain('99 more hosts are ready');
});

test('a quantile is reckoned as Prometheus does', () => {
  const infinite = Number.POSITIVE_INFINITY;
  expect(
    histogramQuantile(
      [
        [0.001, 0],
        [0.002, 50],
        [0.004, 100],
        [infinite, 100],
      ],
      0.75,
    ),
  ).toBeCloseTo(0.003);
  expect(
    histogramQuantile(
      [
        [0.001, 0],
        [infinite, 10],
      ],
      0.99,
    ),
  ).toBe(0.001);
  expect(histogramQuantile([], 0.99)).toBeUndefined();
});

test('members that etcd lists and the document does not count as voters', () => {
  const document = documentOf(1, 0);
  const text = planeText(1, { planes: 2 });
  const losses = hostLosses(document.hosts, new Map([['node-1', parseHostReport(text)]]), undefined);
  expect(losses[0]?.reasons).toContain('etcd would have no majority');
});
