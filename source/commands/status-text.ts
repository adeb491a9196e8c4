import type { ClusterState, HostState } from '../workflows/status/cluster-state.ts';

// Beyond this many hosts only those that are not well are listed, so that all fits a screen.
const listedHosts = 16;

/** A span of time as a person says it. */
export function ageWords(milliseconds: number): string {
  const minutes = Math.max(0, Math.floor(milliseconds / 60_000));
  if (minutes < 1) return 'less than a minute';
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} days`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1024 ** 2).toFixed(bytes < 10 * 1024 ** 2 ? 1 : 0)} MiB`;
}

function etcdWords({ etcd }: HostState): string {
  if (etcd === undefined) return '';
  const role = etcd.learner ? 'learner' : etcd.leader ? 'leader' : 'member';
  const fsync = etcd.fsyncP99 === undefined ? '' : `, fsync ${etcd.fsyncP99.toFixed(etcd.fsyncP99 < 10 ? 1 : 0)} ms`;
  return `${role}, ${megabytes(etcd.databaseSize)} of ${megabytes(etcd.quota)}${fsync}`;
}

function lossWords({ loss }: HostState): string {
  if (loss.verdict === 'no') return `no: ${loss.reasons.join('; ')}`;
  return loss.verdict;
}

function table(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

function hostLines(hosts: readonly HostState[]): readonly string[] {
  const listed = hosts.length <= listedHosts ? hosts : hosts.filter((host) => host.problems.length > 0);
  const rows = listed.map((host) => [
    host.problems.length === 0 ? '  ok' : '  !!',
    host.name,
    host.role,
    host.problems.length === 0 ? 'ready' : host.problems.join('; '),
    host.node?.version ?? '',
    etcdWords(host),
    lossWords(host),
  ]);
  const lines = table([['    ', 'HOST', 'ROLE', 'STATE', 'VERSION', 'ETCD', 'MAY BE LOST'], ...rows]);
  const rest = hosts.length - listed.length;
  if (rest === 0) return lines;
  const losable = hosts.filter((host) => host.problems.length === 0 && host.loss.verdict === 'no');
  return [
    ...lines,
    `  ok  ${rest} more hosts are ready`,
    ...losable
      .slice(0, listedHosts)
      .map((host) => `      ${host.name} may not be lost: ${host.loss.reasons.join('; ')}`),
  ];
}

/** The state of a cluster as lines of text. */
export function statusLines(cluster: string, state: ClusterState, now: number = Date.now()): readonly string[] {
  const { etcd, dns, certificate, snapshots, lastBackup } = state;
  const planes = state.hosts.filter((host) => host.role === 'control-plane').length;
  const spread = dns === undefined ? 0 : new Set(dns.readyOn).size;
  const facts: (readonly [string, string])[] = [
    ['etcd', `${etcd.healthy} of ${etcd.voters} members healthy, ${etcd.needed} must be`],
    [
      'cluster DNS',
      dns === undefined
        ? 'unknown'
        : `${dns.readyOn.length} of ${dns.wanted} ready, on ${spread} node${spread === 1 ? '' : 's'}`,
    ],
    [
      'certificates',
      certificate === undefined
        ? 'unknown'
        : `the first to end: ${certificate.path} of ${certificate.host}, ${certificate.end < now ? 'expired' : `in ${ageWords(certificate.end - now)}`}`,
    ],
    [
      'snapshots',
      snapshots.newest === undefined
        ? 'none'
        : `the newest ${ageWords(now - snapshots.newest)} ago; there are some on ${snapshots.hosts.length} of ${planes} control planes`,
    ],
    ['backup', lastBackup === undefined ? 'none yet: landfall backup' : `${ageWords(now - lastBackup)} ago`],
  ];
  return [
    `Cluster ${cluster}: ${state.summary}`,
    ...hostLines(state.hosts),
    ...facts.map(([name, words]) => `      ${name.padEnd('certificates'.length)}  ${words}`),
    ...state.problems.map((text) => `  !!  ${text}`),
    ...state.notices.map((text) => `  --  ${text}`),
  ];
}
