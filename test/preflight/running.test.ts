import { describe, expect, test } from 'vitest';
import type { CertificateFacts } from '../../source/certificates/inspect.ts';
import { parseClusterDocument } from '../../source/cluster/load-document.ts';
import type { HostFacts } from '../../source/hosts/facts.ts';
import { parseFacts } from '../../source/hosts/gather-facts.ts';
import type { CheckResult } from '../../source/preflight/check.ts';
import { judgeFit, roomInCluster } from '../../source/preflight/check-applications.ts';
import { judgeCertificates, judgeCluster, judgeNodeServices } from '../../source/preflight/check-running.ts';
import { parseClusterAnswer, parseProcessors } from '../../source/preflight/cluster-answer.ts';
import { resultMaker } from '../../source/preflight/results.ts';

const make = resultMaker(new Set());
const document = parseClusterDocument(
  'cluster.yaml',
  `apiVersion: landfall/v1
kind: Cluster
metadata: { name: test }
spec:
  hosts:
    - { name: node-1, address: 10.0.0.1, role: control-plane }
    - { name: node-2, address: 10.0.0.2, role: worker }
`,
);
const [plane, worker] = document.hosts;
if (plane === undefined || worker === undefined) throw new Error('no hosts');

const found = (results: readonly CheckResult[]): readonly string[] =>
  results
    .filter((result) => result.verdict.state !== 'pass')
    .map(({ id, subject, verdict }) =>
      verdict.state === 'finding' ? `${subject} ${id}: ${verdict.seen}` : `${subject} ${id} could not run`,
    );

const healthy = `installed yes
service containerd active
service kubelet active
service landfall-load-balancer active
service landfall-registry active
load-balancer 200
api 200
registry 401
etcd healthy
etcd-asked yes
`;

describe('what Landfall runs on a node', () => {
  test('all is well', () => {
    const results = judgeNodeServices(plane, healthy, make);
    expect(found(results)).toEqual([]);
    expect(results.map((result) => result.id)).toEqual([
      'services-running',
      'load-balancer-answers',
      'api-server-answers',
      'registry-answers',
      'etcd-healthy',
      'etcd-alarms',
    ]);
  });

  test('every part that fails is named by its own check', () => {
    const broken = healthy
      .replace('landfall-registry active', 'landfall-registry failed')
      .replace('registry 401', 'registry 000')
      .replace('api 200', 'api 500')
      .replace('etcd healthy', 'etcd https://127.0.0.1:2379 is unhealthy: failed to commit proposal')
      .replace('etcd-asked', 'etcd-alarm memberID:1 alarm:NOSPACE\netcd-asked');
    expect(found(judgeNodeServices(plane, broken, make))).toEqual([
      'node-1 services-running: landfall-registry failed',
      'node-1 api-server-answers: HTTP 500',
      'node-1 registry-answers: -',
      'node-1 etcd-healthy: https://127.0.0.1:2379 is unhealthy: failed to commit proposal',
      'node-1 etcd-alarms: memberID:1 alarm:NOSPACE',
    ]);
  });

  test('what nobody could ask is no pass', () => {
    const silent = healthy.replaceAll(/ (200|401)$/gm, ' no-program').replace(/etcd.*\n/g, '');
    expect(found(judgeNodeServices(plane, silent, make))).toEqual([
      'node-1 load-balancer-answers could not run',
      'node-1 api-server-answers could not run',
      'node-1 registry-answers could not run',
      'node-1 etcd-healthy could not run',
      'node-1 etcd-alarms could not run',
    ]);
  });

  test('a host that was never installed says only that', () => {
    expect(found(judgeNodeServices(worker, 'installed no\n', make))).toEqual(['node-2 services-running: landfall -']);
  });
});

const node = (name: string, more: readonly string[] = []): string => {
  const [conditions = 'Ready=True,', unschedulable = '', version = 'v1.36.3', taints = ''] = more;
  return ['node', name, unschedulable, version, conditions, '2', '4Gi', taints].join('\t');
};
const pod = (namespace: string, name: string, more: readonly string[] = []): string => {
  const [ready = 'True', phase = 'Running', waiting = '', application = '', requests = '100m/256Mi,', on = 'node-2'] =
    more;
  return ['pod', namespace, name, on, phase, ready, waiting, application, requests].join('\t');
};
const answerOf = (...lines: readonly string[]) => parseClusterAnswer([...lines, 'dns\tanswers'].join('\n'));

describe('what the API server says', () => {
  test('all is well', () => {
    const answer = answerOf(node('node-1'), node('node-2'), pod('kube-system', 'coredns'), 'claim\ta\tdata\tBound');
    expect(found(judgeCluster(document, answer, make))).toEqual([]);
  });

  test('nodes, pods, storage and names, each by its own check', () => {
    const answer = parseClusterAnswer(
      [
        node('node-2', ['Ready=Unknown,DiskPressure=True,', 'true', 'v1.35.1']),
        node('stranger'),
        pod('kube-system', 'coredns', ['False', 'Running', 'CrashLoopBackOff']),
        pod('shop', 'web', ['False', 'Pending', '', '', '', '']),
        pod('shop', 'job', ['False', 'Succeeded']),
        'claim\tshop\tdata\tPending',
        'dns\tsilent',
      ].join('\n'),
    );
    expect(found(judgeCluster(document, answer, make))).toEqual([
      'node-1 node-ready: -',
      'node-2 node-ready: NotReady',
      'node-2 node-pressure: DiskPressure',
      'node-2 node-cordoned: cordoned',
      'test nodes-known: stranger',
      'test node-versions: v1.35.1: node-2; v1.36.3: stranger',
      'test pods-system: kube-system/coredns CrashLoopBackOff (node-2)',
      'test pods-applications: shop/web Pending',
      'test claims-bound: shop/data Pending',
      'test cluster-dns: -',
    ]);
  });

  test.each([
    ['250m', 250],
    ['2', 2000],
    ['0.5', 500],
    ['', 0],
  ])('%s processors are %i millicores', (text, millicores) => {
    expect(parseProcessors(text)).toBe(millicores);
  });
});

test('certificates that ended, of nobody known, or that end soon', () => {
  const certificate = (path: string, state: CertificateFacts['state']): CertificateFacts => ({
    ...{ host: 'node-1', path, state, daysLeft: 1, chainValid: true, commonName: 'x', issuer: 'y', isAuthority: false },
    ...{ validTo: state === 'missing' ? '' : '2026-01-02T00:00:00.000Z', names: [] },
  });
  const results = (...list: readonly CertificateFacts[]) => found(judgeCertificates('node-1', list, make));
  expect(results(certificate('/a.crt', 'good'))).toEqual([]);
  expect(
    results(
      certificate('/a.crt', 'expired'),
      certificate('/b.crt', 'missing'),
      certificate('/c.crt', 'soon'),
      certificate('/d.crt', 'untrusted'),
    ),
  ).toEqual([
    'node-1 certificates-valid: /a.crt 2026-01-02 expired; /b.crt missing; /d.crt 2026-01-02 untrusted',
    'node-1 certificates-last: /c.crt 2026-01-02',
  ]);
  expect(results()).toEqual(['node-1 certificates-valid could not run', 'node-1 certificates-last could not run']);
});

describe('room for applications on a running cluster', () => {
  const facts = (free: number): HostFacts =>
    parseFacts(
      `architecture x86_64\nprocessors 2\nmount / / ext4 99999999 ${free / 1024}\nmemory-kib 4000000\n`,
      'node-2',
    );
  const gibibyte = 2 ** 30;

  test('what pods asked for is taken; what is over, or makes way, is not', () => {
    const answer = answerOf(
      node('node-1', ['Ready=True,', '', 'v1', 'NoSchedule']),
      node('node-2'),
      pod('a', 'one', ['True', 'Running', '', 'web', '500m/1Gi,']),
      pod('a', 'two', ['True', 'Running', '', 'shop', '250m/512Mi,250m/512Mi,']),
      pod('a', 'done', ['False', 'Succeeded', '', '', '1/1Gi,']),
      pod('a', 'other', ['True', 'Running', '', '', '1/1Gi,', 'node-1']),
    );
    const known = new Map([['node-2', facts(20 * gibibyte)]]);
    expect(roomInCluster(answer, known, new Set(['shop']))).toEqual([
      { name: 'node-2', cpu: 1500, memory: 3 * gibibyte, disk: 20 * gibibyte },
    ]);
    expect(roomInCluster(answer, new Map(), new Set())).toMatchObject([{ cpu: 1000, disk: undefined }]);
  });

  test('a disk nobody could look at is no pass and no finding', () => {
    const selected = [
      {
        name: 'db',
        after: [],
        parameters: {},
        package: {
          parameters: [],
          needs: { oneNode: { replicas: 1, cpu: 100, memory: gibibyte, disk: 5 * gibibyte } },
        },
      },
    ] as unknown as Parameters<typeof judgeFit>[0];
    const room = { name: 'node-2', cpu: 1000, memory: 2 * gibibyte };
    const verdicts = (disk: number | undefined) => found(judgeFit(selected, [{ ...room, disk }], 'test', make));
    expect(verdicts(6 * gibibyte)).toEqual([]);
    expect(verdicts(4 * gibibyte)).toEqual(['test application-fit-disk: 4 GiB']);
    expect(verdicts(undefined)).toEqual(['test application-fit-disk could not run']);
    expect(found(judgeFit(selected, [{ ...room, memory: 1e6, disk: 6 * gibibyte }], 'test', make))).toEqual([
      'test application-fit-memory: 1 MiB',
      'test application-fit-host: 1 MiB, 1000 m',
    ]);
  });
});
