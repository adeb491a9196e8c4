import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cgroupsOfMachine, leaderOf, processesIn } from './hosts/cgroups.ts';
import { must, run, until } from './hosts/command.ts';
import { downLab, type Lab, openLab, upLab } from './hosts/lab.ts';
import { whyNoLab } from './hosts/machine.ts';
import { namespaceFile } from './hosts/names.ts';

const silent = () => {};

/** What labs of these names have on the machine: everything that `down` must take away. */
async function traces(...names: readonly string[]): Promise<readonly string[]> {
  const processes = (await must(['ps', '-eo', 'args'])).split('\n').filter((line) => line.includes('systemd-nspawn'));
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const namespaces = (await must(['ip', 'netns', 'list'])).split('\n');
  const cgroups = cgroupsOfMachine().hierarchies.flatMap(({ folder }) =>
    names.map((name) => path.join(folder, 'landfall-lab', name)).filter((place) => existsSync(place)),
  );
  const run = existsSync('/run/systemd/nspawn/propagate') ? readdirSync('/run/systemd/nspawn/propagate') : [];
  const state = names.map((name) => `/var/lib/landfall-lab/${name}`).filter((place) => existsSync(place));
  const inCgroups = names.flatMap((name) => processesIn(name).map(String));
  return [
    ...[...processes, ...mounts, ...namespaces, ...run].filter((line) =>
      names.some(
        (name) =>
          line.includes(`landfall-lab-${name}`) ||
          line.includes(`landfall-lab/${name}/`) ||
          line.startsWith(`landfall-${name}-`),
      ),
    ),
    ...cgroups,
    ...state,
    ...inCgroups,
  ];
}

/** Name of a lab of this test run alone. */
function unique(label: string): string {
  return `t${process.pid}-${label}`;
}

const reason = whyNoLab();
const one = reason === undefined && cgroupsOfMachine().version === 1;
const cpu = one ? '/sys/fs/cgroup/cpu' : '/sys/fs/cgroup';

describe.skipIf(reason !== undefined)(`hosts of the lab${reason === undefined ? '' : ` (${reason})`}`, () => {
  const name = unique('a');
  let lab: Lab;

  beforeAll(async () => {
    lab = await upLab({ name, hosts: 2, debian13: true, processors: 1.5, memory: 3 * 1024 ** 3 }, silent);
  });

  afterAll(async () => {
    await downLab(name, silent);
    expect(await traces(name)).toEqual([]);
  });

  it('boots both distributions to a running system that may change its cgroups and kernel settings', async () => {
    const script = `. /etc/os-release; echo "$VERSION_ID $(systemctl is-system-running --wait)"
mkdir ${cpu}/probe && rmdir ${cpu}/probe && echo writable`;
    for (const [host, version] of [
      ['node-1', '12'],
      ['node-2', '13'],
    ] as const) {
      const output = await lab.ssh(host, script);
      expect(output.stdout).toBe(`${version} running\nwritable\n`);
    }
  });

  it('holds each host to its processors and memory', async () => {
    // Its limits are above the root of its own view in version 2, so they are read from outside.
    const { hierarchies } = cgroupsOfMachine();
    const read = (controller: string, file: string) => {
      const folder = hierarchies.find(({ controllers }) => controllers.includes(controller))?.folder ?? '';
      return readFileSync(path.join(folder, 'landfall-lab', name, 'node-1', file), 'utf8').trim();
    };
    expect(read('memory', one ? 'memory.limit_in_bytes' : 'memory.max')).toBe(`${3 * 1024 ** 3}`);
    expect(read('cpu', one ? 'cpu.cfs_quota_us' : 'cpu.max')).toBe(one ? '150000' : '150000 100000');
  });

  it('keeps each host in cgroups of its own, in every hierarchy, through reboots', async () => {
    for (const host of ['node-1', 'node-2']) {
      for (const round of ['boot', 'reboot']) {
        if (round === 'reboot') await lab.reboot(host);
        const lines = readFileSync(`/proc/${leaderOf(name, host)}/cgroup`, 'utf8')
          .trim()
          .split('\n');
        expect(lines.length).toBeGreaterThan(1);
        // Without a cgroup2 folder below /sys/fs/cgroup nothing uses that hierarchy.
        const used = existsSync('/sys/fs/cgroup/unified') ? lines : lines.filter((line) => !line.startsWith('0::'));
        for (const line of used)
          expect(line).toMatch(new RegExp(`^\\d+:[^:]*:/landfall-lab/${name}/${host}(/payload)?(/init.scope)?$`));
      }
    }
  });

  it('lets containers stack an overlay on the folder that is theirs', async () => {
    const output = await lab.ssh(
      'node-2',
      `set -e; cd /var/lib/containerd; mkdir lower upper work merged; echo below >lower/file
mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work none merged
echo above >>merged/file; cat merged/file lower/file; umount merged; rm -r lower upper work merged`,
    );
    expect(output).toEqual({ exitCode: 0, stdout: 'below\nabove\nbelow\n', stderr: '' });
  });

  it('takes logins of three users by key, on a port of its own too, and names resolve', async () => {
    expect(lab.hosts.map((host) => host.sshPort)).toEqual([22, 2222]);
    for (const host of lab.hosts) {
      for (const user of ['root', 'operator', 'helper'] as const) {
        const output = await lab.ssh(host.name, 'id -un; getent hosts node-2 | cut -d " " -f 1', { user });
        expect(output).toEqual({ exitCode: 0, stdout: `${user}\n10.77.0.12\n`, stderr: '' });
      }
    }
  });

  it('gives sudo to helper without, to operator only with the password, and takes that password over SSH', async () => {
    const password = await readFile(lab.operatorPasswordFile, 'utf8');
    for (const sign of `'"$ \\`) expect(password).toContain(sign);
    expect((await lab.ssh('node-1', 'sudo -n id -u', { user: 'helper' })).stdout).toBe('0\n');
    expect((await lab.ssh('node-1', 'sudo -n id -u', { user: 'operator' })).exitCode).not.toBe(0);
    const withPassword = (text: string) =>
      lab.ssh('node-2', `sudo -k -S -p '' id -u <<'END OF PASSWORD'\n${text}\nEND OF PASSWORD\n`, { user: 'operator' });
    expect((await withPassword(password)).stdout).toBe('0\n');
    expect((await withPassword(`${password}x`)).exitCode).not.toBe(0);

    const folder = await mkdtemp(path.join(tmpdir(), 'landfall-askpass-'));
    try {
      const askpass = path.join(folder, 'askpass');
      await writeFile(askpass, `#!/bin/sh\ncat '${lab.operatorPasswordFile}'\n`);
      await chmod(askpass, 0o700);
      const byPassword = (user: string) =>
        lab.run(
          [
            'ssh',
            ...[
              'BatchMode=no',
              'PubkeyAuthentication=no',
              'PreferredAuthentications=password',
              'NumberOfPasswordPrompts=1',
            ].flatMap((option) => ['-o', option]),
            ...lab.sshArguments('node-2').slice(0, -1),
            `${user}@10.77.0.12`,
            'id -un',
          ],
          { environment: { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' } },
        );
      expect((await byPassword('operator')).stdout).toBe('operator\n');
      expect((await byPassword('root')).exitCode).not.toBe(0);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('keeps its secrets to root', async () => {
    const modes = await must(['stat', '-c', '%a', lab.directory, lab.keyFile, lab.operatorPasswordFile]);
    expect(modes).toBe('700\n600\n600\n');
  });

  it('counts what hosts send outside, and lets none of it out', async () => {
    const before = await lab.outsidePackets();
    expect(before).toBe(0);
    const attempt = await lab.ssh(
      'node-1',
      `exec 2>&1; bash -c 'echo query >/dev/udp/8.8.8.8/53'; timeout 2 bash -c '</dev/tcp/1.1.1.1/443'; echo "ended $?"`,
    );
    expect(attempt.stdout).toBe('ended 124\n');
    expect(await lab.outsidePackets()).toBeGreaterThanOrEqual(2);
    expect([...(await lab.outsideAddresses())].sort()).toEqual(['1.1.1.1', '8.8.8.8']);
    const after = await lab.outsidePackets();
    const between = `ping -c 2 -i 0.2 node-2 >/dev/null; bash -c 'head -n 1 </dev/tcp/node-2/2222'`;
    expect((await lab.ssh('node-1', between)).stdout).toContain('SSH-2.0');
    expect(await lab.outsidePackets()).toBe(after);
    expect(lab.inside(['id'])[0]).toBe('nsenter');
    const routes = await lab.run(['ip', 'route']);
    expect(routes.stdout).not.toContain('default');
  });

  it('loses power and comes back with its disk', async () => {
    await lab.ssh('node-1', 'echo kept >/root/kept; echo kept >/var/lib/etcd/kept; echo gone >/run/gone');
    const boot = (await lab.ssh('node-1', 'cat /proc/1/stat | cut -d " " -f 22')).stdout;
    await lab.powerOff('node-1');
    expect(lab.isOn('node-1')).toBe(false);
    expect(processesIn(name, 'node-1')).toEqual([]);
    expect(readFileSync(path.join(lab.hostRoot('node-1'), 'root/kept'), 'utf8')).toBe('kept\n');
    expect(readFileSync(path.join(lab.hostRoot('node-1'), 'var/lib/etcd/kept'), 'utf8')).toBe('kept\n');
    expect((await lab.ssh('node-1', 'true')).exitCode).toBe(255);
    await lab.powerOn('node-1');
    const output = await lab.ssh(
      'node-1',
      'cat /root/kept /var/lib/etcd/kept; ls /run/gone; cut -d " " -f 22 /proc/1/stat',
    );
    expect(output.stdout.startsWith('kept\nkept\n')).toBe(true);
    expect(output.stderr).toContain('No such file');
    expect(output.stdout.split('\n')[2]).not.toBe(boot.trim());
  });

  it('reboots, on request from outside and by itself', async () => {
    for (const host of ['node-1', 'node-2']) {
      const before = leaderOf(name, host);
      await lab.reboot(host);
      expect(leaderOf(name, host)).not.toBe(before);
    }
    const before = leaderOf(name, 'node-2');
    await lab.ssh('node-2', 'systemctl reboot');
    await until('node-2 is back', 60_000, async () => {
      const leader = leaderOf(name, 'node-2');
      return leader !== undefined && leader !== before && (await lab.ssh('node-2', 'true')).exitCode === 0;
    });
  });

  it('is cut from the network, stays reachable for the lab, and is mended', async () => {
    const ping = () => lab.ssh('node-1', 'ping -c 1 -W 1 node-2');
    expect((await ping()).exitCode).toBe(0);
    await lab.cut('node-2');
    expect((await ping()).exitCode).not.toBe(0);
    expect((await lab.ssh('node-2', 'cat /sys/class/net/host0/carrier')).stdout).toBe('0\n');
    await lab.reboot('node-2');
    expect((await ping()).exitCode).not.toBe(0);
    await lab.mend('node-2');
    expect((await ping()).exitCode).toBe(0);
  });

  it('is there for another process, and refuses a second lab of its name', async () => {
    const opened = await openLab(name);
    expect(opened?.hosts).toEqual(lab.hosts);
    expect((await opened?.ssh('node-1', 'hostname'))?.stdout).toBe('node-1\n');
    await expect(upLab({ name, hosts: 1 }, silent)).rejects.toMatchObject({ code: 'LAB_UP' });
    expect(await openLab(unique('none'))).toBeUndefined();
    await expect(upLab({ name: '../x', hosts: 1 }, silent)).rejects.toMatchObject({ code: 'LAB_NAME' });
    await expect(lab.ssh('node-9', 'true')).rejects.toMatchObject({ code: 'LAB_HOST' });
  });

  it('lives beside another lab with the same addresses', async () => {
    const other = await upLab({ name: unique('b'), hosts: 1 }, silent);
    try {
      await lab.ssh('node-1', 'echo first >/etc/which');
      await other.ssh('node-1', 'echo second >/etc/which');
      expect((await lab.ssh('node-1', 'cat /etc/which')).stdout).toBe('first\n');
      await other.down();
      expect(await traces(other.name)).toEqual([]);
      expect((await lab.ssh('node-1', 'hostname; ping -c 1 -W 1 node-2 >/dev/null && echo reached')).stdout).toBe(
        'node-1\nreached\n',
      );
    } finally {
      await other.down();
    }
  });
});

describe.skipIf(reason !== undefined)('a lab that crashed', () => {
  it('leaves nothing when its maker is killed at any moment and the next one of its name comes up and down', async () => {
    const name = unique('c');
    const maker = path.join(import.meta.dirname, 'main.ts');
    for (const moment of [200, 700, 1500]) {
      const child = spawn(process.execPath, [maker, 'up', '--name', name, '--hosts', '2'], { stdio: 'ignore' });
      await until('the lab begins', 30_000, async () => existsSync(namespaceFile(name)));
      await new Promise((resolve) => setTimeout(resolve, moment));
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
      expect(await traces(name)).not.toEqual([]);
    }
    const lab = await upLab({ name, hosts: 1 }, silent);
    expect((await lab.ssh('node-1', 'hostname')).stdout).toBe('node-1\n');
    await lab.down();
    expect(await traces(name)).toEqual([]);
  });

  it('goes down whole when the launchers are dead and the hosts run on', async () => {
    const name = unique('d');
    const lab = await upLab({ name, hosts: 2 }, silent);
    try {
      // A loop device outlives its host unless somebody detaches it.
      const loop = await lab.ssh(
        'node-1',
        `set -e; mknod /dev/loop-control c 10 237; for n in 0 1 2 3 4 5 6 7; do mknod /dev/loop$n b 7 $n; done
truncate -s 8M /root/disk /var/lib/etcd/disk; losetup -f --show /root/disk; losetup -f --show /var/lib/etcd/disk`,
      );
      expect(loop.exitCode, loop.stderr).toBe(0);
      const launchers = processesIn(name).filter((pid) =>
        readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('systemd-nspawn'),
      );
      expect(launchers.length).toBeGreaterThanOrEqual(2);
      for (const pid of launchers) process.kill(pid, 'SIGKILL');
      await until('the launchers end', 5000, async () => launchers.every((pid) => !processesIn(name).includes(pid)));
      expect((await lab.ssh('node-2', 'hostname')).stdout).toBe('node-2\n');
      await lab.powerOff('node-2');
      await lab.powerOn('node-2');
      expect((await lab.ssh('node-2', 'hostname')).stdout).toBe('node-2\n');
      // A program of this machine in the lab's network, such as a mirror; it ends with the lab.
      const [program = '', ...args] = lab.inside(['sleep', '1000']);
      const beside = spawn(program, args, { stdio: 'ignore', detached: true });
      const ended = new Promise((resolve) => beside.once('close', resolve));
      await lab.down();
      await ended;
      expect(await traces(name)).toEqual([]);
      const loops = (await run(['losetup', '--list', '--noheadings', '--output', 'NAME'])).stdout;
      for (const device of loop.stdout.trim().split('\n')) expect(loops).not.toContain(device);
    } finally {
      await downLab(name, silent);
    }
  });
});
