import { copyFile, cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readAsset } from '../../../source/assets.ts';
import type { ClusterDocument, HostEntry } from '../../../source/cluster/document.ts';
import { parseClusterDocument } from '../../../source/cluster/load-document.ts';
import type { PlacedFile } from '../../../source/hosts/placed-files.ts';
import { kernelFiles, kernelModules } from '../../../source/phases/host-preparation.ts';
import { keepalivedBalancer } from '../../../source/phases/keepalived-balancer.ts';
import { balancerPaths, balancerRoot, startScript } from '../../../source/phases/local-balancer.ts';
import { touchedPaths } from '../../../source/phases/paths.ts';
import { repositoryFile } from '../cluster/landfall.ts';
import { baseImage } from '../hosts/base-image.ts';
import { must } from '../hosts/command.ts';
import { unpackImage } from '../images/build.ts';
import { ensureDebianRoot } from '../images/debian.ts';
import { imageRecipes } from '../images/recipes.ts';

// What of the kernel's modules is about networks and what an install loads, and what those need.
const modules = ['net', 'lib', 'crypto', 'drivers/net/veth.ko', 'drivers/net/vxlan', 'fs/overlayfs'];
// What no program of the proof reads; the file system is in memory.
const leftOut = [
  'usr/share/locale',
  'usr/share/doc',
  'usr/share/man',
  'usr/share/zoneinfo',
  'usr/share/info',
  'var/cache',
  'dev',
];

const written = `apiVersion: landfall/v1
kind: Cluster
metadata: { name: ipvs }
spec:
  hosts:
    - { name: machine, address: 10.0.0.1, role: control-plane }
    - { name: server1, address: 10.0.0.11, role: control-plane }
    - { name: server2, address: 10.0.0.12, role: control-plane }
  loadBalancer: { driver: keepalived }
`;

async function writeFiles(folder: string, files: readonly PlacedFile[]): Promise<void> {
  for (const { path: file, content, mode } of files) {
    const target = path.join(folder, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, content, { mode });
  }
}

/** The files that the phases place on the machine, a folder for each set of control planes, and the scripts they run. */
async function writeLandfall(folder: string, say: (line: string) => void): Promise<void> {
  const document = parseClusterDocument('ipvs.yaml', written);
  const { loadBalancer } = document;
  const [machine] = document.hosts;
  const image = imageRecipes.find(({ name }) => /\/keepalived:/.test(name));
  if (loadBalancer.driver !== 'keepalived' || machine === undefined || image === undefined) {
    throw new TypeError('the document and the images of this proof belong to keepalived');
  }
  const root = balancerRoot({ digest: `sha256:${'0'.repeat(64)}` });
  const balancer = (hosts: readonly HostEntry[]) =>
    keepalivedBalancer({ ...document, hosts } satisfies ClusterDocument, loadBalancer, machine, root);
  for (const [name, count] of [
    ['one', 1],
    ['two', 2],
    ['three', 3],
  ] as const) {
    const { settings, unitText, asset } = balancer(document.hosts.slice(0, count));
    await writeFiles(path.join(folder, name), [
      ...settings,
      { path: `/etc/systemd/system/${balancerPaths.unit}`, content: unitText, mode: 0o644 },
      { path: balancerPaths.script, content: await readAsset(asset), mode: 0o755 },
    ]);
  }
  await writeFiles(path.join(folder, 'kernel'), kernelFiles(document));
  await cp(repositoryFile('assets/hosts'), path.join(folder, 'hosts'), { recursive: true });
  await unpackImage(image, path.join(folder, 'image'), say);
  await mkdir(path.join(folder, 'image/dev'), { recursive: true });
  const paths = [...touchedPaths, ...kernelFiles(document).map((file) => file.path)];
  await writeFile(path.join(folder, 'paths'), `${paths.join('\n')}\n`);
  await writeFile(path.join(folder, 'modules'), `${kernelModules(document).join('\n')}\n`);
  await writeFile(path.join(folder, 'start.sh'), startScript(balancer(document.hosts).serving));
  await writeFile(
    path.join(folder, 'names'),
    `root=${root}\naddress=${loadBalancer.address}\nport=${loadBalancer.port}\n`,
  );
}

const unit = `[Unit]
Description=The proof

[Service]
ExecStart=/bin/sh /landfall/in-machine.sh
StandardOutput=null
StandardError=journal+console
`;

/** A kernel, and an initial file system that is Debian with systemd, our own files, and the script of the proof. */
export async function makeMachine(
  folder: string,
  say: (line: string) => void,
): Promise<{ readonly kernel: string; readonly image: string }> {
  const debian = await ensureDebianRoot(
    { suite: 'bookworm', packages: ['linux-image-cloud-amd64', 'ipvsadm', 'busybox-static'] },
    say,
  );
  const boot = await readdir(path.join(debian, 'boot'));
  const kernelName = boot.find((name) => name.startsWith('vmlinuz-'));
  if (kernelName === undefined) throw new Error(`no kernel in ${debian}/boot`);
  const version = kernelName.slice('vmlinuz-'.length);
  const root = path.join(folder, 'root');
  await mkdir(root);
  const excluded = leftOut.map((name) => `--exclude=./${name}`);
  await must([
    ...['sh', '-c', 'base=$1 root=$2; shift 2; tar -C "$base" -cf - "$@" . | tar -C "$root" -xf -', 'sh'],
    ...[await baseImage('debian-12', say), root, ...excluded],
  ]);
  await copyFile(path.join(debian, 'sbin', 'ipvsadm'), path.join(root, 'usr/sbin', 'ipvsadm'));
  const libraries = path.join(debian, 'lib/x86_64-linux-gnu');
  const more = path.join(debian, 'usr/lib/x86_64-linux-gnu');
  for (const source of [libraries, more]) {
    for (const name of await readdir(source)) {
      if (!/^lib(nl|popt)/.test(name)) continue;
      await cp(path.join(source, name), path.join(root, 'usr/lib/x86_64-linux-gnu', name), { verbatimSymlinks: true });
    }
  }
  const from = path.join(debian, 'lib/modules', version);
  const to = path.join(root, 'usr/lib/modules', version);
  for (const part of modules) {
    await cp(path.join(from, 'kernel', part), path.join(to, 'kernel', part), { recursive: true });
  }
  for (const name of ['modules.order', 'modules.builtin']) await copyFile(path.join(from, name), path.join(to, name));
  await must(['chroot', root, '/sbin/depmod', version]);
  for (const name of ['dev', 'landfall']) await mkdir(path.join(root, name), { recursive: true });
  await writeLandfall(path.join(root, 'landfall'), say);
  await copyFile(repositoryFile('test/lab/ipvs/in-machine.sh'), path.join(root, 'landfall/in-machine.sh'));
  await writeFile(path.join(root, 'etc/systemd/system/proof.service'), unit);
  await rm(path.join(root, 'etc/systemd/system/sysinit.target.wants/lab-boot.service'), { force: true });
  await rm(path.join(root, 'init'), { force: true });
  await symlink('/lib/systemd/systemd', path.join(root, 'init'));
  const image = path.join(folder, 'initial.cpio');
  const busybox = path.join(debian, 'bin/busybox');
  await must(['sh', '-c', 'cd "$1" && find . | "$2" cpio -o -H newc 2>/dev/null >"$3"', 'sh', root, busybox, image]);
  return { kernel: path.join(debian, 'boot', kernelName), image };
}
