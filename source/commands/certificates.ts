import { Command } from 'commander';
import type { CertificateFacts } from '../certificates/inspect.ts';
import { clusterHome } from '../cluster/home.ts';
import { chooseCluster } from '../cluster/known-cluster.ts';
import { openHostPool } from '../runs/open-context.ts';
import { certificateList } from '../workflows/certificate-list.ts';
import { namesCommand } from './certificates-names.ts';
import { renewCommand } from './certificates-renew.ts';
import { rotateCommand } from './certificates-rotate.ts';
import { print, printAside } from './print.ts';

/** `landfall certificates`: what the certificates of a cluster are, how long they last, and new ones. */
export function certificatesCommand(): Command {
  const list = new Command('list')
    .description('every certificate on every node, with its remaining life; exit code 1 when one needs care')
    .argument('[cluster]', 'name of the cluster, or its document; the only one known unless given')
    .option('--output <format>', 'text or json', 'text')
    .action(async (cluster: string | undefined, options: { readonly output: string }) => {
      const { document } = chooseCluster(cluster);
      const home = clusterHome(document.name);
      const pool = openHostPool(document, home, {});
      try {
        const { certificates, unreachable } = await certificateList(document, pool.host, home);
        if (options.output === 'json') {
          const hosts = unreachable.map(({ host, error }) => ({ host, code: error.code, message: error.message }));
          print(JSON.stringify({ cluster: document.name, certificates, unreachable: hosts }));
        } else for (const line of table(certificates)) print(line);
        for (const { host, error } of unreachable) printAside(`${host}: ${error.message} [${error.code}]`);
        const bad = certificates.filter((entry) => entry.state !== 'good');
        if (bad.length > 0) {
          printAside(`${bad.length} of ${certificates.length} certificates need care: landfall certificates renew`);
        }
        process.exitCode = bad.length > 0 || unreachable.length > 0 ? 1 : 0;
      } finally {
        await pool.close();
      }
    });
  return new Command('certificates')
    .description("the cluster's certificates")
    .addCommand(list)
    .addCommand(renewCommand())
    .addCommand(rotateCommand())
    .addCommand(namesCommand());
}

function lifetime({ daysLeft, state }: CertificateFacts): string {
  if (state === 'missing' || state === 'unreadable') return '-';
  if (daysLeft < 0) return `ended ${-daysLeft} days ago`;
  if (daysLeft < 730) return `${daysLeft} days`;
  return `${Math.floor(daysLeft / 365)} years`;
}

const words: Readonly<Record<CertificateFacts['state'], string>> = {
  good: '',
  soon: '!! ends soon',
  expired: '!! has ended',
  'not-yet-valid': '!! not valid yet; look at the clock of the host',
  untrusted: '!! not signed by a valid authority of this cluster',
  unreadable: '!! cannot be read',
  missing: '!! is missing',
};

function table(certificates: readonly CertificateFacts[]): readonly string[] {
  const rows = [...certificates]
    .sort((left, right) => left.daysLeft - right.daysLeft || left.host.localeCompare(right.host))
    .map((entry) => [entry.host, entry.path, entry.commonName, lifetime(entry), words[entry.state]]);
  const all = [['HOST', 'FILE', 'NAME', 'LEFT', ''], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
