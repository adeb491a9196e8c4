import { readAsset } from '../../assets.ts';
import type { ClusterDocument, HostEntry, HostRole } from '../../cluster/document.ts';
import { apiEndpoint } from '../../cluster/endpoint.ts';
import { LandfallError, toLandfallError } from '../../errors.ts';
import type { HostConnection } from '../../hosts/connection.ts';
import { answersTcp } from '../../hosts/reachable.ts';
import { askCluster, type ClusterReport, type NodeReport } from './cluster-report.ts';
import { type CertificateEnd, type EtcdReport, type HostReport, parseHostReport } from './host-report.ts';
import { type EtcdQuorum, etcdQuorum, type HostLoss, hostLosses } from './losses.ts';
import { clusterProblems, hostProblems } from './problems.ts';

export type HostState = {
  readonly name: string;
  readonly role: HostRole;
  readonly reachable: boolean;
  readonly problems: readonly string[];
  readonly node?: NodeReport;
  readonly etcd?: EtcdReport;
  readonly loss: HostLoss;
};

/** `well`; `attention`: it works, but something must be mended; `down`: the API answers nowhere. */
export type Health = 'well' | 'attention' | 'down';

export type ClusterState = {
  readonly health: Health;
  readonly healthy: boolean;
  readonly summary: string;
  readonly hosts: readonly HostState[];
  /** Problems of the cluster as a whole. */
  readonly problems: readonly string[];
  /** What is worth knowing and no fault. */
  readonly notices: readonly string[];
  readonly etcd: EtcdQuorum;
  readonly dns?: ClusterReport['dns'];
  readonly data: ClusterReport['data'];
  /** The certificate that ends first. */
  readonly certificate?: CertificateEnd & { readonly host: string };
  readonly snapshots: { readonly newest?: number; readonly hosts: readonly string[] };
  /** Milliseconds since 1970. */
  readonly lastBackup?: number;
};

/** How long is waited for hosts; milliseconds. */
export type StatusLimits = { readonly connect: number; readonly answer: number };

const usual: StatusLimits = { connect: 2000, answer: 15_000 };

type Asked = {
  readonly host: HostEntry;
  readonly report?: HostReport;
  readonly error?: LandfallError;
};

async function within<Value>(limit: number, host: string, work: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () =>
        reject(new LandfallError({ code: 'STATUS_TIMEOUT', message: `${host} gave no answer in ${limit / 1000} s.` })),
      limit,
    );
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Asks one host in one round trip. A machine that takes no connection is given up before a login is even tried. */
async function askHost(
  document: ClusterDocument,
  host: HostEntry,
  connection: HostConnection,
  script: string,
  limits: StatusLimits,
): Promise<Asked> {
  try {
    const direct = host.connection === 'ssh' && host.ssh.jumpHost === undefined;
    if (direct && !(await answersTcp(host.address, host.ssh.port, limits.connect))) {
      return {
        host,
        error: new LandfallError({ code: 'SSH_UNREACHABLE', message: 'the machine does not answer' }),
      };
    }
    const args = [host.role, apiEndpoint(document), String(document.registry.port), document.loadBalancer.driver];
    const text = await within(limits.answer, host.name, connection.check('Ask for the state', script, args));
    return { host, report: parseHostReport(text) };
  } catch (thrown) {
    return { host, error: toLandfallError(thrown) };
  }
}

/** Asks every host at once and, through the first control plane whose API server is ready, the cluster. */
export async function clusterState(
  document: ClusterDocument,
  connectionTo: (name: string) => HostConnection,
  limits: StatusLimits = usual,
): Promise<ClusterState> {
  const script = await readAsset('hosts/status.sh');
  let turn: Promise<ClusterReport | undefined> = Promise.resolve(undefined);
  const asked = await Promise.all(
    document.hosts.map(async (host) => {
      const connection = connectionTo(host.name);
      const answer = await askHost(document, host, connection, script, limits);
      if (answer.report?.way === true || answer.report?.api === true) {
        if (host.role === 'control-plane')
          turn = turn.then((known) => known ?? askCluster(connection).catch(() => undefined));
      }
      return answer;
    }),
  );
  return judge(document, asked, await turn);
}

/** Draws the conclusions from what the hosts and the cluster answered. */
export function judge(
  document: ClusterDocument,
  asked: readonly Asked[],
  cluster: ClusterReport | undefined,
  now: number = Date.now(),
): ClusterState {
  const answered = new Map(
    asked.flatMap(({ host, report }): [string, HostReport][] => (report === undefined ? [] : [[host.name, report]])),
  );
  const planes = document.hosts.filter((host) => host.role === 'control-plane');
  const losses = hostLosses(document.hosts, answered, cluster);
  const hosts = asked.map(({ host, report, error }, index): HostState => {
    const node = cluster?.nodes.find((entry) => entry.name === host.name);
    return {
      name: host.name,
      role: host.role,
      reachable: report !== undefined,
      problems: hostProblems({ host, report, error, node, clusterKnown: cluster !== undefined }),
      ...(node === undefined ? {} : { node }),
      ...(report?.etcd === undefined ? {} : { etcd: report.etcd }),
      loss: losses[index] ?? { host: host.name, verdict: 'lost', reasons: [] },
    };
  });
  const etcd = etcdQuorum(planes, answered);
  const [certificate] = [...answered]
    .flatMap(([host, report]) => report.certificates.map((entry) => ({ host, ...entry })))
    .toSorted((left, right) => left.end - right.end);
  const snapshots = planes.flatMap(({ name }) =>
    (answered.get(name)?.snapshots ?? []).map(({ time }) => ({ host: name, time })),
  );
  const newest = Math.max(0, ...snapshots.map((snapshot) => snapshot.time));
  const lastBackup = Math.max(0, ...[...answered.values()].map((report) => report.lastBackup ?? 0));
  const { problems, notices } = clusterProblems({ document, answered, cluster, etcd, certificate, newest, now });
  const well = hosts.filter((host) => host.problems.length === 0).length;
  const down = cluster === undefined;
  const healthy = problems.length === 0 && well === hosts.length;
  return {
    health: down ? 'down' : healthy ? 'well' : 'attention',
    healthy,
    summary: `${well} of ${hosts.length} hosts are well; ${spareWords(down ? -1 : etcd.spare)}`,
    hosts,
    problems,
    notices,
    etcd,
    ...(cluster === undefined ? {} : { dns: cluster.dns }),
    data: cluster?.data ?? [],
    ...(certificate === undefined ? {} : { certificate }),
    snapshots: {
      ...(newest === 0 ? {} : { newest }),
      hosts: [...new Set(snapshots.map((snapshot) => snapshot.host))],
    },
    ...(lastBackup === 0 ? {} : { lastBackup }),
  };
}

function spareWords(spare: number): string {
  if (spare > 0) return `it could lose ${spare} control plane${spare > 1 ? 's' : ''} now`;
  return 'it could not lose a control plane now';
}
