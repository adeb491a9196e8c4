import { copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Lab } from '../hosts/lab.ts';
import { labHome, landfallEnvironment } from './landfall.ts';

export type OperatorHome = {
  /** What a program needs to take this home for its person's own. */
  readonly environment: Readonly<Record<string, string>>;
  /** As that person would write it. */
  readonly keyFile: string;
};

/**
 * The home of a person who works on a lab's hosts: a key that every host takes, an SSH configuration that names them, and
 * a bundle where the program looks by itself.
 */
export async function makeOperatorHome(lab: Lab, bundle: string): Promise<OperatorHome> {
  const home = lab.directory;
  const ssh = path.join(home, '.ssh');
  await mkdir(ssh, { recursive: true, mode: 0o700 });
  await copyFile(lab.keyFile, path.join(ssh, 'id_ed25519'));
  const hosts = lab.hosts.map(({ name, address, sshPort }) =>
    [`Host ${name}`, `HostName ${address}`, `Port ${sshPort}`, 'User root', 'IdentityFile ~/.ssh/id_ed25519'].join(
      '\n  ',
    ),
  );
  await writeFile(path.join(ssh, 'config'), `${hosts.join('\n\n')}\n`, { mode: 0o600 });
  const bundles = path.join(labHome(lab), 'bundles');
  await mkdir(bundles, { recursive: true });
  const link = path.join(bundles, path.basename(bundle));
  await rm(link, { force: true });
  await symlink(bundle, link);
  return { environment: { ...landfallEnvironment(lab), HOME: home }, keyFile: '~/.ssh/id_ed25519' };
}
