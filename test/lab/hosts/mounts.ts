import { readFileSync } from 'node:fs';
import { run } from './command.ts';

type Mount = { readonly point: string; readonly device: string };

/** Mounts at or below a folder in this mount namespace, the newest first; the device is major:minor. */
export function mountsBelow(folder: string): readonly Mount[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => {
      const [, , device = '', , point = ''] = line.split(' ');
      const plain = point.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8)));
      return { device, point: plain };
    })
    .filter(({ point }) => point === folder || point.startsWith(`${folder}/`))
    .reverse();
}

/** Unmounts everything at or below a folder; what is busy is detached and goes when its last user does. */
export async function unmountBelow(folder: string): Promise<void> {
  const mounts = mountsBelow(folder);
  await detachLoops(folder, new Set(mounts.map(({ device }) => device)));
  for (const { point } of mounts) {
    if ((await run(['umount', point])).exitCode !== 0) await run(['umount', '--lazy', point]);
  }
}

/** Detaches the loop devices whose files lie on these devices or in this folder: they outlive the host that made them. */
async function detachLoops(folder: string, devices: ReadonlySet<string>): Promise<void> {
  const listed = await run(['losetup', '--list', '--noheadings', '--raw', '--output', 'NAME,BACK-MAJ:MIN,BACK-INO']);
  if (listed.exitCode !== 0) return;
  for (const line of listed.stdout.split('\n')) {
    const [name = '', device = '', inode = ''] = line.split(/\s+/);
    if (name === '') continue;
    // The plain folders of a host lie on this machine's own disk, where only the inode tells whose file it is.
    const ours = overlayDevice(device) && devices.has(device);
    if (ours || (await holds(folder, device, inode))) await run(['losetup', '--detach', name]);
  }
}

/** Overlays have no block device, so their major number is 0; a disk is shared with this machine. */
function overlayDevice(device: string): boolean {
  return device.startsWith('0:');
}

async function holds(folder: string, device: string, inode: string): Promise<boolean> {
  if (overlayDevice(device)) return false;
  const found = await run(['find', folder, '-xdev', '-inum', inode, '-print', '-quit']);
  return found.stdout !== '';
}
