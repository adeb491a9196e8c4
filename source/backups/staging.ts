import { randomBytes } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ClusterDocument } from '../cluster/document.ts';
import { writePrivateFile } from '../cluster/secrets.ts';
import { documentEntry, fileDigest, readBackup, snapshotEntry } from './archive.ts';
import type { BackupHeader } from './encrypted-file.ts';

/** An opened backup on this machine, while it is being restored from. */
export type StagedBackup = {
  /** Made for this restore; the same when the same command goes on after a break. */
  readonly id: string;
  readonly header: BackupHeader;
  readonly document: ClusterDocument;
  readonly snapshot: { readonly file: string; readonly size: number; readonly sha256: string };
  /** What was decided when this restore began, if it has begun before. */
  readonly decided: string | undefined;
};

const folderOf = (home: string): string => path.join(home, 'restore');
const stateOf = (home: string): string => path.join(folderOf(home), 'state.json');

type State = { readonly id: string; readonly backup: string; readonly decided?: string };

function readState(home: string): State | undefined {
  try {
    return JSON.parse(readFileSync(stateOf(home), 'utf8')) as State;
  } catch {
    return undefined;
  }
}

/** The id of a restore that began on this machine and has not succeeded yet. */
export function restoreUnderWay(home: string): string | undefined {
  const state = readState(home);
  return state?.decided === undefined ? undefined : state.id;
}

/**
 * Opens a backup beside the cluster's folder and reads it to its end; see `readBackup` for what it throws.
 * @param goesOn the id of a restore that is gone on with, when it is of the same backup; else it is a new one.
 */
export async function stageBackup(
  file: string,
  passphrase: string,
  home: string,
  goesOn?: string,
): Promise<StagedBackup> {
  const files = path.join(folderOf(home), 'files');
  const header = await readBackup(file, passphrase, files);
  const backup = await fileDigest(file);
  const known = readState(home);
  const state: State =
    known?.backup === backup && known.id === goesOn ? known : { id: randomBytes(8).toString('hex'), backup };
  writePrivateFile(stateOf(home), JSON.stringify(state));
  const snapshot = path.join(files, snapshotEntry);
  return {
    id: state.id,
    header,
    document: JSON.parse(readFileSync(path.join(files, documentEntry), 'utf8')) as ClusterDocument,
    snapshot: { file: snapshot, size: statSync(snapshot).size, sha256: await fileDigest(snapshot) },
    decided: state.decided,
  };
}

/** Keeps what was decided, so that the same command after a break goes on in the same way. */
export function keepDecision(home: string, decided: string): void {
  const state = readState(home);
  if (state !== undefined) writePrivateFile(stateOf(home), JSON.stringify({ ...state, decided }));
}

/** Whether this machine holds secrets of a cluster by that name, and whether its authority is the one of the backup. */
export function secretsHere(home: string): 'none' | 'same' | 'other' {
  const own = path.join(home, 'pki', 'ca.crt');
  if (!existsSync(own) || !existsSync(path.join(home, 'secrets.json'))) return 'none';
  const kept = path.join(folderOf(home), 'files', 'home', 'pki', 'ca.crt');
  return readFileSync(own, 'utf8') === readFileSync(kept, 'utf8') ? 'same' : 'other';
}

/** Puts the backup's secrets and certificates into the cluster's folder; what was there is kept beside it. */
export function adoptSecrets(home: string, id: string): void {
  const kept = path.join(folderOf(home), 'files', 'home');
  const aside = path.join(home, `before-restore-${id}`);
  for (const name of ['secrets.json', 'applications.json', 'pki']) {
    const [source, target] = [path.join(kept, name), path.join(home, name)];
    if (existsSync(target)) {
      mkdirSync(aside, { recursive: true, mode: 0o700 });
      rmSync(path.join(aside, name), { recursive: true, force: true });
      renameSync(target, path.join(aside, name));
    }
    if (existsSync(source)) cpSync(source, target, { recursive: true });
  }
}

/** Brings back from the backup what this machine lacks of a cluster whose authorities it knows: keys left on lost hosts. */
export function completeSecrets(home: string): void {
  const kept = path.join(folderOf(home), 'files', 'home');
  cpSync(kept, home, { recursive: true, force: false });
}

/** Removes the opened backup, which holds secrets and the whole state in plain. */
export function forgetRestore(home: string): void {
  rmSync(folderOf(home), { recursive: true, force: true });
}
