import { readFileSync } from 'node:fs';
import { run } from './command.ts';

/** Mount points at or below a folder in this mount namespace, the newest first. */
export function mountsBelow(folder: string): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) =>
      (line.split(' ')[4] ?? '').replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8))),
    )
    .filter((point) => point === folder || point.startsWith(`${folder}/`))
    .reverse();
}

/** Unmounts everything at or below a folder; what is busy is detached and goes when its last user does. */
export async function unmountBelow(folder: string): Promise<void> {
  for (const point of mountsBelow(folder)) {
    if ((await run(['umount', point])).exitCode !== 0) await run(['umount', '--lazy', point]);
  }
}
