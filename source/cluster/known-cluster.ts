import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { LandfallError } from '../errors.ts';
import type { ClusterDocument } from './document.ts';
import { clusterHome, landfallHome } from './home.ts';
import { loadClusterDocument } from './load-document.ts';
import { writePrivateFile } from './secrets.ts';

/** What the operator machine remembers of a cluster, so that later commands need only its name. */
export type KnownCluster = { readonly document: ClusterDocument; readonly bundle?: string };

const fileOf = (name: string): string => path.join(clusterHome(name), 'cluster.json');

export function rememberCluster(cluster: KnownCluster): void {
  writePrivateFile(fileOf(cluster.document.name), `${JSON.stringify(cluster, undefined, 2)}\n`);
}

export function recallCluster(name: string): KnownCluster | undefined {
  try {
    return JSON.parse(readFileSync(fileOf(name), 'utf8')) as KnownCluster;
  } catch {
    return undefined;
  }
}

/** Names of the clusters this operator machine knows. */
export function listClusters(): readonly string[] {
  try {
    const folder = path.join(landfallHome(), 'clusters');
    return readdirSync(folder)
      .filter((name) => statSync(path.join(folder, name)).isDirectory())
      .sort();
  } catch {
    return [];
  }
}

/**
 * The cluster a command is about: a document's file, a known name, or the only one there is.
 * Throws CLUSTER_UNKNOWN (exit code 2) with the known names.
 */
export function chooseCluster(fileOrName: string | undefined): KnownCluster {
  if (fileOrName !== undefined && /[./]/.test(fileOrName)) {
    const document = loadClusterDocument(fileOrName);
    const bundle = recallCluster(document.name)?.bundle;
    return bundle === undefined ? { document } : { document, bundle };
  }
  const known = listClusters().filter((name) => recallCluster(name) !== undefined);
  const name = fileOrName ?? (known.length === 1 ? known[0] : undefined);
  const cluster = name === undefined ? undefined : recallCluster(name);
  if (cluster !== undefined) return cluster;
  throw new LandfallError({
    code: 'CLUSTER_UNKNOWN',
    message:
      name === undefined
        ? known.length === 0
          ? 'No cluster is known on this machine.'
          : 'More than one cluster is known on this machine.'
        : `No cluster named ${name} is known on this machine.`,
    fix:
      known.length === 0 ? 'Name the cluster document.' : `Name the cluster document, or one of: ${known.join(', ')}.`,
    exitStatus: 2,
  });
}
