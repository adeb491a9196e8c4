import { Command } from 'commander';
import type { CertificateFacts } from '../certificates/inspect.ts';
import { clusterHome } from '../cluster/home.ts';
import { chooseCluster } from '../cluster/known-cluster.ts';
import { openHostPool } from '../runs/open-context.ts';
import { certificateList } from '../workflows/certificate-list.ts';
import { print, printAside } from './print.ts';

const soon = 30;

/** `landfall certificates`: what the certificates of a cluster are, and how long they last. */
export function certificatesCommand(): Command {
  const list = new Command('list')
    .description('every certificate on every node, with its remaining life; exit code 1 when one needs care')
    .argument('[cluster]', 'name of the cluster, or its document; the only one known unless given')
    .option('--output <format>', 'text or json', 'text')
    .action(async (cluster: string | undefined, options: { readonly output: string }) => {
      const { document } = chooseCluster(cluster);
      const pool = openHostPool(document, clusterHome(document.name), {});
      try {
        const { certificates, unreachable } = await certificateList(document, pool.host);
        if (options.output === 'json') print(JSON.stringify(certificates));
        else for (const line of table(certificates)) print(line);
        for (const { host, error } of unreachable) printAside(`${host}: ${error.message} [${error.code}]`);
        const bad = certificates.some((entry) => entry.daysLeft < soon || !entry.chainValid);
        process.exitCode = bad || unreachable.length > 0 ? 1 : 0;
      } finally {
        await pool.close();
      }
    });
  return new Command('certificates').description("the cluster's certificates").addCommand(list);
}

function lifetime(days: number): string {
  if (days < 0) return `expired ${-days} days ago`;
  if (days < 730) return `${days} days`;
  return `${Math.floor(days / 365)} years`;
}

function table(certificates: readonly CertificateFacts[]): readonly string[] {
  const rows = [...certificates]
    .sort((left, right) => left.daysLeft - right.daysLeft || left.host.localeCompare(right.host))
    .map((entry) => [
      entry.host,
      entry.path,
      entry.commonName,
      lifetime(entry.daysLeft),
      entry.chainValid ? '' : '!! not signed by an authority of this cluster',
    ]);
  const all = [['HOST', 'FILE', 'NAME', 'LEFT', ''], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
