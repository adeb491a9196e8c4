import { mkdir, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LandfallError } from '../errors.ts';
import { writeError } from './files.ts';
import { bundleDescriptor, readIndex, readSummary, writeLayoutMark } from './layout.ts';
import type { BundleSummary } from './summary.ts';

/** Folder of what is on its way, inside the bundle's folder: so that moving it into place costs nothing. */
export function partialFolder(directory: string): string {
  return path.join(directory, '.partial');
}

const exists = (file: string): Promise<boolean> =>
  stat(file).then(
    () => true,
    () => false,
  );

/** Refuses a folder that holds a layout of somebody else: its blobs would be taken for left-overs and removed. */
async function refuseForeign(directory: string): Promise<void> {
  const foreign = (what: string): LandfallError =>
    new LandfallError({
      code: 'BUNDLE_OUTPUT_FOREIGN',
      message: `${directory} holds ${what} that Landfall did not make.`,
      fix: 'Name another folder with --output.',
      exitStatus: 2,
    });
  const marked = await exists(path.join(directory, 'oci-layout'));
  if (!marked && (await exists(path.join(directory, 'blobs')))) throw foreign('blobs');
  if (!(await exists(path.join(directory, 'index.json')))) return;
  if (!marked) throw foreign('an index.json');
  const index = await readIndex(directory).catch((error: unknown) => {
    if (error instanceof LandfallError && error.code === 'BUNDLE_CORRUPT') return undefined;
    throw error;
  });
  if (index !== undefined && bundleDescriptor(index) === undefined) throw foreign('an image layout');
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Keeps a second build out of the folder while one runs. */
async function claim(directory: string): Promise<void> {
  const owner = path.join(partialFolder(directory), 'owner');
  const text = await readFile(owner, 'utf8').catch(() => '');
  const pid = Number.parseInt(text, 10);
  if (Number.isInteger(pid) && pid !== process.pid && isRunning(pid)) {
    throw new LandfallError({
      code: 'BUNDLE_BUSY',
      message: `Another build (process ${pid}) is writing to ${directory}.`,
      fix: `Wait for it to end. If process ${pid} is something else, remove ${owner}.`,
    });
  }
  await writeFile(owner, `${process.pid}\n`);
}

/**
 * Makes the folder ready to be built into.
 * @throws BUNDLE_OUTPUT_FOREIGN, BUNDLE_BUSY, BUNDLE_WRITE, BUNDLE_DISK_FULL
 */
export async function prepareOutput(directory: string): Promise<void> {
  await refuseForeign(directory);
  try {
    await mkdir(partialFolder(directory), { recursive: true });
    await claim(directory);
    await writeLayoutMark(directory);
  } catch (cause) {
    throw writeError(cause, 'The bundle', directory);
  }
}

/** Gives the folder back to other builds; what is on its way stays for the next one. */
export async function releaseOutput(directory: string): Promise<void> {
  await rm(path.join(partialFolder(directory), 'owner'), { force: true });
}

/** The summary of what the folder holds before the build, or undefined when it holds no readable bundle. */
export async function formerSummary(directory: string): Promise<BundleSummary | undefined> {
  try {
    return (await readSummary(directory, await readIndex(directory))).summary;
  } catch {
    return undefined;
  }
}

async function partialBytes(directory: string): Promise<number> {
  const folder = partialFolder(directory);
  let sum = 0;
  for (const name of await readdir(folder)) sum += await stat(path.join(folder, name)).then((found) => found.size);
  return sum;
}

/** Refuses to begin when the disk cannot take what has to be fetched; BUNDLE_DISK_FULL. */
export async function requireSpace(directory: string, bytes: number): Promise<void> {
  const needed = bytes - (await partialBytes(directory));
  const { bavail, bsize } = await statfs(directory);
  const free = bavail * bsize;
  if (needed <= free) return;
  throw new LandfallError({
    code: 'BUNDLE_DISK_FULL',
    message: `The bundle needs ${Math.ceil(needed / 1e6)} MB more in ${directory}, where ${Math.floor(free / 1e6)} MB are free.`,
    fix: 'Free space there, or name another folder with --output; what was fetched already is kept.',
  });
}
