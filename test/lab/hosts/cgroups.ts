import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LandfallError } from '../../../source/errors.ts';
import { pause, until } from './command.ts';

type Hierarchy = { readonly folder: string; readonly controllers: readonly string[] };

/** How this machine arranges cgroups: one folder a controller (version 1), or one for all (version 2). */
export type Cgroups = { readonly version: 1 | 2; readonly hierarchies: readonly Hierarchy[] };

export type Limits = {
  /** Whole or part processors. */
  readonly processors?: number;
  /** Bytes. */
  readonly memory?: number;
};

const top = 'landfall-lab';

/** Reads the arrangement from the mount table; a machine with both counts as version 1, where the controllers are. */
export function cgroupsOfMachine(): Cgroups {
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '));
  // A cgroup2 folder beside them holds no controllers, but systemd-nspawn puts hosts into it, and hosts must not share it.
  const first = mounts
    .filter(([, folder = '', type = '']) => /^cgroup2?$/.test(type) && folder.startsWith('/sys/fs/cgroup/'))
    .map(([, folder = '', type, options = '']) => ({
      folder,
      controllers: type === 'cgroup' ? options.split(',') : [],
    }));
  if (first.some(({ controllers }) => controllers.length > 0)) return { version: 1, hierarchies: first };
  if (mounts.some(([, folder, type]) => type === 'cgroup2' && folder === '/sys/fs/cgroup')) {
    const controllers = readFileSync('/sys/fs/cgroup/cgroup.controllers', 'utf8').split(/\s+/).filter(Boolean);
    return { version: 2, hierarchies: [{ folder: '/sys/fs/cgroup', controllers }] };
  }
  throw new LandfallError({ code: 'LAB_CGROUPS', message: 'The lab found no cgroups below /sys/fs/cgroup.' });
}

/** Makes the cgroup of a host in every hierarchy and returns the folders; a process written to each is inside. */
export async function makeHostCgroup(lab: string, host: string, limits: Limits): Promise<readonly string[]> {
  const cgroups = cgroupsOfMachine();
  const folders: string[] = [];
  for (const hierarchy of cgroups.hierarchies) {
    let folder = hierarchy.folder;
    for (const part of [top, lab, host]) {
      if (cgroups.version === 2) await passOn(folder, hierarchy.controllers);
      const parent = folder;
      folder = path.join(folder, part);
      await mkdir(folder, { recursive: true });
      if (cgroups.version === 1 && hierarchy.controllers.includes('cpuset')) {
        // A process cannot enter a cpuset that has no processors or memory nodes yet.
        for (const file of ['cpuset.cpus', 'cpuset.mems']) {
          await writeFile(path.join(folder, file), await readFile(path.join(parent, file)));
        }
      }
    }
    await limit(folder, hierarchy.controllers, cgroups.version, limits);
    folders.push(folder);
  }
  return folders;
}

/** Version 2 hands controllers down one level at a time; one that cannot be handed down is simply not limited by. */
async function passOn(folder: string, controllers: readonly string[]): Promise<void> {
  for (const controller of controllers) {
    await writeFile(path.join(folder, 'cgroup.subtree_control'), `+${controller}`).catch(() => {});
  }
}

async function limit(folder: string, controllers: readonly string[], version: 1 | 2, limits: Limits): Promise<void> {
  const period = 100_000;
  if (limits.processors !== undefined && controllers.includes('cpu')) {
    const quota = Math.round(limits.processors * period);
    if (version === 2) await writeFile(path.join(folder, 'cpu.max'), `${quota} ${period}`);
    else {
      await writeFile(path.join(folder, 'cpu.cfs_period_us'), `${period}`);
      await writeFile(path.join(folder, 'cpu.cfs_quota_us'), `${quota}`);
    }
  }
  if (limits.memory !== undefined && controllers.includes('memory')) {
    const file = version === 2 ? 'memory.max' : 'memory.limit_in_bytes';
    await writeFile(path.join(folder, file), `${Math.round(limits.memory)}`);
  }
}

function withChildren(folder: string): string[] {
  if (!existsSync(folder)) return [];
  try {
    const children = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [folder, ...children.flatMap((entry) => withChildren(path.join(folder, entry.name)))];
  } catch {
    // Gone while we looked.
    return [];
  }
}

/** The cgroups of a lab, or of one host of it: parents before children, in every hierarchy unless told which. */
export function cgroupFolders(
  lab: string,
  host?: string,
  hierarchies = cgroupsOfMachine().hierarchies,
): readonly string[] {
  const parts = host === undefined ? [top, lab] : [top, lab, host];
  return hierarchies.flatMap(({ folder }) => withChildren(path.join(folder, ...parts)));
}

/** Every process in the cgroups of a lab, or of one of its hosts. */
export function processesIn(lab: string, host?: string): readonly number[] {
  return processesOf(cgroupFolders(lab, host));
}

function processesOf(folders: readonly string[]): readonly number[] {
  const found = new Set<number>();
  for (const folder of folders) {
    try {
      for (const line of readFileSync(path.join(folder, 'cgroup.procs'), 'utf8').split('\n')) {
        if (line !== '' && line !== '0') found.add(Number(line));
      }
    } catch {
      // Gone while we looked.
    }
  }
  return [...found];
}

/**
 * The host's own systemd: the process that is number 1 one pid namespace below ours. Containers inside the host have
 * a number 1 of their own, two namespaces below. Undefined when the host is off.
 */
export function leaderOf(lab: string, host: string): number | undefined {
  // A host is inside every hierarchy, so one is enough to find it.
  const folders = cgroupFolders(lab, host, cgroupsOfMachine().hierarchies.slice(0, 1));
  return processesOf(folders).find((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      if (/^State:\s*[ZX]/m.test(status)) return false;
      const numbers = /^NSpid:\s*(.*)$/m.exec(status)?.[1]?.split(/\s+/) ?? [];
      return numbers.length === 2 && numbers[1] === '1';
    } catch {
      return false;
    }
  });
}

/** SIGKILL to everything in these cgroups until nothing is left; throws LAB_TIMEOUT when something does not die. */
export async function killAll(lab: string, host?: string): Promise<void> {
  const where = host === undefined ? `lab ${lab}` : `${host} of lab ${lab}`;
  await until(`the processes of ${where} do not end`, 30_000, async () => {
    const alive = processesIn(lab, host);
    for (const pid of alive) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    return alive.length === 0;
  });
}

/** Removes the cgroups of a lab, or of one of its hosts, children first; no process may be left in them. */
export async function removeCgroups(lab: string, host?: string): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    const folders = [...cgroupFolders(lab, host)].reverse();
    if (folders.length === 0) break;
    const failures = folders.filter((folder) => !removed(folder));
    if (failures.length > 0 && attempt > 100) {
      throw new LandfallError({ code: 'LAB_CGROUPS', message: `The cgroup ${failures[0]} cannot be removed.` });
    }
    if (failures.length > 0) await pause(50);
  }
  if (host !== undefined) return;
  // The folder of all labs goes with the last of them.
  for (const { folder } of cgroupsOfMachine().hierarchies) removed(path.join(folder, top));
}

function removed(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return !existsSync(folder);
  }
}
