import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { missingKeys, secretFiles, writeBackup } from '../backups/archive.ts';
import { clusterHome } from '../cluster/home.ts';
import { chooseCluster } from '../cluster/known-cluster.ts';
import { LandfallError } from '../errors.ts';
import { openHostPool } from '../runs/open-context.ts';
import { runningRun } from '../runs/run-directory.ts';
import { fetchKeys, noteBackup, takeSnapshot } from '../workflows/backup.ts';
import { readPassphrase } from './passphrase.ts';
import { print, printAside } from './print.ts';

type BackupOptions = { readonly output?: string; readonly passphraseFile?: string };

/** `landfall backup`: one encrypted file from which a cluster whose control planes are all lost can be rebuilt. */
export function backupCommand(): Command {
  return new Command('backup')
    .description("save the cluster's state, certificates and secrets into one encrypted file")
    .argument('[cluster]', 'name of the cluster, or its document; the only one known unless given')
    .option('--output <file>', 'the file to write; NAME-TIME.landfall-backup here unless given')
    .option('--passphrase-file <file>', 'a private file that holds the passphrase; asked for unless given')
    .action(backup);
}

async function backup(cluster: string | undefined, options: BackupOptions): Promise<void> {
  const { document } = chooseCluster(cluster);
  const home = clusterHome(document.name);
  secretFiles(home);
  const current = runningRun(document.name);
  if (current !== undefined) {
    throw new LandfallError({
      code: 'RUN_ACTIVE',
      message: `Run ${current.id} of this cluster goes on, so a backup would be of something half done.`,
      fix: `Wait for it: landfall watch ${document.name}.`,
      exitStatus: 4,
    });
  }
  const created = new Date();
  const time = created
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:]/g, '');
  const file = path.resolve(options.output ?? `${document.name}-${time}.landfall-backup`);
  const passphrase = await readPassphrase(options.passphraseFile, true);
  mkdirSync(path.dirname(file), { recursive: true });
  const folder = mkdtempSync(path.join(home, 'backup-'));
  const pool = openHostPool(document, home, {});
  try {
    const snapshot = path.join(folder, 'etcd.db');
    const taken = await takeSnapshot(document, pool.connection, snapshot, () => {});
    printAside(`A snapshot of etcd was taken from ${taken.host}: ${(taken.size / 1024 ** 2).toFixed(1)} MiB.`);
    const header = {
      cluster: document.name,
      created: created.toISOString(),
      kubernetesVersion: taken.kubernetesVersion,
    };
    const fetched = await fetchKeys(document, pool.connection, missingKeys(home));
    const size = await writeBackup(file, passphrase, header, { document, home, snapshot, fetched });
    await noteBackup(document, pool.connection);
    print(`The backup of cluster ${document.name} is in ${file} (${(size / 1024 ** 2).toFixed(1)} MiB, encrypted).`);
    print(
      'Keep it on another machine, and its passphrase in another place; without the passphrase nobody can read it.',
    );
    print(`To bring the cluster back:  landfall restore ${file}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await pool.close();
  }
}
