import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { LandfallError } from '../errors.ts';

const reasons = new Map([
  ['ENOSPC', { code: 'BUNDLE_DISK_FULL', what: 'no space is left', fix: 'Free space there, or choose another folder' }],
  ['EDQUOT', { code: 'BUNDLE_DISK_FULL', what: 'the quota is used up', fix: 'Free space, or choose another folder' }],
  ['EFBIG', { code: 'BUNDLE_WRITE', what: 'the file system takes no file of that size', fix: 'Choose another folder' }],
  ['EROFS', { code: 'BUNDLE_WRITE', what: 'the file system is read-only', fix: 'Choose another folder' }],
  ['EACCES', { code: 'BUNDLE_WRITE', what: 'permission is denied', fix: 'Choose a folder you may write to' }],
  ['EPERM', { code: 'BUNDLE_WRITE', what: 'permission is denied', fix: 'Choose a folder you may write to' }],
  ['ENOTDIR', { code: 'BUNDLE_WRITE', what: 'a file is in the way of a folder', fix: 'Choose another folder' }],
  ['EEXIST', { code: 'BUNDLE_WRITE', what: 'a file is in the way of a folder', fix: 'Choose another folder' }],
]);

/** The error for something that could not be written below a bundle's folder. */
export function writeError(cause: unknown, item: string, place: string): unknown {
  if (cause instanceof LandfallError) return cause;
  const system = (cause as NodeJS.ErrnoException | undefined)?.code;
  if (system === undefined) return cause;
  const reason = reasons.get(system) ?? {
    code: 'BUNDLE_WRITE',
    what: (cause as Error).message,
    fix: 'Check the disk',
  };
  return new LandfallError({
    code: reason.code,
    message: `${item} cannot be written to ${place}: ${reason.what}.`,
    fix: `${reason.fix}, then run the same command again; what is there already is kept.`,
    cause,
  });
}

/** Writes a small file so that it is there whole or not at all, even when the power goes. */
export async function writeFileWhole(file: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${file}.new`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    const handle = await open(temporary, 'w', 0o644);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(cause, path.basename(file), path.dirname(file));
  }
}

/** Makes the names in a folder durable; file systems that cannot are left alone. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
