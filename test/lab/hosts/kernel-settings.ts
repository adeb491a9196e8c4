import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { labsDirectory } from './names.ts';

// Namespaces do not separate these: what a kubelet or a preparation step sets on a host is set on this machine.
const shared = [
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/pid_max',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'vm/swappiness',
  'vm/max_map_count',
  'fs/file-max',
  'fs/nr_open',
  'fs/inotify/max_user_instances',
  'fs/inotify/max_user_watches',
  'fs/may_detach_mounts',
] as const;

/** All hosts are one root to the kernel; the default of 128 instances does not last for five of them. */
const wanted: Readonly<Record<string, number>> = {
  'fs/inotify/max_user_instances': 8192,
  'fs/inotify/max_user_watches': 524_288,
};

function file(): string {
  return path.join(labsDirectory(), 'kernel-settings.json');
}

function read(setting: string): string | undefined {
  try {
    return readFileSync(path.join('/proc/sys', setting), 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Notes the machine's settings before its first lab, and raises those of which many hosts need more. */
export function prepareKernelSettings(): void {
  const now = Object.fromEntries(shared.map((setting) => [setting, read(setting)]));
  try {
    writeFileSync(file(), `${JSON.stringify(now, undefined, 2)}\n`, { flag: 'wx' });
  } catch (error) {
    // Another lab is up, and noted them.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  for (const [setting, value] of Object.entries(wanted)) {
    if (Number(now[setting]) < value) writeFileSync(path.join('/proc/sys', setting), `${value}`);
  }
}

/** Gives the machine the settings it had before its first lab; to be called when no lab is left. */
export function restoreKernelSettings(): void {
  let before: Readonly<Record<string, string>>;
  try {
    before = JSON.parse(readFileSync(file(), 'utf8')) as Readonly<Record<string, string>>;
  } catch {
    return;
  }
  for (const [setting, value] of Object.entries(before)) {
    if (read(setting) !== value) writeFileSync(path.join('/proc/sys', setting), value);
  }
  rmSync(file(), { force: true });
}
