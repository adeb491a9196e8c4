import path from 'node:path';
import { Command } from 'commander';
import { readBackupHeader } from '../backups/encrypted-file.ts';
import {
  adoptSecrets,
  completeSecrets,
  forgetRestore,
  keepDecision,
  restoreUnderWay,
  type StagedBackup,
  secretsHere,
  stageBackup,
} from '../backups/staging.ts';
import { openBundle } from '../bundle/open.ts';
import type { ClusterDocument } from '../cluster/document.ts';
import { apiEndpoint } from '../cluster/endpoint.ts';
import { clusterHome } from '../cluster/home.ts';
import { recallCluster, rememberCluster } from '../cluster/known-cluster.ts';
import { loadClusterDocument } from '../cluster/load-document.ts';
import { LandfallError } from '../errors.ts';
import { openHostPool } from '../runs/open-context.ts';
import { listRuns, readRequest, runningRun } from '../runs/run-directory.ts';
import type { RestoreManner } from '../workflows/restore.ts';
import { restoreManner } from '../workflows/restore-manner.ts';
import { readPassphrase } from './passphrase.ts';
import { type OutputFormat, parseOutput, presentToEnd } from './present-run.ts';
import { print } from './print.ts';
import { runWorkflow } from './run-workflow.ts';

type RestoreOptions = {
  readonly document?: string;
  readonly bundle?: string;
  readonly passphraseFile?: string;
  readonly rebuild?: true;
  readonly yes?: true;
  readonly output: string;
  readonly verbose?: true;
  readonly takeOver?: true;
};

/** `landfall restore`: brings a cluster back to what it was when a backup was made. */
export function restoreCommand(): Command {
  return new Command('restore')
    .description('rebuild a cluster from a backup, or put its state back to that of a backup')
    .argument('<file>', 'a file that landfall backup made')
    .option('--document <file>', 'the cluster document, where logins have changed; the one in the backup unless given')
    .option('--bundle <folder>', 'the offline bundle; the remembered one unless given')
    .option('--passphrase-file <file>', 'a private file that holds the passphrase; asked for unless given')
    .option('--rebuild', 'make the control planes anew even where all of them live')
    .option('--yes', 'do not ask before changing anything')
    .option('--output <format>', 'plain or ndjson', 'plain')
    .option('--verbose', 'show the log lines of steps too')
    .option('--take-over', "take the cluster's lock from another owner who is known to be gone")
    .action(restore);
}

type Refusal = { readonly code: string; readonly message: string; readonly fix: string };

function refuse(refusal: Refusal): LandfallError {
  return new LandfallError({ ...refusal, exitStatus: 2 });
}

/** What of two documents must agree, because it is part of the state that is restored. */
function identity(document: ClusterDocument): string {
  const planes = document.hosts
    .filter((host) => host.role === 'control-plane')
    .map(({ name, address }) => `${name} ${address}`);
  return JSON.stringify([document.name, document.network, apiEndpoint(document), planes]);
}

function chosenDocument(staged: StagedBackup, file: string | undefined): ClusterDocument {
  if (file === undefined) return staged.document;
  const document = loadClusterDocument(file);
  if (identity(document) === identity(staged.document)) return document;
  throw refuse({
    code: 'RESTORE_DOCUMENT',
    message: `${file} describes another cluster than the backup: its name, networks, load balancer and control planes must be the same.`,
    fix: 'Give the new machines the names and addresses of the old ones, or leave --document out.',
  });
}

/** Watches a restore that goes on already; the passphrase is not needed for that. */
async function watchRunning(cluster: string, output: OutputFormat, verbose: boolean): Promise<boolean> {
  const current = runningRun(cluster);
  if (current === undefined || readRequest(current).workflow !== 'restore') return false;
  await presentToEnd(current, output, verbose, () => {});
  return true;
}

/**
 * The restore that the cluster's last run was, when it did not succeed. After any other run the hosts are not what that
 * restore left, so it begins anew.
 */
function brokenOff(cluster: string, home: string): string | undefined {
  const last = listRuns(cluster).at(-1);
  const id = restoreUnderWay(home);
  if (last === undefined || id === undefined) return undefined;
  const request = readRequest(last);
  return request.workflow === 'restore' && request.source.id === id ? id : undefined;
}

async function restore(file: string, options: RestoreOptions): Promise<void> {
  const output = parseOutput(options.output);
  const { cluster } = readBackupHeader(file);
  if (!/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(cluster)) {
    throw refuse({ code: 'BACKUP_FORMAT', message: `${file} names no cluster.`, fix: 'Use another backup.' });
  }
  if (await watchRunning(cluster, output, options.verbose === true)) return;
  const home = clusterHome(cluster);
  const goesOn = brokenOff(cluster, home);
  let begun = goesOn !== undefined;
  try {
    const passphrase = await readPassphrase(options.passphraseFile, false);
    const staged = await stageBackup(path.resolve(file), passphrase, home, goesOn);
    await restoreFrom(staged, home, options, output, () => {
      begun = true;
    });
  } catch (error) {
    // Secrets in plain stay only where the same command will go on with them.
    if (!begun) forgetRestore(home);
    throw error;
  }
}

async function restoreFrom(
  staged: StagedBackup,
  home: string,
  options: RestoreOptions,
  output: OutputFormat,
  onBegin: () => void,
): Promise<void> {
  const { cluster } = staged.header;
  const document = chosenDocument(staged, options.document);
  const bundle = options.bundle === undefined ? recallCluster(cluster)?.bundle : path.resolve(options.bundle);
  if (bundle === undefined) {
    throw refuse({
      code: 'BUNDLE_MISSING',
      message: 'No bundle is known for this cluster.',
      fix: 'Name its folder with --bundle.',
    });
  }
  const { kubernetesVersion } = await openBundle(bundle);
  if (kubernetesVersion !== staged.header.kubernetesVersion) {
    throw refuse({
      code: 'RESTORE_VERSION',
      message: `The backup is of Kubernetes ${staged.header.kubernetesVersion}, the bundle holds ${kubernetesVersion}.`,
      fix: 'Use a bundle of the same version; upgrade the cluster when it is back.',
    });
  }
  const manner = await chosenManner(staged, document, home, options.rebuild === true);
  const known = secretsHere(home);
  if (known === 'other' && manner === 'in-place') {
    throw refuse({
      code: 'RESTORE_OTHER_CLUSTER',
      message:
        'The certificates of the running cluster are not those of the backup, so its old state would not fit them.',
      fix: 'If the cluster shall become that of the backup, make its control planes anew with --rebuild.',
    });
  }
  const { id, snapshot } = staged;
  await runWorkflow(
    {
      workflow: 'restore',
      document,
      bundle,
      manner,
      source: { id, snapshot: snapshot.file, size: snapshot.size, sha256: snapshot.sha256 },
      questions: 'skip-host',
      takeOver: options.takeOver === true,
    },
    {
      output,
      verbose: options.verbose === true,
      yes: options.yes === true,
      question: questionOf(document, manner, staged.header.created),
      confirmed() {
        onBegin();
        keepDecision(home, manner);
        if (known === 'same') completeSecrets(home);
        else adoptSecrets(home, id);
        rememberCluster({ document, bundle });
      },
    },
    () => {
      if (output !== 'plain') return;
      print('');
      print(`The cluster is what it was at ${staged.header.created}.`);
      print(`The state of the cluster:  landfall status ${cluster}`);
      print(`To prove the applications too:  landfall apply ${options.document ?? 'with the cluster document'}`);
    },
  );
}

/** How it is restored; what was decided when this restore began holds to its end. */
async function chosenManner(
  staged: StagedBackup,
  document: ClusterDocument,
  home: string,
  rebuild: boolean,
): Promise<RestoreManner> {
  if (staged.decided === 'rebuild' || staged.decided === 'in-place') return staged.decided;
  const pool = openHostPool(document, home, {});
  try {
    return await restoreManner(document, pool.connection, rebuild);
  } finally {
    await pool.close();
  }
}

function questionOf(document: ClusterDocument, manner: RestoreManner, created: string): string {
  const planes = document.hosts.filter((host) => host.role === 'control-plane').map((host) => host.name);
  return manner === 'rebuild'
    ? `The control planes ${planes.join(', ')} are made anew with the state of ${created}; what etcd holds there now IS LOST. Go on?`
    : `The state of the cluster ${document.name} is set back to ${created}; what was changed since IS LOST. Go on?`;
}
