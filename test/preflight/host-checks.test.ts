import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { ClusterDocument } from '../../source/cluster/document.ts';
import type { CheckId } from '../../source/preflight/check.ts';
import { hostChecks } from '../../source/preflight/checks/host-checks.ts';
import { versionAtLeast } from '../../source/preflight/checks/kernel.ts';
import { checkText, document, recording } from './recorded.ts';

type Case = {
  readonly check: CheckId;
  readonly change: (text: string) => string;
  readonly seen: RegExp;
  readonly document?: ClusterDocument;
  readonly also?: readonly CheckId[];
};

const replaced = (from: RegExp, to: string) => (text: string) => text.replace(from, to);
const added = (line: string) => (text: string) => `${text}${line}\n`;

const withKeepalived: ClusterDocument = {
  ...document(3),
  loadBalancer: { driver: 'keepalived', address: '169.254.97.2', port: 6443 },
};

/** What cannot be made on a host of the lab, over the recorded facts of a system. */
const cases: readonly Case[] = [
  { check: 'memory-errors', change: added('memory-errors 2'), seen: /^2$/ },
  {
    check: 'disk-network',
    change: added('mounted /var/lib/containerd nfs4 rw,relatime,vers=4.2 nas:/containers'),
    seen: /\/var\/lib\/containerd nfs4/,
  },
  { check: 'disk-array', change: added('raid-degraded md0'), seen: /^md0$/ },
  { check: 'kernel-bridge', change: replaced(/^feature bridge .*$/m, 'feature bridge no'), seen: /bridge/ },
  {
    check: 'kernel-packet-filter',
    change: (text) =>
      text
        .replace(/^feature nf_tables .*$/m, 'feature nf_tables no')
        .replace(/^feature ip_tables .*$/m, 'feature ip_tables no'),
    seen: /nf_tables -, ip_tables -/,
  },
  ...['ip_vs no\nfeature ip_vs_rr no', 'ip_vs yes\nfeature ip_vs_rr no'].map(
    (features): Case => ({
      check: 'kernel-ipvs',
      change: added(`feature ${features}`),
      seen: features.startsWith('ip_vs no') ? /^ip_vs -; ip_vs_rr -$/ : /^ip_vs_rr -$/,
      document: withKeepalived,
    }),
  ),
  { check: 'kernel-namespaces', change: replaced(/^namespace cgroup\n/m, ''), seen: /^cgroup$/ },
  { check: 'kernel-seccomp', change: replaced(/^seccomp yes$/m, 'seccomp no'), seen: /^-$/ },
  { check: 'kernel-cgroup-2-old', change: replaced(/^kernel .*$/m, 'kernel 5.4.0-100-generic'), seen: /^5\.4/ },
  {
    check: 'kernel-modules-locked',
    change: replaced(/^sysctl kernel\/modules_disabled 0$/m, 'sysctl kernel/modules_disabled 1'),
    seen: /overlay; br_netfilter/,
  },
  { check: 'kernel-neighbours', change: (text) => text, document: document(300), seen: /gc_thresh3=1024/ },
  { check: 'tool-modprobe', change: replaced(/^tool modprobe\n/m, ''), seen: /modprobe/ },
  {
    check: 'cgroup-version',
    change: (text) =>
      text
        .replace(/^cgroup 2$/m, 'cgroup 1')
        .replace(
          /^cgroup-controllers .*$/m,
          'cgroup-controllers cpu cpuacct cpuset memory pids devices freezer hugetlb blkio',
        ),
    seen: /cgroup 1/,
  },
  { check: 'leftover-ipvs', change: added('ipvs-services 12'), seen: /^12$/ },
  {
    check: 'network-address',
    change: replaced(/^address eth0 .*$/m, 'address eth0 192.168.7.7/24 1500'),
    seen: /192\.168\.7\.7/,
    also: ['network-mtu'],
  },
];

test.each(cases.map((entry) => [entry.check, entry] as const))(
  '%s over recorded facts',
  (id, { change, seen, document: cluster, also = [] }) => {
    const clean = checkText(recording('rhel-9.txt'), cluster === undefined ? {} : { document: document() });
    const results = checkText(change(recording('rhel-9.txt')), cluster === undefined ? {} : { document: cluster });
    const own = results.find((result) => result.id === id);
    expect(own?.verdict).toMatchObject({ state: 'finding', seen: expect.stringMatching(seen) });
    const states = new Map(clean.map((result) => [result.id, result.verdict.state]));
    const turned = results
      .filter((result) => (states.get(result.id) ?? 'pass') !== result.verdict.state)
      .map((result) => result.id);
    expect(turned.toSorted()).toEqual([id, ...also].toSorted());
  },
);

test('every check of a host is provoked in the lab or here', () => {
  const folder = path.join(import.meta.dirname, '../lab/preflight');
  const lab = ['machine', 'kernel', 'leftovers']
    .map((name) => readFileSync(path.join(folder, `provocations-${name}.ts`), 'utf8'))
    .join('\n');
  const provoked = new Set(
    [...lab.matchAll(/(?:check: |takenPort\(|left\(|installedUnit\()'([a-z0-9-]+)'/g)].map((match) => match[1]),
  );
  const here = new Set<string>(cases.map((entry) => entry.check));
  expect(hostChecks.map((check) => check.id).filter((id) => !provoked.has(id) && !here.has(id))).toEqual([]);
  expect(provoked.size).toBeGreaterThan(110);
});

test('on a node of the cluster itself, what is ours is no finding', () => {
  const running = `${recording('rhel-9.txt')}own demo
leftover /etc/kubernetes/admin.conf
leftover /var/lib/etcd/member
process kubelet 1
listen-udp 0.0.0.0:8472 -
listen *:6443 users:(("kube-apiserver",pid=99,fd=3))
`;
  expect(
    checkText(running, { own: true }).filter(
      (result) => result.verdict.state === 'finding' && result.severity !== 'informs',
    ),
  ).toEqual([]);
  const fresh = checkText(running).filter(
    (result) => result.verdict.state === 'finding' && result.severity === 'blocks',
  );
  expect(fresh.map((result) => result.id).toSorted()).toEqual(
    [
      'leftover-etcd-data',
      'leftover-kubernetes',
      'leftover-processes',
      'port-kubernetes-api',
      'port-overlay',
    ].toSorted(),
  );
});

test('versions are compared by their numbers', () => {
  expect(versionAtLeast('4.18.0-553.el8', '4.18')).toBe(true);
  expect(versionAtLeast('4.9.17', '4.18')).toBe(false);
  expect(versionAtLeast('10.0', '5.8')).toBe(true);
  expect(versionAtLeast('5', '5.8')).toBe(false);
});
