import { existsSync, statSync } from 'node:fs';
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import { LandfallError } from '../../../source/errors.ts';
import { baseImage } from './base-image.ts';
import { killAll, leaderOf, processesIn, removeCgroups } from './cgroups.ts';
import { type Output, type RunOptions, run } from './command.ts';
import { forgetHostKeys, makeSecrets, mountRoot, secretPaths, writeHostFiles } from './host-files.ts';
import {
  cutPower,
  isCut,
  rebootHost,
  type SshOptions,
  setCut,
  sshArguments,
  sshTo,
  startHost,
  type User,
  untilReady,
} from './host-power.ts';
import { prepareKernelSettings, restoreKernelSettings } from './kernel-settings.ts';
import { whyNoLab } from './machine.ts';
import { unmountBelow } from './mounts.ts';
import {
  checkLabName,
  defaultLabName,
  hostPaths,
  insideNetwork,
  type LabHost,
  labDirectory,
  labsDirectory,
  machineName,
  namespaceFile,
} from './names.ts';
import { endProcessesInNetwork, makeNetwork, outsideAddresses, outsidePackets, removeNetwork } from './network.ts';
import { ensurePackages } from './packages.ts';
import { type LabRecord, ownerLives, readRecord, thisProcess, writeRecord } from './record.ts';

export type { LabHost } from './names.ts';

export type LabOptions = {
  /** 'lab' unless set. Labs of different names run at the same time, each in its own network with the same addresses. */
  readonly name?: string;
  readonly hosts: number;
  /** Processors of each host; no limit unless set. */
  readonly processors?: number;
  /** Bytes of memory of each host; no limit unless set. */
  readonly memory?: number;
  /** Whether the last host runs Debian 13; true from five hosts on unless set. */
  readonly debian13?: boolean;
  /** Takes a lab of that name down that is up; an error unless set. A crashed one is always cleaned up. */
  readonly replace?: boolean;
  /** Gives up between two steps and cleans up. */
  readonly signal?: AbortSignal;
};

/** Real hosts in a network of their own. Hosts are given by name; an unknown one throws LAB_HOST. */
export interface Lab {
  readonly name: string;
  /** Of /run/netns. */
  readonly namespace: string;
  /** Folder of the lab's state. */
  readonly directory: string;
  readonly hosts: readonly LabHost[];
  /** Private SSH key (ed25519, no passphrase) of root, operator and helper on every host. */
  readonly keyFile: string;
  /** Password of `operator`, for SSH and for sudo; no newline at its end. */
  readonly operatorPasswordFile: string;
  /** OpenSSH known_hosts with the keys of all hosts. */
  readonly knownHostsFile: string;
  /** The command, run in the lab's network. */
  inside(command: readonly string[]): readonly string[];
  /** Runs a command of this machine in the lab's network. */
  run(command: readonly string[], options?: RunOptions): Promise<Output>;
  /** Runs a script by /bin/sh on a host, as root unless another user is named. Works on a host that is cut, too. */
  ssh(host: string, script: string, options?: SshOptions): Promise<Output>;
  /** OpenSSH's arguments for a host, up to the destination. */
  sshArguments(host: string, user?: User): readonly string[];
  /** The host's root as this machine sees it, on or off: all of its disk, but not what it mounts itself (/run, /tmp). */
  hostRoot(host: string): string;
  isOn(host: string): boolean;
  isCut(host: string): boolean;
  /** Takes the power away; nothing happens when the host is off. */
  powerOff(host: string): Promise<void>;
  /** Returns when the host takes logins. */
  powerOn(host: string): Promise<void>;
  /** A clean reboot; returns when the host takes logins again: the milliseconds until it was down. */
  reboot(host: string): Promise<number>;
  /** Puts a new machine with the same name and address in the place of a host: nothing is on it, and its SSH keys are new. */
  replace(host: string): Promise<void>;
  /** Pulls the network cable; it stays pulled until `mend`, also through `powerOff`, `powerOn` and `reboot`. */
  cut(host: string): Promise<void>;
  mend(host: string): Promise<void>;
  /** Packets that hosts sent to any address outside the lab since it is up. */
  outsidePackets(): Promise<number>;
  /** The addresses those packets were for. */
  outsideAddresses(): Promise<readonly string[]>;
  down(): Promise<void>;
}

function planHosts(options: LabOptions): readonly LabHost[] {
  const count = options.hosts;
  if (!Number.isInteger(count) || count < 1 || count > 99) {
    throw new LandfallError({
      code: 'LAB_HOSTS',
      message: `A lab has 1 to 99 hosts, not ${count}.`,
      exitStatus: 2,
    });
  }
  const otherPort = count === 1 ? undefined : Math.min(3, count);
  const debian13 = options.debian13 ?? count >= 5;
  return Array.from({ length: count }, (_, index) => ({
    name: `node-${index + 1}`,
    address: `10.77.0.${11 + index}`,
    sshPort: index + 1 === otherPort ? 2222 : 22,
    distribution: debian13 && index + 1 === count ? 'debian-13' : 'debian-12',
  }));
}

function labOf(record: LabRecord): Lab {
  const { name, hosts, limits } = record;
  const secrets = secretPaths(name);
  const find = (wanted: string): LabHost => {
    const host = hosts.find((candidate) => candidate.name === wanted);
    if (host) return host;
    const known = hosts.map((candidate) => candidate.name).join(', ');
    throw new LandfallError({
      code: 'LAB_HOST',
      message: `Lab ${name} has no ${wanted}; it has ${known}.`,
      exitStatus: 2,
    });
  };
  return {
    name,
    namespace: path.basename(namespaceFile(name)),
    directory: labDirectory(name),
    hosts,
    keyFile: secrets.key,
    operatorPasswordFile: secrets.password,
    knownHostsFile: secrets.knownHosts,
    inside: (command) => insideNetwork(name, command),
    run: (command, options) => run(insideNetwork(name, command), options),
    ssh: async (host, script, options) => sshTo(name, find(host), script, options),
    sshArguments: (host, user) => sshArguments(name, find(host), user),
    hostRoot: (host) => hostPaths(name, find(host).name).root,
    isOn: (host) => leaderOf(name, find(host).name) !== undefined,
    isCut: (host) => isCut(name, find(host).name),
    powerOff: async (host) => cutPower(name, find(host)),
    powerOn: async (host) => {
      await startHost(name, find(host), limits);
      await untilReady(name, find(host));
    },
    reboot: async (host) => rebootHost(name, find(host), limits),
    replace: async (host) => replaceHost(record, find(host)),
    cut: async (host) => setCut(name, find(host), true),
    mend: async (host) => setCut(name, find(host), false),
    outsidePackets: () => outsidePackets(name),
    outsideAddresses: () => outsideAddresses(name),
    down: () => downLab(name, () => {}),
  };
}

async function replaceHost({ name, hosts, limits }: LabRecord, host: LabHost): Promise<void> {
  const paths = hostPaths(name, host.name);
  await cutPower(name, host);
  await unmountBelow(paths.root);
  for (const folder of [paths.upper, paths.work, paths.disk]) await rm(folder, { recursive: true, force: true });
  await forgetHostKeys(name, host);
  await mountRoot(name, host, await baseImage(host.distribution, () => {}));
  await writeHostFiles(name, host, hosts);
  await startHost(name, host, limits);
  await untilReady(name, host);
}

/**
 * Brings a lab up and returns when every host takes logins. Cleans up a crashed lab of that name first; one that is up
 * throws LAB_UP, one that another process is bringing up LAB_BUSY. After any failure nothing is left.
 */
export async function upLab(options: LabOptions, say: (line: string) => void): Promise<Lab> {
  const name = checkLabName(options.name ?? defaultLabName);
  const hosts = planHosts(options);
  const reason = whyNoLab();
  if (reason !== undefined) throw new LandfallError({ code: 'LAB_MACHINE', message: reason });
  await ensurePackages(say);
  await makeRoom(name, options.replace ?? false, say);
  const started = Date.now();
  const limits = {
    ...(options.processors === undefined ? {} : { processors: options.processors }),
    ...(options.memory === undefined ? {} : { memory: options.memory }),
  };
  const record: LabRecord = {
    name,
    phase: 'coming up',
    owner: thisProcess(),
    hosts,
    limits,
    created: new Date().toISOString(),
  };
  await mkdir(labDirectory(name), { recursive: true, mode: 0o700 });
  await writeRecord(record);
  try {
    prepareKernelSettings();
    const bases = new Map<string, string>();
    for (const { distribution } of hosts) {
      if (!bases.has(distribution)) bases.set(distribution, await baseImage(distribution, say));
    }
    await makeSecrets(name);
    await makeNetwork(name);
    const steps = (host: LabHost) => [
      () => mountRoot(name, host, bases.get(host.distribution) ?? ''),
      () => writeHostFiles(name, host, hosts),
      () => startHost(name, host, limits),
      () => untilReady(name, host),
    ];
    const results = await Promise.allSettled(
      hosts.map(async (host) => {
        for (const step of steps(host)) {
          options.signal?.throwIfAborted();
          await step();
        }
        say(`${host.name} is up at ${host.address} (${host.distribution})`);
      }),
    );
    // Only when no host is being started any more can the failure of one be cleaned up.
    for (const result of results) if (result.status === 'rejected') throw result.reason;
    await writeRecord({ ...record, phase: 'up' });
  } catch (error) {
    await downLab(name, () => {});
    throw error;
  }
  say(`lab ${name} is up after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return labOf({ ...record, phase: 'up' });
}

/** Takes down what is left of a crashed lab, and a whole one when asked to. */
async function makeRoom(name: string, replace: boolean, say: (line: string) => void): Promise<void> {
  const record = await readRecord(name);
  if (record?.phase === 'coming up' && ownerLives(record)) {
    throw new LandfallError({
      code: 'LAB_BUSY',
      message: `Process ${record.owner.pid} is bringing lab ${name} up.`,
      fix: 'Wait for it, or give this lab another name.',
    });
  }
  if (record?.phase === 'up' && (await openLab(name)) && !replace) {
    throw new LandfallError({
      code: 'LAB_UP',
      message: `Lab ${name} is up already.`,
      fix: 'Take it down first (npm run lab -- down), or give this one another name.',
    });
  }
  await downLab(name, say);
}

/** The lab of that name when it is up, whoever brought it up; undefined when there is none or only the rest of one. */
export async function openLab(name: string = defaultLabName): Promise<Lab | undefined> {
  const record = await readRecord(checkLabName(name));
  if (record?.phase !== 'up' || !existsSync(namespaceFile(name))) return undefined;
  return labOf(record);
}

/** Takes a lab down, whole or crashed: no process, mount, cgroup, network namespace or file of it is left. */
export async function downLab(name: string, say: (line: string) => void): Promise<void> {
  checkLabName(name);
  const started = Date.now();
  const directory = labDirectory(name);
  const there = existsSync(directory) || existsSync(namespaceFile(name)) || processesIn(name).length > 0;
  const record = await readRecord(name);
  await killAll(name);
  await endProcessesInNetwork(name);
  await removeCgroups(name);
  for (const host of record?.hosts ?? []) await removeLaunchFiles(name, host);
  await unmountBelow(directory);
  await removeNetwork(name);
  await rm(directory, { recursive: true, force: true });
  if ((await labNames()).length === 0) restoreKernelSettings();
  await rmdir(labsDirectory()).catch(() => {});
  if (there) say(`lab ${name} is down after ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** What systemd-nspawn leaves in /run when it is killed. The host's root must still be mounted. */
async function removeLaunchFiles(lab: string, host: LabHost): Promise<void> {
  const folder = '/run/systemd/nspawn';
  await rm(path.join(folder, 'propagate', machineName(lab, host.name)), { recursive: true, force: true });
  const root = statSync(hostPaths(lab, host.name).root, { throwIfNoEntry: false });
  if (root) await rm(path.join(folder, 'locks', `inode-${root.dev}:${root.ino}`), { force: true });
}

/** Names of the labs that have state on this machine, up or crashed. */
export async function labNames(): Promise<readonly string[]> {
  const names = await readdir(labsDirectory()).catch(() => []);
  return names.filter((name) => /^[a-z][a-z0-9-]{0,19}$/.test(name)).sort();
}
