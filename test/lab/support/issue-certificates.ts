import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openClusterPki } from '../../../source/certificates/cluster-pki.ts';
import type { ClusterDocument } from '../../../source/cluster/document.ts';
import { type ChangeItem, changeCertificates } from '../../../source/phases/certificate-change.ts';
import { controlPlaneItems, kubeletItems } from '../../../source/phases/certificate-items.ts';
import { openHostPool } from '../../../source/runs/open-context.ts';

/** The registries keep theirs, which do not end with the others. */
function isOfRegistry(item: ChangeItem): boolean {
  if (item.do === 'restart') return item.unit === 'landfall-registry';
  return item.do === 'place' && item.path.includes('/registry/');
}

/**
 * Gives every host of a cluster certificates of the cluster's own authorities that end in so many days, and restarts what
 * uses them; negative, they have ended, as if it had been off for too long. Runs in the lab's network. Arguments: the
 * cluster's folder on the operator machine, days.
 */
async function issue(home: string, validityDays: number): Promise<void> {
  const { document } = JSON.parse(readFileSync(path.join(home, 'cluster.json'), 'utf8')) as {
    readonly document: ClusterDocument;
  };
  const folder = mkdtempSync(path.join(tmpdir(), 'issued-'));
  const pool = openHostPool(document, home, {});
  const reporter = {
    signal: new AbortController().signal,
    progress() {},
    output: (line: string) => console.log(line),
    note() {},
  };
  try {
    cpSync(path.join(home, 'pki'), folder, { recursive: true });
    const short = { ...document, certificates: { ...document.certificates, validityDays } };
    const pki = await openClusterPki(folder, short);
    const source = { document, pki, trusted: [pki], since: Date.now() };
    await Promise.all(
      document.hosts.map(async (host) => {
        const { connection } = await pool.host(host.name);
        const items =
          host.role === 'control-plane'
            ? (await controlPlaneItems(source, host, connection)).filter((item) => !isOfRegistry(item))
            : [...(await kubeletItems(source, host, connection)), { do: 'restart' as const, unit: 'kubelet' as const }];
        await changeCertificates(connection, `issued-${Date.now()}`, items, reporter);
      }),
    );
  } finally {
    await pool.close();
    rmSync(folder, { recursive: true });
  }
}

const [, , home = '', days = ''] = process.argv;
await issue(home, Number(days));
