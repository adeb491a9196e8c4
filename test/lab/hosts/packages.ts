import { LandfallError } from '../../../source/errors.ts';
import { must, run } from './command.ts';
import { hasProgram } from './machine.ts';

/** Program and the Debian package that brings it. */
const needed = {
  debootstrap: 'debootstrap',
  'systemd-nspawn': 'systemd-container',
  ip: 'iproute2',
  nft: 'nftables',
  iptables: 'iptables',
  ssh: 'openssh-client',
  'ssh-keygen': 'openssh-client',
  openssl: 'openssl',
  nsenter: 'util-linux',
  losetup: 'mount',
} as const;

/** Installs Debian packages; throws LAB_PACKAGES where there is no apt-get. */
export async function installPackages(missing: readonly string[], say: (line: string) => void): Promise<void> {
  if (missing.length === 0) return;
  if (!hasProgram('apt-get')) {
    throw new LandfallError({
      code: 'LAB_PACKAGES',
      message: `The lab needs ${missing.join(', ')}, and this machine has no apt-get to install them with.`,
      fix: 'Install them by hand and try again.',
    });
  }
  say(`installing ${missing.join(', ')}`);
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...missing];
  if ((await run(install, { environment })).exitCode === 0) return;
  await must(['apt-get', 'update'], { environment });
  await must(install, { environment });
}

/** Installs what the lab's hosts need of this machine; does nothing when all of it is there. */
export async function ensurePackages(say: (line: string) => void): Promise<void> {
  const missing = Object.entries(needed)
    .filter(([program]) => !hasProgram(program))
    .map(([, debianPackage]) => debianPackage);
  await installPackages([...new Set(missing)], say);
}

/** Installs skopeo, which reads bundles and makes archives of images as programs of others do. */
export async function ensureSkopeo(say: (line: string) => void): Promise<void> {
  await installPackages(hasProgram('skopeo') ? [] : ['skopeo'], say);
}
