import { randomBytes } from 'node:crypto';
import { appendFile, chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { must } from './command.ts';
import { emptiedCgroupsScript, emptiedCgroupsUnit } from './emptied-cgroups.ts';
import { diskFolders, gateway, hostPaths, type LabHost, labDirectory, subnet } from './names.ts';

/** Keys and password of a lab's users, in its state folder. */
export function secretPaths(lab: string) {
  const folder = labDirectory(lab);
  return {
    key: path.join(folder, 'key'),
    password: path.join(folder, 'operator-password'),
    knownHosts: path.join(folder, 'known_hosts'),
  } as const;
}

const sshTarget = (host: LabHost): string => (host.sshPort === 22 ? host.address : `[${host.address}]:${host.sshPort}`);

/** Takes the keys of a host that is no more out of the lab's known hosts. */
export async function forgetHostKeys(lab: string, host: LabHost): Promise<void> {
  const file = secretPaths(lab).knownHosts;
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => !line.startsWith(`${sshTarget(host)} `));
  await writeFile(file, lines.join('\n'));
}

/** Makes the lab's key and the operator's password. */
export async function makeSecrets(lab: string): Promise<void> {
  const paths = secretPaths(lab);
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', `landfall-lab-${lab}`, '-f', paths.key]);
  // Every sign that a shell, a quoting function or a prompt could trip over.
  const random = () => randomBytes(6).toString('base64url');
  await writeFile(paths.password, `${random()}'"$ \\\`!${random()}`, { mode: 0o600 });
}

/** Mounts the root of a host: an overlay on the base, and plain folders where overlays cannot lie. */
export async function mountRoot(lab: string, host: LabHost, base: string): Promise<void> {
  const paths = hostPaths(lab, host.name);
  for (const folder of [paths.upper, paths.work, paths.root]) await mkdir(folder, { recursive: true });
  // It becomes the mode of the host's own root, whatever the umask here.
  await chmod(paths.upper, 0o755);
  // redirect_dir: a folder of the base can be renamed, as on a real disk.
  const options = `lowerdir=${base},upperdir=${paths.upper},workdir=${paths.work},redirect_dir=on`;
  await must(['mount', '-t', 'overlay', '-o', options, machineSource(lab, host), paths.root]);
  for (const name of diskFolders) {
    const source = path.join(paths.disk, name);
    const target = path.join(paths.root, 'var/lib', name);
    await mkdir(source, { recursive: true, mode: name === 'etcd' ? 0o700 : 0o755 });
    await mkdir(target, { recursive: true });
    await must(['mount', '--bind', source, target]);
  }
}

function machineSource(lab: string, host: LabHost): string {
  return `landfall-lab-${lab}-${host.name}`;
}

/** Writes what makes a host this host: name, address, keys, password, port. Its root must be mounted. */
export async function writeHostFiles(lab: string, host: LabHost, hosts: readonly LabHost[]): Promise<void> {
  const { root } = hostPaths(lab, host.name);
  const secrets = secretPaths(lab);
  const at = (file: string) => path.join(root, file);
  const put = async (file: string, text: string) => {
    await writeFile(at(file), text);
    await chmod(at(file), 0o644);
  };
  const names = hosts.map(({ address, name }) => `${address}\t${name}`).join('\n');
  await put('etc/hostname', `${host.name}\n`);
  await put('etc/hosts', `127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n${names}\n`);
  await put('etc/resolv.conf', '# This network has no name server.\n');
  await put('etc/machine-id', `${randomBytes(16).toString('hex')}\n`);
  await put('etc/lab-host', `ADDRESS=${host.address}/${subnet.split('/')[1]}\nGATEWAY=${gateway}\n`);
  await put('usr/local/sbin/lab-emptied-cgroups', emptiedCgroupsScript);
  await chmod(at('usr/local/sbin/lab-emptied-cgroups'), 0o755);
  await put('etc/systemd/system/lab-emptied-cgroups.service', emptiedCgroupsUnit);
  await symlink(
    '../lab-emptied-cgroups.service',
    at('etc/systemd/system/multi-user.target.wants/lab-emptied-cgroups.service'),
  );
  if (host.sshPort !== 22) await put('etc/ssh/sshd_config.d/port.conf', `Port ${host.sshPort}\n`);
  const password = await readFile(secrets.password, 'utf8');
  await must(['chroot', root, 'chpasswd'], {
    input: `operator:${password}\n`,
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  const publicKey = await readFile(`${secrets.key}.pub`, 'utf8');
  await must(['chroot', root, '/bin/sh', '-s'], {
    input: `set -eu
umask 077
for user in root operator helper; do
  home=$(getent passwd "$user" | cut -d: -f6)
  mkdir -p "$home/.ssh"
  cat >"$home/.ssh/authorized_keys" <<'END'
${publicKey.trim()}
END
  chown -R "$(id -u "$user"):$(id -g "$user")" "$home/.ssh"
done
`,
    environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  await must(['ssh-keygen', '-A', '-f', root]);
  const target = sshTarget(host);
  for (const name of await readdir(at('etc/ssh'))) {
    if (!/^ssh_host_\w+_key\.pub$/.test(name)) continue;
    const [type, key] = (await readFile(at(`etc/ssh/${name}`), 'utf8')).split(' ');
    await appendFile(secrets.knownHosts, `${target} ${type} ${key}\n`);
  }
}
