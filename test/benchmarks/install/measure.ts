import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cgroupsOfMachine, leaderOf } from '../../lab/hosts/cgroups.ts';
import { must } from '../../lab/hosts/command.ts';
import type { Lab } from '../../lab/hosts/lab.ts';
import { cableOf } from '../../lab/hosts/network.ts';

export type Counters = {
  /** Seconds the machine's processors worked, for whatever. */
  readonly machine: number;
  /** Seconds they worked for the hosts of the lab. */
  readonly hosts: number;
  /** Seconds they worked for the program on the operator machine. */
  readonly operator: number;
  readonly bytes: ReadonlyMap<string, { readonly into: number; readonly outOf: number }>;
};

export type Usage = {
  readonly machineSeconds: number;
  readonly hostSeconds: number;
  readonly operatorSeconds: number;
  readonly bytes: Readonly<Record<string, { readonly into: number; readonly outOf: number }>>;
};

const ticksPerSecond = 100;

function machineSeconds(): number {
  const [, user, nice, system, , , interrupts, softInterrupts] = (
    readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? ''
  ).split(/\s+/);
  return (
    [user, nice, system, interrupts, softInterrupts].reduce((sum, ticks) => sum + Number(ticks), 0) / ticksPerSecond
  );
}

/** Folder below which a cgroup's processor time is counted. */
function accounting(): string {
  const { version, hierarchies } = cgroupsOfMachine();
  const found = hierarchies.find(({ controllers }) => version === 2 || controllers.includes('cpuacct'));
  if (found === undefined) throw new Error('this machine does not count the processor time of cgroups');
  return found.folder;
}

function cgroupSeconds(name: string): number {
  const folder = path.join(accounting(), name);
  const first = path.join(folder, 'cpuacct.usage');
  if (existsSync(first)) return Number(readFileSync(first, 'utf8')) / 1e9;
  return Number(/usage_usec (\d+)/.exec(readFileSync(path.join(folder, 'cpu.stat'), 'utf8'))?.[1] ?? 0) / 1e6;
}

const operatorCgroup = (lab: Lab) => `landfall-bench-${lab.name}`;

/** Makes the cgroup in which the operator machine's part is counted; `counted` puts a command into it. */
export async function makeOperatorCgroup(lab: Lab): Promise<void> {
  await mkdir(path.join(accounting(), operatorCgroup(lab)), { recursive: true });
}

export async function removeOperatorCgroup(lab: Lab): Promise<void> {
  const folder = path.join(accounting(), operatorCgroup(lab));
  for (const pid of readFileSync(path.join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean)) {
    await writeFile(path.join(accounting(), 'cgroup.procs'), pid).catch(() => {});
  }
  await rmdir(folder).catch(() => {});
}

/** The command, with its processor time and its children's counted as the operator's. */
export function counted(lab: Lab, command: readonly string[]): readonly string[] {
  const file = path.join(accounting(), operatorCgroup(lab), 'cgroup.procs');
  return ['/bin/sh', '-c', 'echo $$ >"$1"; shift; exec "$@"', 'sh', file, ...command];
}

/** Reads all counters now. The bytes are those of the hosts' cables, as the bridge sees them. */
export async function readCounters(lab: Lab): Promise<Counters> {
  const links = JSON.parse(await must(lab.inside(['ip', '-j', '-s', 'link', 'show', 'master', 'lab0']))) as readonly {
    ifname: string;
    stats64: { rx: { bytes: number }; tx: { bytes: number } };
  }[];
  const bytes = new Map<string, { into: number; outOf: number }>();
  for (const host of lab.hosts) {
    const leader = leaderOf(lab.name, host.name);
    const cable = leader === undefined ? undefined : await cableOf(lab.name, leader);
    const link = links.find((candidate) => candidate.ifname === cable);
    if (link) bytes.set(host.name, { into: link.stats64.tx.bytes, outOf: link.stats64.rx.bytes });
  }
  return {
    machine: machineSeconds(),
    hosts: cgroupSeconds(path.join('landfall-lab', lab.name)),
    operator: cgroupSeconds(operatorCgroup(lab)),
    bytes,
  };
}

export function usage(before: Counters, after: Counters): Usage {
  return {
    machineSeconds: after.machine - before.machine,
    hostSeconds: after.hosts - before.hosts,
    operatorSeconds: after.operator - before.operator,
    bytes: Object.fromEntries(
      [...after.bytes].map(([name, now]) => {
        const then = before.bytes.get(name) ?? { into: 0, outOf: 0 };
        return [name, { into: now.into - then.into, outOf: now.outOf - then.outOf }];
      }),
    ),
  };
}

/** Largest resident size in bytes of a process since it was started; undefined once it is gone. */
export function peakMemory(pid: number): number | undefined {
  try {
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}
