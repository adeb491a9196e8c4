import { copyFile, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { HostEntry } from '../../../source/cluster/document.ts';
import { LandfallError } from '../../../source/errors.ts';
import { keepalivedConfiguration } from '../../../source/phases/keepalived-configuration.ts';
import { repositoryFile } from '../cluster/landfall.ts';
import { must, run } from '../hosts/command.ts';
import { hasProgram } from '../hosts/machine.ts';
import { installPackages } from '../hosts/packages.ts';
import { ensureDebianRoot } from '../images/debian.ts';

const packages = ['linux-image-cloud-amd64', 'keepalived', 'ipvsadm', 'iproute2', 'openssl', 'busybox-static', 'kmod'];
// What of the kernel's modules is about networks, and what those need.
const modules = ['net', 'lib', 'crypto', 'drivers/net/veth.ko'];

const planes: readonly HostEntry[] = [1, 2].map((number) => ({
  name: `server${number}`,
  address: `10.0.0.1${number}`,
  role: 'control-plane',
  connection: 'ssh',
  ssh: { user: 'root', port: 22 },
}));

/** A kernel and an initial file system with keepalived, our own files, and the script that is its only process. */
async function makeMachine(folder: string, say: (line: string) => void) {
  const debian = await ensureDebianRoot({ suite: 'bookworm', packages }, say);
  const boot = await readdir(path.join(debian, 'boot'));
  const kernelName = boot.find((name) => name.startsWith('vmlinuz-'));
  if (kernelName === undefined) throw new Error(`no kernel in ${debian}/boot`);
  const version = kernelName.slice('vmlinuz-'.length);
  const root = path.join(folder, 'root');
  await mkdir(root);
  for (const part of ['usr/bin', 'usr/sbin', 'usr/lib', 'usr/lib64', 'etc', 'bin', 'sbin', 'lib', 'lib64']) {
    const source = path.join(debian, part);
    await cp(source, path.join(root, part), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (name) => !/\/modules\/|\/(perl|python3|locale|initramfs-tools|systemd|gconv)\//.test(`${name}/`),
    }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  const from = path.join(debian, 'lib/modules', version);
  const to = path.join(root, 'lib/modules', version);
  for (const part of modules) {
    const source = path.join(from, 'kernel', part);
    await cp(source, path.join(to, 'kernel', part), { recursive: true });
  }
  for (const name of ['modules.order', 'modules.builtin']) await copyFile(path.join(from, name), path.join(to, name));
  await must(['chroot', root, '/bin/busybox', 'depmod', version]);
  for (const name of ['proc', 'sys', 'dev', 'run', 'tmp', 'var', 'landfall']) {
    await mkdir(path.join(root, name), { recursive: true });
  }
  await writeFile(path.join(root, 'landfall/keepalived.conf'), keepalivedConfiguration('10.103.97.2', 7443, planes));
  await copyFile(repositoryFile('assets/hosts/virtual-address.sh'), path.join(root, 'landfall/virtual-address.sh'));
  await copyFile(repositoryFile('test/lab/ipvs/machine-init.sh'), path.join(root, 'init'));
  await must(['chmod', '755', path.join(root, 'init')]);
  const image = path.join(folder, 'initial.cpio.gz');
  await must([
    'sh',
    '-c',
    'cd "$1" && find . | chroot . /bin/busybox cpio -o -H newc 2>/dev/null | gzip -1 >"$2"',
    'sh',
    root,
    image,
  ]);
  return { kernel: path.join(debian, 'boot', kernelName), image };
}

/**
 * Lets keepalived balance in a small virtual machine with Debian's kernel, by the configuration that Landfall writes: real
 * ip_vs, two servers, one that loses its network and comes back, one that says it is not ready. Returns what was seen;
 * throws LAB_IPVS when anything is not as it should be.
 */
export async function proveIpvs(say: (line: string) => void): Promise<readonly string[]> {
  if (!hasProgram('qemu-system-x86_64')) await installPackages(['qemu-system-x86'], say);
  const folder = await mkdtemp(path.join(tmpdir(), 'landfall-ipvs-'));
  try {
    const { kernel, image } = await makeMachine(folder, say);
    say('starting a virtual machine without hardware support; it takes a minute or more');
    const lines: string[] = [];
    const output = await run(
      [
        ...['qemu-system-x86_64', '-machine', 'q35,accel=tcg', '-cpu', 'max', '-m', '1024', '-smp', '2', '-no-reboot'],
        ...['-nographic', '-nic', 'none', '-kernel', kernel, '-initrd', image],
        ...['-append', 'console=ttyS0 quiet panic=-1 rdinit=/init'],
      ],
      {
        timeout: 900_000,
        onLine(line) {
          const text = /^.*?proof (.*?)\r?$/.exec(line)?.[1];
          if (text === undefined) return;
          lines.push(text);
          say(text);
        },
      },
    );
    if (lines.at(-1) === 'end done') return lines;
    throw new LandfallError({
      code: 'LAB_IPVS',
      message: `The virtual machine did not come to its end: ${lines.at(-1) ?? 'it said nothing'}.`,
      context: { output: `${output.stdout}\n${output.stderr}`.trim().split('\n').slice(-40).join('\n') },
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
