import { accessSync, constants, existsSync, readFileSync, statfsSync } from 'node:fs';
import path from 'node:path';

/** Whether a program is on PATH or in the places of the administrator's programs. */
export function hasProgram(name: string): boolean {
  const folders = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  return folders.some((folder) => {
    try {
      accessSync(path.join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Why this machine cannot run the lab, in one sentence; undefined when it can. */
export function whyNoLab(): string | undefined {
  if (process.platform !== 'linux') return `The lab needs Linux; this machine runs ${process.platform}.`;
  if (process.getuid?.() !== 0) return 'The lab needs root: it makes network namespaces, mounts and cgroups.';
  const capabilities = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  // Bits 12 and 21 are CAP_NET_ADMIN and CAP_SYS_ADMIN.
  const needed = (1n << 12n) | (1n << 21n);
  if ((BigInt(`0x${capabilities}`) & needed) !== needed) {
    return 'The lab needs CAP_SYS_ADMIN and CAP_NET_ADMIN; this root does not have them.';
  }
  if (!/\boverlay$/m.test(readFileSync('/proc/filesystems', 'utf8')) && !hasProgram('modprobe')) {
    return 'The lab needs overlayfs, which this kernel does not have.';
  }
  // OVERLAYFS_SUPER_MAGIC: the machine is a container itself, and overlays cannot be stacked on its disk.
  if (statfsSync('/var/lib').type === 0x794c7630)
    return 'The lab needs /var/lib on a plain disk; here it is an overlay.';
  if (!existsSync('/sys/fs/cgroup/systemd') && !existsSync('/sys/fs/cgroup/cgroup.controllers')) {
    return 'The lab needs cgroups below /sys/fs/cgroup.';
  }
  if (!hasProgram('systemd-nspawn') && !hasProgram('apt-get')) {
    return 'The lab needs systemd-nspawn, and there is no apt-get to install it with.';
  }
  return undefined;
}
