import { existsSync } from 'node:fs';
import { LandfallError } from '../../../source/errors.ts';
import { hasProgram } from '../hosts/machine.ts';
import { installPackages } from '../hosts/packages.ts';

/** What tells that a package is there, and the Debian package that brings it. */
const needed: readonly { readonly present: () => boolean; readonly debianPackage: string }[] = [
  { present: () => hasProgram('gcc'), debianPackage: 'gcc' },
  { present: () => hasProgram('readelf'), debianPackage: 'binutils' },
  { present: () => hasProgram('pkg-config'), debianPackage: 'pkg-config' },
  { present: () => hasProgram('flock'), debianPackage: 'util-linux' },
  { present: () => existsSync('/usr/include/stdlib.h'), debianPackage: 'libc6-dev' },
  { present: () => existsSync('/usr/include/linux/if.h'), debianPackage: 'linux-libc-dev' },
  { present: () => existsSync('/usr/include/seccomp.h'), debianPackage: 'libseccomp-dev' },
  {
    present: () => existsSync('/usr/share/keyrings/debian-archive-keyring.gpg'),
    debianPackage: 'debian-archive-keyring',
  },
];

/** Installs compilers and headers that are missing; does nothing when all of it is there. Go must be there. */
export async function ensureBuildPackages(say: (line: string) => void): Promise<void> {
  if (!hasProgram('go')) {
    throw new LandfallError({
      code: 'LAB_PACKAGES',
      message: 'The lab builds its components with Go, and there is no go on PATH.',
      fix: 'Install Go 1.26 or newer and try again.',
    });
  }
  const missing = needed.filter((entry) => !entry.present()).map((entry) => entry.debianPackage);
  await installPackages(missing, say);
}
