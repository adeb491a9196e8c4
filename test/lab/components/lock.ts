import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LandfallError } from '../../../source/errors.ts';

/**
 * Runs the work while no other process holds the same lock file; waits for the one that does. The file names the holder.
 * The kernel holds the lock through a child that ends with this process, so a lock never outlives its owner.
 */
export async function withLock<Result>(
  file: string,
  say: (line: string) => void,
  work: () => Promise<Result>,
): Promise<Result> {
  await mkdir(path.dirname(file), { recursive: true });
  const holder = spawn('flock', ['--exclusive', file, 'sh', '-c', 'echo held; exec cat >/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // An interrupt from the keyboard must not end the holder before the work is undone.
    detached: true,
  });
  holder.stdin.on('error', () => {});
  const ended = once(holder, 'close');
  ended.catch(() => {});
  const notice = setTimeout(async () => {
    const owner = (await readFile(file, 'utf8').catch(() => '')).trim();
    say(`waiting for process ${owner || 'unknown'}, which holds ${path.basename(file)}`);
  }, 1000);
  try {
    const held = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
    if (!held) throw new LandfallError({ code: 'LAB_LOCK', message: `The lock ${file} could not be taken.` });
    clearTimeout(notice);
    await writeFile(file, `${process.pid}\n`);
    return await work();
  } finally {
    clearTimeout(notice);
    holder.stdin.end();
    await ended.catch(() => undefined);
  }
}
