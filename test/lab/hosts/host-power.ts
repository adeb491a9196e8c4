import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LandfallError } from '../../../source/errors.ts';
import {
  cgroupsOfMachine,
  killAll,
  type Limits,
  leaderOf,
  makeHostCgroup,
  processesIn,
  removeCgroups,
} from './cgroups.ts';
import { type Output, type RunOptions, run, until } from './command.ts';
import { secretPaths } from './host-files.ts';
import { bridge, hostPaths, insideNetwork, type LabHost, machineName, namespaceFile } from './names.ts';
import { cableOf, setCable } from './network.ts';

export type User = 'root' | 'operator' | 'helper';
export type SshOptions = Omit<RunOptions, 'input'> & { readonly user?: User };

// The launcher enters every cgroup itself, so that the host is the root of its own cgroup namespace. systemd-nspawn ends
// with 133 when the host asked for a reboot; a new start may fail for as long as the kernel has not freed the old cable.
const launcher = `set -u
count=$1
shift
cgroups=
while [ "$count" -gt 0 ]; do
  cgroups="$cgroups $1"
  shift
  count=$((count - 1))
done
enter() {
  for cgroup in $cgroups; do
    # Version 2 takes no process into a cgroup that hands controllers down, as systemd-nspawn lets it do.
    if [ -e "$cgroup/cgroup.subtree_control" ]; then
      for controller in $(cat "$cgroup/cgroup.subtree_control"); do
        echo "-$controller" >"$cgroup/cgroup.subtree_control"
      done
    fi
    echo $$ >"$cgroup/cgroup.procs" || exit 1
  done
  find $cgroups -mindepth 1 -depth -type d -exec rmdir {} \\; 2>/dev/null
}
attempts=0
while :; do
  enter
  "$@"
  status=$?
  if [ "$status" -eq 133 ]; then
    attempts=20
  elif [ "$attempts" -eq 0 ] || [ "$status" -ne 1 ]; then
    exit "$status"
  fi
  attempts=$((attempts - 1))
  find $cgroups -mindepth 1 -depth -type d -exec rmdir {} \\; 2>/dev/null
  sleep 0.1
done
`;

async function launch(lab: string, host: LabHost, limits: Limits): Promise<void> {
  const paths = hostPaths(lab, host.name);
  const folders = await makeHostCgroup(lab, host.name, limits);
  const { version } = cgroupsOfMachine();
  const nspawn = [
    'systemd-nspawn',
    '--quiet',
    '--settings=no',
    `--directory=${paths.root}`,
    `--machine=${machineName(lab, host.name)}`,
    `--hostname=${host.name}`,
    '--register=no',
    '--keep-unit',
    '--boot',
    `--network-bridge=${bridge}`,
    '--capability=all',
    '--system-call-filter=@known',
    '--resolv-conf=off',
    '--timezone=off',
    '--link-journal=no',
    '--bind=/dev/kmsg',
    // systemd of Debian 13 refuses cgroup version 1 unless it is told twice.
    ...(host.distribution === 'debian-13' && version === 1
      ? ['systemd.unified_cgroup_hierarchy=0', 'SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1']
      : []),
  ];
  const log = await open(paths.console, 'a');
  try {
    const child = spawn(
      '/bin/sh',
      [
        '-c',
        launcher,
        'sh',
        `${folders.length}`,
        ...folders,
        'nsenter',
        `--net=${namespaceFile(lab)}`,
        '--',
        ...nspawn,
      ],
      {
        detached: true,
        stdio: ['ignore', log.fd, log.fd],
        env: {
          PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin',
          SYSTEMD_NSPAWN_API_VFS_WRITABLE: '1',
          SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: version === 2 ? '1' : '0',
        },
      },
    );
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
  } finally {
    await log.close();
  }
}

/** Gives a host power and returns when its systemd runs; nothing happens when it runs already. */
export async function startHost(lab: string, host: LabHost, limits: Limits): Promise<void> {
  if (leaderOf(lab, host.name) !== undefined) return;
  // What a dead launcher left would be in the way of the next.
  await killAll(lab, host.name);
  await removeCgroups(lab, host.name);
  let attempts = 0;
  await until(`${host.name} does not start; see ${hostPaths(lab, host.name).console}`, 30_000, async () => {
    if (leaderOf(lab, host.name) !== undefined) return true;
    if (processesIn(lab, host.name).length === 0) {
      // The kernel takes a moment to free the cable of a host that lost power, and a new one has the same name.
      attempts += 1;
      if (attempts > 20) {
        throw new LandfallError({
          code: 'LAB_HOST',
          message: `${host.name} of lab ${lab} does not start.`,
          fix: `See ${hostPaths(lab, host.name).console}.`,
          context: { host: host.name },
        });
      }
      await launch(lab, host, limits);
    }
    return false;
  });
}

/** Returns when the host takes logins of every user; takes the cable down again when it is cut. */
export async function untilReady(lab: string, host: LabHost): Promise<void> {
  await until(`${host.name} takes no logins; see ${hostPaths(lab, host.name).console}`, 120_000, async () => {
    const leader = leaderOf(lab, host.name);
    if (leader === undefined) {
      throw new LandfallError({
        code: 'LAB_HOST',
        message: `${host.name} of lab ${lab} went off while it started.`,
        fix: `See ${hostPaths(lab, host.name).console}.`,
        context: { host: host.name },
      });
    }
    if (isCut(lab, host.name)) await setCable(lab, leader, 'down');
    // A login of root says nothing about the others, whom pam_nologin refuses during the boot.
    const output = await sshTo(lab, host, 'test ! -e /run/nologin', { timeout: 10_000 });
    return output.exitCode === 0;
  });
}

/** SIGKILL of the host's systemd, as when the power goes: its whole pid namespace dies with it, and its launcher after. */
export async function cutPower(lab: string, host: LabHost): Promise<void> {
  const leader = leaderOf(lab, host.name);
  const cable = leader === undefined ? undefined : await cableOf(lab, leader).catch(() => undefined);
  if (leader !== undefined) process.kill(leader, 'SIGKILL');
  await killAll(lab, host.name);
  await removeCgroups(lab, host.name);
  // The kernel frees it when it comes to that, and until then no new one can have its name.
  if (cable !== undefined) await run(insideNetwork(lab, ['ip', 'link', 'delete', cable]));
}

/** Asks the host's systemd for a clean reboot and returns when it takes logins again: the milliseconds until it was down. */
export async function rebootHost(lab: string, host: LabHost, limits: Limits): Promise<number> {
  const before = leaderOf(lab, host.name);
  if (before === undefined) {
    throw new LandfallError({
      code: 'LAB_HOST_OFF',
      message: `${host.name} of lab ${lab} is off.`,
      fix: `Power it on: npm run lab -- power-on ${host.name}.`,
      context: { host: host.name },
    });
  }
  const asked = Date.now();
  // SIGRTMIN+5 of glibc: systemd starts reboot.target, network or not.
  process.kill(before, 39);
  await until(`${host.name} does not go down for its reboot`, 180_000, async () => {
    const leader = leaderOf(lab, host.name);
    if (leader === before) return false;
    // The launcher starts it again; when that was killed, nobody does.
    if (leader === undefined && processesIn(lab, host.name).length === 0) await startHost(lab, host, limits);
    return leader !== undefined;
  });
  const down = Date.now() - asked;
  await untilReady(lab, host);
  return down;
}

export function isCut(lab: string, host: string): boolean {
  return existsSync(hostPaths(lab, host).cut);
}

/** Pulls or plugs the host's network cable; holds through power cuts and reboots. */
export async function setCut(lab: string, host: LabHost, cut: boolean): Promise<void> {
  const { cut: mark } = hostPaths(lab, host.name);
  await mkdir(path.dirname(mark), { recursive: true });
  if (cut) await writeFile(mark, '');
  else await rm(mark, { force: true });
  const leader = leaderOf(lab, host.name);
  if (leader !== undefined) await setCable(lab, leader, cut ? 'down' : 'up');
}

/** Options of OpenSSH for a host, up to the destination; a command may follow. */
export function sshArguments(lab: string, host: LabHost, user: User = 'root'): readonly string[] {
  const secrets = secretPaths(lab);
  const options = {
    IdentitiesOnly: 'yes',
    UserKnownHostsFile: secrets.knownHosts,
    GlobalKnownHostsFile: '/dev/null',
    StrictHostKeyChecking: 'yes',
    BatchMode: 'yes',
    ConnectTimeout: '3',
    LogLevel: 'ERROR',
  };
  return [
    '-F',
    'none',
    '-i',
    secrets.key,
    '-p',
    `${host.sshPort}`,
    ...Object.entries(options).flatMap(([key, value]) => ['-o', `${key}=${value}`]),
    `${user}@${host.address}`,
  ];
}

/** Runs a script by /bin/sh on a host. A host whose cable is cut is reached over its own loopback. */
export async function sshTo(lab: string, host: LabHost, script: string, options: SshOptions = {}): Promise<Output> {
  const { user = 'root', ...rest } = options;
  const command = ['ssh', ...sshArguments(lab, host, user), '/bin/sh -s'];
  const leader = isCut(lab, host.name) ? leaderOf(lab, host.name) : undefined;
  // The address is the host's own, so inside its namespace the way to it is its loopback.
  const inside =
    leader === undefined ? insideNetwork(lab, command) : ['nsenter', `--net=/proc/${leader}/ns/net`, '--', ...command];
  return run(inside, { ...rest, input: script });
}
