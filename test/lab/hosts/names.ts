import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LandfallError } from '../../../source/errors.ts';
import type { Distribution } from './base-image.ts';

export type LabHost = {
  readonly name: string;
  readonly address: string;
  readonly sshPort: number;
  readonly distribution: Distribution;
};

export const defaultLabName = 'lab';
export const gateway = '10.77.0.1';
export const subnet = '10.77.0.0/24';
/** Addresses of services of the clusters that are installed here. */
export const serviceNetwork = '10.96.0.0/12';
export const bridge = 'lab0';

const stateRoot = '/var/lib/landfall-lab';

/** Folders of a host that must not lie on its overlay root: overlayfs cannot stack on it, and big data has no use for it. */
export const diskFolders = ['containerd', 'kubelet', 'etcd', 'landfall'] as const;

/** Throws LAB_NAME for a name that could not be part of paths, cgroups and machine names alike. */
export function checkLabName(name: string): string {
  if (/^[a-z][a-z0-9-]{0,19}$/.test(name)) return name;
  throw new LandfallError({
    code: 'LAB_NAME',
    message: `${JSON.stringify(name)} cannot be the name of a lab.`,
    fix: 'Use up to 20 lower-case letters, digits and hyphens, a letter first.',
    exitStatus: 2,
  });
}

/** Folder of all labs' state. */
export function labsDirectory(): string {
  return stateRoot;
}

export function labDirectory(name: string): string {
  return path.join(stateRoot, name);
}

export function namespaceName(name: string): string {
  return `landfall-lab-${name}`;
}

export function namespaceFile(name: string): string {
  return path.join('/run/netns', namespaceName(name));
}

/** Name under which systemd-nspawn knows a host; two labs have hosts of the same name. */
export function machineName(lab: string, host: string): string {
  return `landfall-${lab}-${host}`;
}

/** Paths of one host in the lab's state folder. */
export function hostPaths(lab: string, host: string) {
  const folder = path.join(labDirectory(lab), 'hosts', host);
  return {
    folder,
    upper: path.join(folder, 'upper'),
    work: path.join(folder, 'work'),
    root: path.join(folder, 'root'),
    disk: path.join(folder, 'disk'),
    console: path.join(folder, 'console.log'),
    cut: path.join(folder, 'cut'),
  } as const;
}

/** The command, run in the lab's network. */
export function insideNetwork(lab: string, command: readonly string[]): readonly string[] {
  return ['nsenter', `--net=${namespaceFile(lab)}`, '--', ...command];
}

/** When a process was started, in clock ticks since boot: with the pid it names a process for good. Undefined when it is gone. */
export function processStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Field 22; the second field may hold spaces and parentheses, so count from its end.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
