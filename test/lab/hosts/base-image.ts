import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cachePath } from '../cache.ts';
import { must } from './command.ts';

export type Distribution = 'debian-12' | 'debian-13';

const suites: Readonly<Record<Distribution, string>> = { 'debian-12': 'bookworm', 'debian-13': 'trixie' };

const packages = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'openssh-server',
  'iproute2',
  'iptables',
  'kmod',
  'procps',
  'ca-certificates',
  'conntrack',
  'ethtool',
  'socat',
  'curl',
  'sudo',
  'iputils-ping',
  'netbase',
] as const;

/** What every host needs at boot before anything else: its address, shared mounts, writable cgroups. */
const bootScript = `#!/bin/sh
set -eu
. /etc/lab-host
ip link set lo up
ip link set host0 up
ip address replace "$ADDRESS" dev host0
ip route replace default via "$GATEWAY"
mount --make-rshared /
mount -o remount,bind,rw /sys/fs/cgroup
for controller in /sys/fs/cgroup/*/; do
  if mountpoint -q "$controller"; then mount -o remount,bind,rw "$controller"; fi
done
`;

const bootUnit = `[Unit]
Description=Address, mounts and cgroups of this machine
DefaultDependencies=no
After=local-fs.target
Before=network-pre.target network.target ssh.service sysinit.target
Wants=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/lab-boot

[Install]
WantedBy=sysinit.target
`;

const sshConfiguration = `PasswordAuthentication yes
PermitRootLogin prohibit-password
UseDNS no
`;

// The operator's password and everybody's keys are of one lab and come later; a base holds no secret.
const finish = `set -eu
useradd --create-home --shell /bin/bash --gid operator --groups sudo operator
useradd --create-home --shell /bin/bash helper
printf 'helper ALL=(ALL:ALL) NOPASSWD: ALL\\n' >/etc/sudoers.d/helper
chmod 0440 /etc/sudoers.d/helper
systemctl enable lab-boot.service
rm -f /etc/ssh/ssh_host_*
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id
ln -s /etc/machine-id /var/lib/dbus/machine-id
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb
systemctl mask --quiet apt-daily.timer apt-daily-upgrade.timer e2scrub_all.timer dpkg-db-backup.timer fstrim.timer || true
`;

function recipeHash(): string {
  return createHash('sha256')
    .update(JSON.stringify([packages, bootScript, bootUnit, sshConfiguration, finish]))
    .digest('hex')
    .slice(0, 10);
}

/** Deletes what bootstraps that were killed left behind. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const owner = /\.partial-(\d+)$/.exec(name)?.[1];
    if (owner !== undefined && !existsSync(`/proc/${owner}`)) {
      await rm(path.join(folder, name), { recursive: true, force: true });
    }
  }
}

/** Path of the root folder of a distribution; bootstraps it into the cache when it is not there yet (about a minute). */
export async function baseImage(distribution: Distribution, say: (line: string) => void): Promise<string> {
  const target = cachePath('bases', `${distribution}-${recipeHash()}`);
  if (existsSync(target)) return target;
  const started = Date.now();
  await mkdir(path.dirname(target), { recursive: true });
  await removeAbandoned(path.dirname(target));
  const partial = `${target}.partial-${process.pid}`;
  say(`bootstrapping ${distribution}`);
  // Its own mount namespace, so that what debootstrap mounts in the folder goes away with it, however it ends.
  await must([
    'unshare',
    '--mount',
    'debootstrap',
    '--variant=minbase',
    `--include=${packages.join(',')}`,
    suites[distribution],
    partial,
  ]);
  await writeFile(path.join(partial, 'usr/local/sbin/lab-boot'), bootScript);
  await chmod(path.join(partial, 'usr/local/sbin/lab-boot'), 0o755);
  await writeFile(path.join(partial, 'etc/systemd/system/lab-boot.service'), bootUnit);
  await writeFile(path.join(partial, 'etc/ssh/sshd_config.d/lab.conf'), sshConfiguration);
  await must(['chroot', partial, '/bin/sh', '-s'], {
    input: finish,
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  try {
    await rename(partial, target);
  } catch (error) {
    // Another process was faster.
    if (!existsSync(target)) throw error;
    await rm(partial, { recursive: true, force: true });
  }
  say(`${distribution} is ready after ${Math.round((Date.now() - started) / 1000)} s`);
  return target;
}
