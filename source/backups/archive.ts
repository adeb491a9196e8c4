import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, pack } from 'tar-stream';
import type { ClusterDocument } from '../cluster/document.ts';
import { LandfallError } from '../errors.ts';
import { type BackupHeader, openEncrypted, writeEncrypted } from './encrypted-file.ts';

/** The snapshot of etcd in a backup. */
export const snapshotEntry = 'etcd.db';
/** The cluster document, as JSON with every default filled in. */
export const documentEntry = 'document.json';
// What the operator machine keeps of a cluster and a lost cluster cannot be rebuilt without.
const homeEntries = ['secrets.json', 'applications.json', 'pki'] as const;

function filesBelow(folder: string, name: string): readonly string[] {
  const whole = path.join(folder, name);
  const found = statSync(whole, { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (!found.isDirectory()) return [name];
  return readdirSync(whole)
    .sort()
    .flatMap((entry) => filesBelow(folder, `${name}/${entry}`));
}

/** Secrets and certificates of a cluster's folder that go into its backup. Throws BACKUP_SECRETS where there are none. */
export function secretFiles(home: string): readonly string[] {
  const files = homeEntries.flatMap((name) => filesBelow(home, name)).filter((name) => !name.endsWith('.new'));
  if (files.includes('secrets.json') && files.includes('pki/ca.crt')) return files;
  throw new LandfallError({
    code: 'BACKUP_SECRETS',
    message: `This machine does not hold the secrets and certificates of the cluster (${home}).`,
    fix: 'Make the backup on the machine from which the cluster was installed.',
    exitStatus: 2,
  });
}

/** Keys of authorities that are not on this machine because the document leaves them on control planes. */
export function missingKeys(home: string): readonly string[] {
  const files = new Set(secretFiles(home));
  const authorities = [...files].filter((name) => /^pki\/(.*\/)?(.*-)?ca\.crt$/.test(name));
  return [...authorities.map((name) => name.replace(/crt$/, 'key')), 'pki/sa.key'].filter((name) => !files.has(name));
}

export type BackupContent = {
  readonly document: ClusterDocument;
  /** Folder of the cluster on this machine. */
  readonly home: string;
  /** A file with the snapshot, verified. */
  readonly snapshot: string;
  /** Texts of files of the cluster's folder that are not on this machine, by their names below it. */
  readonly fetched?: ReadonlyMap<string, string>;
};

/** Writes one encrypted file with all that rebuilds a cluster. Returns its size in bytes. */
export async function writeBackup(
  file: string,
  passphrase: string,
  header: BackupHeader,
  content: BackupContent,
): Promise<number> {
  const { document, home, snapshot, fetched = new Map<string, string>() } = content;
  const archive = pack();
  const small = (name: string, text: string | Buffer): void => {
    archive.entry({ name, mode: 0o600 }, text);
  };
  const fill = async (): Promise<void> => {
    small(documentEntry, JSON.stringify(document));
    for (const name of secretFiles(home)) small(`home/${name}`, readFileSync(path.join(home, name)));
    for (const [name, text] of fetched) small(`home/${name}`, text);
    const entry = archive.entry({ name: snapshotEntry, mode: 0o600, size: statSync(snapshot).size });
    await pipeline(createReadStream(snapshot), entry);
    archive.finalize();
  };
  const filled = fill().catch((error: unknown) => {
    archive.destroy(error as Error);
  });
  const size = await writeEncrypted(file, passphrase, header, archive as AsyncIterable<Buffer>);
  await filled;
  return size;
}

function targetOf(folder: string, name: string): string {
  const target = path.resolve(folder, name);
  if (target.startsWith(`${path.resolve(folder)}${path.sep}`)) return target;
  throw new LandfallError({
    code: 'BACKUP_FORMAT',
    message: 'The backup names a file outside its own folder.',
    exitStatus: 2,
  });
}

/**
 * Opens a backup into a folder that only its owner can read, and reads all of it, so that a damaged one is found before
 * anything is changed. The folder is emptied first, and removed when anything is wrong.
 */
export async function readBackup(file: string, passphrase: string, folder: string): Promise<BackupHeader> {
  const opened = await openEncrypted(file, passphrase);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  try {
    const archive = extract();
    const unpacked = pipeline(Readable.from(opened.content()), archive);
    unpacked.catch(() => {});
    for await (const entry of archive) {
      if (entry.header.type !== 'file') {
        entry.resume();
        continue;
      }
      const target = targetOf(folder, entry.header.name);
      mkdirSync(path.dirname(target), { recursive: true, mode: 0o700 });
      await pipeline(entry, createWriteStream(target, { mode: 0o600 }));
    }
    await unpacked;
    for (const name of [documentEntry, snapshotEntry, 'home/secrets.json']) {
      if (statSync(path.join(folder, name), { throwIfNoEntry: false }) === undefined) {
        throw new LandfallError({
          code: 'BACKUP_FORMAT',
          message: `The backup holds no ${name}.`,
          fix: 'Use another backup.',
          exitStatus: 2,
        });
      }
    }
    return opened.header;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Lower-case hex SHA-256 of a file. */
export async function fileDigest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
