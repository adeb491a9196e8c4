import { existsSync } from 'node:fs';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import type { CheckId } from '../../../source/preflight/check.ts';
import { landfall, repositoryFile } from '../cluster/landfall.ts';
import { must, type Output } from '../hosts/command.ts';
import type { Lab } from '../hosts/lab.ts';
import { whyNoLab } from '../hosts/machine.ts';
import { openPreflightLab, type PreflightLab } from './lab-for-preflight.ts';

type Parsed = {
  readonly exitCode: number;
  readonly results: readonly {
    readonly id: string;
    readonly subject: string;
    readonly state: string;
    readonly severity: string;
    readonly seen?: string;
  }[];
};

/** Every file of a host's disk with type, owner, mode, size, time of change and content; without what services write by themselves. */
const listing = `cd / && find / -xdev \\( -path /proc -o -path /sys -o -path /run -o -path /dev -o -path /tmp -o -path /var/log \\) -prune -o -printf '%y %m %U %G %s %T@ %p -> %l\\n' | LC_ALL=C sort
find /var/lib/etcd /var/lib/kubelet /var/lib/containerd /var/lib/landfall /tmp -printf '%y %m %U %G %s %T@ %p\\n' 2>/dev/null | LC_ALL=C sort
find /etc /root /usr/local /opt -xdev -type f -exec sha256sum {} + | LC_ALL=C sort
cat /proc/mounts; ip -o addr | sed 's/valid_lft.*//'; ip route; iptables-save | grep -v '^[#:]'; ip -o link | cut -d: -f2; cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/pid_max`;

describe.skipIf(whyNoLab() !== undefined)('landfall preflight on real hosts', () => {
  let opened: PreflightLab;
  let lab: Lab;
  let folder: string;

  beforeAll(async () => {
    if (!existsSync(repositoryFile('dist/landfall.mjs'))) {
      await must([process.execPath, repositoryFile('tools/build.mjs')]);
    }
    opened = await openPreflightLab('preflight');
    lab = opened.lab;
    folder = await mkdtemp(path.join(tmpdir(), 'landfall-preflight-'));
  }, 300_000);
  afterAll(() => opened?.down(), 60_000);

  const preflight = (args: readonly string[], document = opened.document): Promise<Output> =>
    landfall(lab, ['preflight', document, ...args], { environment: { LC_ALL: 'C' } });
  const parsed = async (args: readonly string[], document?: string): Promise<Parsed> =>
    JSON.parse((await preflight(['--output', 'json', '--no-disk-test', ...args], document)).stdout);

  test('changes no file, mount, address, route or rule of any host', async () => {
    const state = () =>
      Promise.all(lab.hosts.map(async (host) => (await lab.ssh(host.name, listing)).stdout.split('\n')));
    // sudo marks in a user's home that it was used for the first time; the login is the person's, and this is not ours.
    await preflight(['--no-disk-test']);
    const before = await state();
    const output = await preflight([]);
    expect([0, 5]).toContain(output.exitCode);
    const after = await state();
    for (const [index, lines] of after.entries()) {
      const known = new Set(before[index]);
      expect(lines.length).toBeGreaterThan(5000);
      expect(lines.filter((line) => !known.has(line))).toEqual([]);
      expect(lines.length).toBe(before[index]?.length);
    }
  }, 180_000);

  test('clean hosts: exit code 0 without the disk test, in every format', async () => {
    const text = await preflight(['--no-disk-test']);
    expect(text.exitCode, text.stdout + text.stderr).toBe(0);
    expect(text.stdout).toMatch(/0 findings block, 0 warnings/);
    const junit = await preflight(['--no-disk-test', '--output', 'junit']);
    expect(junit.stdout).toMatch(/^<\?xml[\s\S]*failures="0"/);
    const json = await parsed([]);
    expect(json.exitCode).toBe(0);
    expect(json.results.length).toBeGreaterThan(400);
  }, 120_000);

  test('a kernel without IPVS is named when keepalived shall balance, and cannot be accepted', async () => {
    const written = parse(await readFile(opened.document, 'utf8'));
    const document = path.join(folder, 'keepalived.yaml');
    await writeFile(
      document,
      stringify({ ...written, spec: { ...written.spec, loadBalancer: { driver: 'keepalived' } } }),
    );
    expect((await preflight(['--accept', 'kernel-ipvs'], document)).exitCode).toBe(2);
    const { exitCode, results } = await parsed([], document);
    expect(exitCode).toBe(1);
    const found = results.filter((result) => result.state !== 'pass' && result.severity === 'blocks');
    expect(found.map(({ id, subject, seen }) => `${subject} ${id}: ${seen}`).sort()).toEqual(
      lab.hosts.map(({ name }) => `${name} kernel-ipvs: ip_vs -; ip_vs_rr -`),
    );
    const text = await preflight(['--no-disk-test'], document);
    expect(text.stdout).toContain('loadBalancer.driver: haproxy');
  }, 120_000);

  test('a warning, a finding that blocks, and both accepted by their ids', async () => {
    const fault = 'iptables -A INPUT -p tcp --dport 9999 -j DROP; touch /usr/local/bin/kubelet; chmod o-x /opt';
    await lab.ssh('node-2', fault);
    try {
      expect((await preflight(['--no-disk-test'])).exitCode).toBe(1);
      const accept = ['--accept', 'folder-permissions'];
      expect((await preflight(['--no-disk-test', ...accept])).exitCode).toBe(5);
      const all = [...accept, '--accept', 'firewall-input,programs-in-the-way'];
      expect((await preflight(['--no-disk-test', ...all])).exitCode).toBe(0);
      const written = (await readFile(opened.document, 'utf8')).replace(
        'spec:\n',
        'spec:\n  preflight: { accept: [folder-permissions, firewall-input, programs-in-the-way] }\n',
      );
      const document = path.join(folder, 'accepting.yaml');
      await writeFile(document, written);
      expect((await preflight(['--no-disk-test'], document)).exitCode).toBe(0);
      expect((await preflight(['--accept', 'all'])).exitCode).toBe(2);
      expect((await preflight(['--accept', 'machine-id-unique'])).exitCode).toBe(2);
    } finally {
      await lab.ssh('node-2', 'iptables -F INPUT; rm /usr/local/bin/kubelet; chmod o+x /opt');
    }
  }, 180_000);

  test('--fix mends, says so, and reset gives back what was there', async () => {
    await lab.ssh(
      'node-3',
      'mkdir -p /etc/cni/net.d; echo old >/etc/cni/net.d/10-weave.conflist; sed -i "/^127/d" /etc/hosts',
    );
    const before = (await lab.ssh('node-3', 'cat /etc/hosts /etc/cni/net.d/*')).stdout;
    try {
      const broken = await preflight(['--no-disk-test']);
      expect(broken.exitCode).toBe(1);
      const fixed = await preflight(['--no-disk-test', '--fix']);
      expect(fixed.exitCode, fixed.stdout + fixed.stderr).toBe(0);
      expect(fixed.stderr).toContain('node-3: leftover-network-configuration mended');
      expect(fixed.stderr).toContain('node-3: hosts-localhost mended');
      expect((await lab.ssh('node-3', 'ls /etc/cni/net.d')).exitCode).not.toBe(0);
      const restore = await readFile(repositoryFile('assets/hosts/restore.sh'), 'utf8');
      await lab.ssh('node-3', `set -- /var/lib/landfall/changes /var/lib/landfall\n${restore}`);
      expect((await lab.ssh('node-3', 'cat /etc/hosts /etc/cni/net.d/*')).stdout).toBe(before);
    } finally {
      await lab.ssh(
        'node-3',
        'rm -rf /etc/cni; grep -q "^127" /etc/hosts || sed -i "1i 127.0.0.1\\tlocalhost" /etc/hosts',
      );
    }
  }, 180_000);

  const withHost = async (name: string, host: Readonly<Record<string, unknown>>): Promise<string> => {
    const document = path.join(folder, `${name}.yaml`);
    await writeFile(
      document,
      stringify({
        apiVersion: 'landfall/v1',
        kind: 'Cluster',
        metadata: { name },
        spec: { hosts: [{ name: 'node-1', address: '10.77.0.11', role: 'control-plane', ...host }] },
      }),
    );
    return document;
  };

  const only = async (id: CheckId, document: string): Promise<string | undefined> => {
    const { results, exitCode } = await parsed([], document);
    const found = results.filter((result) => result.state === 'finding' && result.severity !== 'informs');
    expect(found.map((result) => result.id)).toEqual([id]);
    expect(exitCode).toBe(1);
    return found[0]?.seen;
  };

  test('a user without sudo, a wrong password, a dead address and a changed key, each by its own check', async () => {
    await lab.ssh(
      'node-1',
      'useradd -m guest; mkdir -p ~guest/.ssh; cp ~/.ssh/authorized_keys ~guest/.ssh/; chown -R guest ~guest/.ssh; echo guest:guest-7 | chpasswd',
    );
    try {
      const password = path.join(folder, 'password');
      await writeFile(password, 'guest-7', { mode: 0o600 });
      const guest = { user: 'guest', keyFile: lab.keyFile, sudoPasswordFile: password };
      expect(await only('sudo-rights', await withHost('denied', { ssh: guest }))).toMatch(/guest may not use sudo/);
      const wrong = path.join(folder, 'wrong');
      await writeFile(wrong, 'not-it', { mode: 0o600 });
      const login = { user: 'operator', passwordFile: wrong };
      expect(await only('ssh-login', await withHost('login', { ssh: login }))).toMatch(/refused the login/);
      const root = { user: 'root', keyFile: lab.keyFile };
      expect(await only('host-reachable', await withHost('dead', { address: '10.77.0.99', ssh: root }))).toMatch(
        /10\.77\.0\.99/,
      );
      const changed = await withHost('changed', { ssh: root });
      await parsed([], changed);
      const keep =
        'cp -a /etc/ssh /run/ssh-kept; rm /etc/ssh/ssh_host_*; ssh-keygen -A >/dev/null; systemctl restart ssh';
      await lab.ssh('node-1', keep);
      try {
        expect(await only('ssh-host-key', changed)).toMatch(/another host key/);
      } finally {
        await must(
          lab.inside([
            'ssh',
            ...lab
              .sshArguments('node-1')
              .map((word) =>
                word === 'StrictHostKeyChecking=yes'
                  ? 'StrictHostKeyChecking=no'
                  : word === `UserKnownHostsFile=${lab.knownHostsFile}`
                    ? 'UserKnownHostsFile=/dev/null'
                    : word,
              ),
            'cp -a /run/ssh-kept/. /etc/ssh/; rm -r /run/ssh-kept; systemctl restart ssh',
          ]),
        );
      }
    } finally {
      await lab.ssh('node-1', 'userdel -r guest 2>/dev/null');
    }
  }, 240_000);

  test('discover finds the hosts of the lab and writes a document that preflight takes', async () => {
    const table = await landfall(lab, ['discover', '10.77.0.0/24']);
    expect(table.exitCode, table.stderr).toBe(0);
    // node-3 listens on another port.
    expect(table.stdout).toMatch(/10\.77\.0\.11\s+SSH-2\.0-OpenSSH/);
    expect(table.stdout).toMatch(/10\.77\.0\.12/);
    expect(table.stdout).not.toMatch(/10\.77\.0\.13/);
    const list = path.join(folder, 'hosts.txt');
    await writeFile(list, 'node-1 10.77.0.11\nnode-2 10.77.0.12\nroot@10.77.0.13:2222 node-3\n');
    const document = path.join(folder, 'found.yaml');
    const written = await landfall(lab, ['discover', list, '--output', 'document', '--name', 'found']);
    await writeFile(document, written.stdout.replace('~/.ssh/id_ed25519', lab.keyFile));
    const { results } = await parsed([], document);
    expect(results.filter((result) => result.state === 'finding' && result.severity !== 'informs')).toEqual([]);
    const neighbours = await landfall(lab, ['discover', '--neighbours-of', document, '--output', 'json']);
    expect(JSON.parse(neighbours.stdout).map((host: { address: string }) => host.address)).toContain('10.77.0.12');
  }, 180_000);
});
