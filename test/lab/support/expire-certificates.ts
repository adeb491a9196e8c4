import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openClusterPki } from '../../../source/certificates/cluster-pki.ts';
import type { ClusterDocument } from '../../../source/cluster/document.ts';
import { changeCertificates } from '../../../source/phases/certificate-change.ts';
import { controlPlaneItems, kubeletItems } from '../../../source/phases/certificate-items.ts';
import { openHostPool } from '../../../source/runs/open-context.ts';

/**
 * Gives every host of a cluster certificates that ended an hour ago, of the cluster's own authorities, and restarts what
 * uses them: as if it had been off for too long. Runs in the lab's network. Arguments: the cluster's folder on the operator
 * machine.
 */
async function expire(home: string): Promise<void> {
  const { document } = JSON.parse(readFileSync(path.join(home, 'cluster.json'), 'utf8')) as {
    readonly document: ClusterDocument;
  };
  const folder = mkdtempSync(path.join(tmpdir(), 'expired-'));
  const pool = openHostPool(document, home, {});
  const reporter = {
    signal: new AbortController().signal,
    progress() {},
    output: (line: string) => console.log(line),
    note() {},
  };
  try {
    cpSync(path.join(home, 'pki'), folder, { recursive: true });
    const ended = { ...document, certificates: { ...document.certificates, validityDays: -1 / 24 } };
    const pki = await openClusterPki(folder, ended);
    const source = { document, pki, trusted: [pki], since: Date.now() };
    await Promise.all(
      document.hosts.map(async (host) => {
        const { connection } = await pool.host(host.name);
        const items =
          host.role === 'control-plane'
            ? await controlPlaneItems(source, host, connection)
            : [...(await kubeletItems(source, host, connection)), { do: 'restart' as const, unit: 'kubelet' as const }];
        await changeCertificates(connection, `expired-${Date.now()}`, items, reporter);
      }),
    );
  } finally {
    await pool.close();
    rmSync(folder, { recursive: true });
  }
}

await expire(process.argv[2] ?? '');
