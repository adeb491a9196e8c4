import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { readAsset } from '../assets.ts';
import type { ClusterDocument } from '../cluster/document.ts';
import { LandfallError, toLandfallError } from '../errors.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { hostPaths } from '../phases/paths.ts';

/** A snapshot that was brought to this machine. */
export type TakenSnapshot = {
  /** The control plane it comes from. */
  readonly host: string;
  readonly size: number;
  readonly kubernetesVersion: string;
};

// What one question brings; small enough for memory and for a break to cost little.
const pieceMebibytes = 8;

/** Brings a file of a host here, piece by piece, and compares its hash. */
async function download(
  connection: HostConnection,
  source: string,
  target: string,
  wanted: { readonly size: number; readonly sha256: string },
  onProgress: (done: number) => void,
): Promise<void> {
  const hash = createHash('sha256');
  const descriptor = openSync(target, 'w', 0o600);
  try {
    const script = `dd if="$1" bs=${pieceMebibytes}M skip="$2" count=1 2>/dev/null | base64`;
    let done = 0;
    for (let piece = 0; done < wanted.size; piece++) {
      const data = Buffer.from(await connection.check('Take the snapshot', script, [source, String(piece)]), 'base64');
      if (data.length === 0) break;
      hash.update(data);
      for (let written = 0; written < data.length; ) written += writeSync(descriptor, data, written);
      done += data.length;
      onProgress(done);
    }
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  if (hash.digest('hex') === wanted.sha256) return;
  throw new LandfallError({
    code: 'UPLOAD_HASH',
    message: `The snapshot of ${connection.name} arrived damaged.`,
    fix: 'Run the same command again.',
    context: { host: connection.name },
  });
}

/** Takes a snapshot from the first control plane that gives one, into a file here that only its owner can read. */
export async function takeSnapshot(
  document: ClusterDocument,
  connectionTo: (name: string) => HostConnection,
  target: string,
  onProgress: (done: number, total: number) => void,
): Promise<TakenSnapshot> {
  const planes = document.hosts.filter((host) => host.role === 'control-plane');
  const failures: LandfallError[] = [];
  for (const plane of planes) {
    const connection = connectionTo(plane.name);
    const file = `${hostPaths.state}/backup-${randomBytes(6).toString('hex')}.db`;
    try {
      const script = await readAsset('hosts/backup-snapshot.sh');
      const answer = await connection.check('Take a snapshot of etcd', script, [file]);
      const [size = '', sha256 = '', kubernetesVersion = ''] = answer.trim().split(' ');
      const wanted = { size: Number(size), sha256 };
      await download(connection, file, target, wanted, (done) => onProgress(done, wanted.size));
      return { host: plane.name, size: wanted.size, kubernetesVersion };
    } catch (thrown) {
      failures.push(toLandfallError(thrown, { host: plane.name }));
    } finally {
      await connection.run('rm -f "$1"', [file]).catch(() => {});
    }
  }
  throw failures[0] ?? new TypeError('a validated document has a control plane');
}

/**
 * Keys of authorities from the first control plane that has each, by their names below the cluster's folder. Throws
 * BACKUP_SECRETS when one is nowhere.
 */
export async function fetchKeys(
  document: ClusterDocument,
  connectionTo: (name: string) => HostConnection,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const plane of document.hosts.filter((host) => host.role === 'control-plane')) {
    for (const name of names.filter((wanted) => !found.has(wanted))) {
      const file = name.replace(/^pki/, hostPaths.kubernetesPki);
      const text = await connectionTo(plane.name)
        .readFile(file)
        .catch(() => undefined);
      if (text !== undefined) found.set(name, text);
    }
  }
  // The registry's authority is only ever on this machine; without its key it is made anew.
  const lost = names.filter((name) => !found.has(name) && !name.startsWith('pki/registry/'));
  if (lost.length === 0) return found;
  throw new LandfallError({
    code: 'BACKUP_SECRETS',
    message: `These keys are neither on this machine nor on a control plane that answers: ${lost.join(', ')}.`,
    fix: 'See that a control plane can be reached, then run the same command again.',
    exitStatus: 2,
  });
}

/** Lets every control plane that answers remember when the last backup was made, so that any machine can tell its age. */
export async function noteBackup(
  document: ClusterDocument,
  connectionTo: (name: string) => HostConnection,
): Promise<void> {
  const planes = document.hosts.filter((host) => host.role === 'control-plane');
  await Promise.allSettled(
    planes.map((plane) =>
      connectionTo(plane.name).run('date +%s >/var/lib/landfall/last-backup', [], { timeout: 10_000 }),
    ),
  );
}
