import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckId, CheckResult } from '../../../source/preflight/check.ts';
import { whyNoLab } from '../hosts/machine.ts';
import { openPreflightLab, type PreflightLab } from './lab-for-preflight.ts';

type Fault = {
  readonly check: CheckId;
  readonly name?: string;
  /** Scripts by host, as root. */
  readonly provoke: Readonly<Record<string, string>>;
  readonly undo: Readonly<Record<string, string>>;
  readonly evidence: RegExp;
  readonly also?: readonly CheckId[];
  /** False where facts are enough, which is much quicker. */
  readonly mesh: boolean;
};

const dropped = (check: CheckId, rule: string, evidence: RegExp, name?: string): Fault => ({
  check,
  ...(name === undefined ? {} : { name }),
  provoke: { 'node-2': `iptables -t raw -A PREROUTING ${rule} -j DROP` },
  undo: { 'node-2': 'iptables -t raw -F; iptables -t raw -X' },
  evidence,
  mesh: true,
});

const card = (address: string) =>
  `ip link add eth9 type veth peer name eth9b; ip addr add ${address} dev eth9 noprefixroute`;

const faults: readonly Fault[] = [
  {
    check: 'machine-id-unique',
    provoke: {
      'node-1': 'cp /etc/machine-id /run/id; echo 0123456789abcdef0123456789abcdef >/etc/machine-id',
      'node-3': 'cp /etc/machine-id /run/id; echo 0123456789abcdef0123456789abcdef >/etc/machine-id',
    },
    undo: { 'node-1': 'cat /run/id >/etc/machine-id', 'node-3': 'cat /run/id >/etc/machine-id' },
    evidence: /0123456789abcdef0123456789abcdef: node-1, node-3/,
    mesh: false,
  },
  {
    check: 'hostname-unique',
    provoke: { 'node-2': 'echo node-1 >/proc/sys/kernel/hostname' },
    undo: { 'node-2': 'echo node-2 >/proc/sys/kernel/hostname' },
    evidence: /node-1: node-1, node-2/,
    mesh: false,
  },
  {
    check: 'address-unique',
    provoke: { 'node-2': card('10.77.0.13/32') },
    undo: { 'node-2': 'ip link delete eth9' },
    evidence: /10\.77\.0\.13: node-2, node-3/,
    mesh: false,
  },
  {
    check: 'hardware-address-unique',
    provoke: {
      'node-1': `${card('192.168.8.1/24')}; ip link set eth9 address 02:00:00:00:00:99`,
      'node-2': `${card('192.168.8.2/24')}; ip link set eth9 address 02:00:00:00:00:99`,
    },
    undo: { 'node-1': 'ip link delete eth9', 'node-2': 'ip link delete eth9' },
    evidence: /02:00:00:00:00:99: node-1, node-2/,
    mesh: false,
  },
  {
    check: 'timezone-same',
    provoke: {
      'node-3': 'readlink /etc/localtime >/run/zone; ln -sf /usr/share/zoneinfo/Asia/Shanghai /etc/localtime',
    },
    undo: { 'node-3': 'ln -sf "$(cat /run/zone)" /etc/localtime' },
    evidence: /Asia\/Shanghai: node-3/,
    mesh: false,
  },
  {
    check: 'pod-network-overlap',
    provoke: { 'node-2': 'ip route add 10.244.9.0/24 via 10.77.0.1' },
    undo: { 'node-2': 'ip route delete 10.244.9.0/24' },
    evidence: /node-2: 10\.244\.9\.0\/24 dev host0/,
    mesh: false,
  },
  {
    check: 'service-network-overlap',
    provoke: { 'node-3': 'ip route add 10.96.0.0/12 via 10.77.0.1' },
    undo: { 'node-3': 'ip route delete 10.96.0.0/12' },
    evidence: /node-3: 10\.96\.0\.0\/12 dev host0/,
    mesh: false,
  },
  {
    check: 'dns-domain-real',
    provoke: { 'node-1': "cp /etc/resolv.conf /run/resolv; echo 'search cluster.local' >>/etc/resolv.conf" },
    undo: { 'node-1': 'cat /run/resolv >/etc/resolv.conf; rm /run/resolv' },
    evidence: /node-1: search cluster\.local/,
    mesh: false,
  },
  {
    check: 'clock-skew',
    provoke: {
      'node-3': `printf '#!/bin/sh\\nexec /usr/bin/date -d "+90 seconds" "$@"\\n' >/usr/local/sbin/date; chmod 755 /usr/local/sbin/date`,
    },
    undo: { 'node-3': 'rm /usr/local/sbin/date' },
    evidence: /node-3 \+(89|90)\.\d s/,
    mesh: true,
  },
  dropped('mesh-api', '-p tcp --dport 6443', /node-1 → node-2:6443\/tcp timeout; node-3 → node-2:6443\/tcp timeout/),
  dropped('mesh-etcd', '-p tcp -s 10.77.0.13 --dport 2380', /^node-3 → node-2:2380\/tcp timeout$/),
  dropped('mesh-registry', '-p tcp --dport 5443', /node-2:5443\/tcp timeout/),
  dropped('mesh-overlay', '-p udp --dport 8472', /node-1 → node-2:8472\/udp timeout/),
  dropped('mesh-path-mtu', '-p icmp -m length --length 1401:65535', /node-1 → node-2 (139\d|140\d) < mtu 1500/),
  {
    check: 'mesh-kubelet',
    name: 'refused',
    provoke: { 'node-1': 'iptables -A INPUT -p tcp --dport 10250 -j REJECT --reject-with tcp-reset' },
    undo: { 'node-1': 'iptables -F INPUT' },
    evidence: /node-2 → node-1:10250\/tcp refused/,
    mesh: true,
  },
  {
    check: 'mesh-loss',
    provoke: { 'node-2': 'iptables -t raw -A PREROUTING -p icmp -m statistic --mode nth --every 4 --packet 0 -j DROP' },
    undo: { 'node-2': 'iptables -t raw -F; iptables -t raw -X' },
    // Which packets fall on the fourth place differs; that node-2 is in it does not.
    evidence: /(node-\d → node-2|node-2 → node-\d) \d+(\.\d+)? %/,
    mesh: true,
  },
];

const tunnel = (own: number, other: number) =>
  `ip link add flannel.1 type vxlan id 1 dstport 8472 local 10.77.0.1${own} remote 10.77.0.1${other} dev host0
ip addr add 10.244.${own}.0/32 dev flannel.1; ip link set flannel.1 up; ip route add 10.244.${other}.0/32 dev flannel.1`;

// Answers every question for an IPv4 address in its own domain, as a wildcard entry does; nothing else exists.
const wildcardServer = `const { createSocket } = require('node:dgram');
const socket = createSocket('udp4');
socket.on('message', (query, peer) => {
  const labels = [];
  let at = 12;
  while (query[at] !== 0) { labels.push(query.toString('latin1', at + 1, at + 1 + query[at])); at += query[at] + 1; }
  const known = labels.slice(-2).join('.') === 'corp.example';
  const question = query.subarray(12, at + 5);
  const isAddress = query.readUInt16BE(at + 1) === 1;
  const head = Buffer.from([query[0], query[1], 0x81, known ? 0x80 : 0x83, 0, 1, 0, known && isAddress ? 1 : 0, 0, 0, 0, 0]);
  const answer = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 203, 0, 113, 7]);
  socket.send(Buffer.concat(known && isAddress ? [head, question, answer] : [head, question]), peer.port, peer.address);
});
socket.bind(53, '10.77.0.1', () => console.log('ready'));`;

const findings = (results: readonly CheckResult[]): readonly string[] =>
  results.filter((result) => result.verdict.state !== 'pass').map((result) => result.id);

describe.skipIf(whyNoLab() !== undefined)('faults between real hosts', () => {
  let opened: PreflightLab;
  let clean: readonly string[];

  const on = async (scripts: Readonly<Record<string, string>>): Promise<void> => {
    for (const [host, script] of Object.entries(scripts)) {
      let output = await opened.lab.ssh(host, `set -e\n${script}`);
      // A login that never came about did nothing.
      for (let again = 0; again < 4 && output.exitCode === 255; again++)
        output = await opened.lab.ssh(host, `set -e\n${script}`);
      if (output.exitCode !== 0) throw new Error(`${host}: ${script}: ${output.stderr}`);
    }
  };

  beforeAll(async () => {
    opened = await openPreflightLab('preflight');
    clean = findings(await opened.agent.together(true));
  }, 300_000);
  afterAll(() => opened?.down(), 60_000);

  test('clean hosts reach each other', () => {
    // The lab's hosts are of two versions of one distribution, and all of them are control planes.
    expect(clean).toEqual(['workers-none']);
  });

  test.each(
    faults.map((fault) => [fault.name === undefined ? fault.check : `${fault.check} ${fault.name}`, fault] as const),
  )(
    '%s',
    async (_, fault) => {
      await on(fault.provoke);
      try {
        const results = await opened.agent.together(fault.mesh);
        const own = results.find((result) => result.id === fault.check);
        expect(own?.verdict).toMatchObject({ state: 'finding', seen: expect.stringMatching(fault.evidence) });
        const turned = findings(results).filter((id) => !clean.includes(id));
        expect(turned.toSorted()).toEqual([fault.check, ...(fault.also ?? [])].toSorted());
      } finally {
        await on(fault.undo);
      }
      expect(findings(await opened.agent.together(false)).filter((id) => !clean.includes(id))).toEqual([]);
    },
    90_000,
  );

  test('a host without ping or an interpreter says so and passes nothing', async () => {
    await on({ 'node-2': 'mv /usr/bin/ping /usr/bin/ping.away; chmod a-x /usr/bin/perl' });
    try {
      const results = await opened.agent.together(true);
      const state = (id: CheckId) => results.find((result) => result.id === id)?.verdict.state;
      for (const id of ['mesh-api', 'mesh-etcd', 'mesh-overlay', 'mesh-loss', 'mesh-path-mtu'] as const) {
        expect([id, state(id)]).toEqual([id, 'could-not-run']);
      }
    } finally {
      await on({ 'node-2': 'mv /usr/bin/ping.away /usr/bin/ping; chmod a+x /usr/bin/perl' });
    }
  }, 90_000);

  test('where the tunnel stands already it is tried itself', async () => {
    await on({ 'node-1': tunnel(1, 2), 'node-2': tunnel(2, 1) });
    const overlay = async () => {
      const results = await opened.agent.together(true);
      return results.find((result) => result.id === 'mesh-overlay')?.verdict;
    };
    try {
      // The third host has no tunnel, so that its links to the others stay unknown.
      const whole = await overlay();
      expect(whole).toMatchObject({ state: 'could-not-run' });
      expect(JSON.stringify(whole)).toContain('node-1: 8472/udp');
      await on({ 'node-2': 'iptables -t raw -A PREROUTING -p udp --dport 8472 -j DROP' });
      expect(await overlay()).toMatchObject({
        state: 'finding',
        seen: expect.stringMatching(/node-1 → node-2:8472\/udp timeout; node-2 → node-1/),
      });
    } finally {
      await on({
        'node-2': 'iptables -t raw -F; iptables -t raw -X; ip link delete flannel.1',
        'node-1': 'ip link delete flannel.1',
      });
    }
  }, 90_000);

  test('a search domain that answers for everything', async () => {
    const [program = '', ...args] = opened.lab.inside([process.execPath, '-e', wildcardServer]);
    const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => server.stdout.once('data', resolve));
    const resolver = (search: string) =>
      on({
        'node-1': `[ -e /run/resolv ] || cp /etc/resolv.conf /run/resolv; printf 'nameserver 10.77.0.1\\n${search}' >/etc/resolv.conf`,
      });
    try {
      await resolver('');
      expect((await opened.agent.names('node-1')).map((result) => result.verdict.state)).toEqual(['pass', 'pass']);
      await resolver('search corp.example\\n');
      expect((await opened.agent.names('node-1')).map((result) => result.verdict)).toEqual([
        { state: 'pass' },
        { state: 'finding', seen: '* → 203.0.113.7', needed: '-' },
      ]);
    } finally {
      server.kill();
      await on({ 'node-1': 'cat /run/resolv >/etc/resolv.conf; rm /run/resolv' });
    }
  }, 60_000);

  test('a name server that does not answer', async () => {
    await on({ 'node-1': "cp /etc/resolv.conf /run/resolv; echo 'nameserver 10.77.0.99' >/etc/resolv.conf" });
    try {
      const results = await opened.agent.names('node-1');
      expect(results.map((result) => [result.id, result.verdict.state])).toEqual([
        ['dns-answers', 'finding'],
        ['dns-wildcard', 'could-not-run'],
      ]);
    } finally {
      await on({ 'node-1': 'cat /run/resolv >/etc/resolv.conf; rm /run/resolv' });
    }
  }, 60_000);
});
