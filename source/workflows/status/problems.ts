import type { ClusterDocument, HostEntry } from '../../cluster/document.ts';
import type { LandfallError } from '../../errors.ts';
import type { ClusterReport, NodeReport } from './cluster-report.ts';
import type { CertificateEnd, HostReport } from './host-report.ts';
import type { Answered, EtcdQuorum } from './losses.ts';

type HostFindings = {
  readonly host: HostEntry;
  readonly report: HostReport | undefined;
  readonly error: LandfallError | undefined;
  readonly node: NodeReport | undefined;
  /** Whether the API could be asked for nodes. */
  readonly clusterKnown: boolean;
};

// Share of the quota above which etcd needs care before it refuses writes.
const quotaShare = 0.8;

function etcdProblems(report: HostReport): readonly string[] {
  const { etcd } = report;
  if (etcd === undefined) return ['etcd does not answer'];
  const problems: string[] = [];
  if (!etcd.healthy) problems.push(`etcd is not healthy${etcd.reason === undefined ? '' : ` (${etcd.reason})`}`);
  if (etcd.learner) problems.push('etcd is a learner that was not promoted yet');
  if (etcd.quota > 0 && etcd.databaseSize > etcd.quota * quotaShare) {
    problems.push(`etcd uses ${Math.round((100 * etcd.databaseSize) / etcd.quota)} % of its quota`);
  }
  return problems;
}

/** What is wrong on one host; nothing for a host that is well. */
export function hostProblems({ host, report, error, node, clusterKnown }: HostFindings): readonly string[] {
  const nodeProblems = clusterKnown
    ? [
        ...(node === undefined ? ['no node of the cluster'] : node.ready ? [] : ['node not ready']),
        ...(node?.pressure ?? []),
      ]
    : [];
  if (report === undefined) return [error?.message ?? 'it gave no answer', ...nodeProblems];
  if (!report.installed) return ['not installed'];
  const units = [...report.units].filter(([, state]) => state !== 'active').map(([unit]) => `${unit} does not run`);
  return [
    ...units,
    ...(report.way === false ? ['it reaches no API server'] : []),
    ...(host.role === 'control-plane'
      ? [
          ...(report.api ? [] : ['its API server is not ready']),
          ...(report.registry ? [] : ['its registry does not answer']),
          ...etcdProblems(report),
        ]
      : []),
    ...nodeProblems,
  ];
}

type ClusterFindings = {
  readonly document: ClusterDocument;
  readonly answered: Answered;
  readonly cluster: ClusterReport | undefined;
  readonly etcd: EtcdQuorum;
  readonly certificate: (CertificateEnd & { readonly host: string }) | undefined;
  /** Time of the newest snapshot; 0 when there is none. */
  readonly newest: number;
  readonly now: number;
};

const day = 24 * 3_600_000;
const certificateDays = 14;
// Milliseconds; etcd's own advice is 10 for a disk that is made for it.
const slowFsync = 100;

/** What is wrong with the cluster as a whole, and what is worth knowing. */
export function clusterProblems(found: ClusterFindings): {
  readonly problems: readonly string[];
  readonly notices: readonly string[];
} {
  const { document, answered, cluster, etcd, certificate, newest, now } = found;
  const problems: string[] = [];
  const notices: string[] = [];
  if (cluster === undefined) problems.push('the Kubernetes API answers on no control plane');
  // An API that answers has a majority behind it, whatever hosts could be asked.
  if (cluster === undefined && etcd.spare < 0)
    problems.push(`etcd has no majority: ${etcd.healthy} of ${etcd.voters} members are healthy`);
  const planes = document.hosts.filter((host) => host.role === 'control-plane');
  if (cluster !== undefined && etcd.voters + etcd.learners.length > planes.length) {
    problems.push(`etcd has more members than the document has control planes`);
  }
  if (cluster !== undefined && cluster.dns.readyOn.length === 0) problems.push('the cluster DNS is not ready');
  if (certificate !== undefined && certificate.end - now < certificateDays * day) {
    const { host, path, end } = certificate;
    const words = end < now ? 'has expired' : `expires in ${Math.floor((end - now) / day)} days`;
    problems.push(`${path} of ${host} ${words}`);
  }
  const interval = document.snapshots.everyMinutes * 60_000;
  if (document.snapshots.keep > 0 && cluster !== undefined) {
    if (newest === 0) problems.push('there is no snapshot of etcd');
    else if (now - newest > 3 * interval) problems.push('the newest snapshot of etcd is older than it should be');
  }
  for (const plane of planes) {
    const fsync = answered.get(plane.name)?.etcd?.fsyncP99;
    if (fsync !== undefined && fsync > slowFsync) {
      notices.push(`the disk of ${plane.name} is slow for etcd: 99 of 100 writes take up to ${Math.round(fsync)} ms`);
    }
  }
  const cordoned = cluster?.nodes.filter((node) => node.cordoned).map((node) => node.name) ?? [];
  if (cordoned.length > 0) notices.push(`no new pods go to ${cordoned.join(', ')}`);
  return { problems, notices };
}
