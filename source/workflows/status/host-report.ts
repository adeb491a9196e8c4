import { X509Certificate } from 'node:crypto';

/** What one etcd member says of itself. */
export type EtcdReport = {
  readonly healthy: boolean;
  /** Why it is not healthy, in etcd's own words, such as `ALARM NOSPACE`. */
  readonly reason?: string;
  readonly leader: boolean;
  readonly learner: boolean;
  /** Bytes. */
  readonly databaseSize: number;
  /** Bytes; beyond it etcd takes no more writes. */
  readonly quota: number;
  /** Milliseconds within which 99 of 100 writes were on the disk, since etcd started. */
  readonly fsyncP99?: number;
};

export type EtcdMember = {
  readonly id: string;
  /** Empty until the member has started for the first time. */
  readonly name: string;
  /** Address of its host. */
  readonly address: string;
  readonly learner: boolean;
};

export type Snapshot = { readonly time: number; readonly size: number; readonly file: string };

/** A certificate and when it ends, in milliseconds since 1970. */
export type CertificateEnd = { readonly path: string; readonly end: number };

/** What a host said of itself; times are milliseconds since 1970 by its own clock. */
export type HostReport = {
  readonly installed: boolean;
  readonly time: number;
  /** State of each unit that should run, such as `active`. */
  readonly units: ReadonlyMap<string, string>;
  /** Whether this host reaches an API server by its own load balancer; undefined where it cannot be asked. */
  readonly way?: boolean;
  readonly api: boolean;
  readonly registry: boolean;
  readonly etcd?: EtcdReport;
  readonly members: readonly EtcdMember[];
  readonly snapshots: readonly Snapshot[];
  readonly lastBackup?: number;
  readonly certificates: readonly CertificateEnd[];
};

/** The value below which a share of all observations of a Prometheus histogram lies, as Prometheus reckons it. */
export function histogramQuantile(
  buckets: readonly (readonly [limit: number, count: number])[],
  share: number,
): number | undefined {
  const sorted = buckets.toSorted(([left], [right]) => left - right);
  const total = sorted.at(-1)?.[1] ?? 0;
  if (total === 0) return undefined;
  const rank = share * total;
  let [below, counted] = [0, 0];
  for (const [limit, count] of sorted) {
    if (count >= rank) {
      if (limit === Number.POSITIVE_INFINITY) return below;
      return count === counted ? limit : below + ((limit - below) * (rank - counted)) / (count - counted);
    }
    [below, counted] = [limit, count];
  }
  return below;
}

function parseHealth(text: string): { readonly healthy: boolean; readonly reason?: string } {
  try {
    const { health, reason } = JSON.parse(text) as { readonly health?: string; readonly reason?: string };
    return { healthy: health === 'true', ...(reason === undefined || reason === '' ? {} : { reason }) };
  } catch {
    return { healthy: false };
  }
}

function parseEtcd(health: string, metrics: readonly string[]): EtcdReport | undefined {
  if (health === '' && metrics.length === 0) return undefined;
  const values = new Map<string, number>();
  const buckets: (readonly [number, number])[] = [];
  for (const line of metrics) {
    const [, name = '', limit, value = ''] = /^(\w+)(?:\{le="([^"]+)"\})? (\S+)$/.exec(line) ?? [];
    if (limit === undefined) values.set(name, Number(value));
    else buckets.push([limit === '+Inf' ? Number.POSITIVE_INFINITY : Number(limit), Number(value)]);
  }
  const p99 = histogramQuantile(buckets, 0.99);
  return {
    ...parseHealth(health),
    leader: values.get('etcd_server_is_leader') === 1,
    learner: values.get('etcd_server_is_learner') === 1,
    databaseSize: values.get('etcd_mvcc_db_total_size_in_bytes') ?? 0,
    quota: values.get('etcd_server_quota_backend_bytes') ?? 0,
    ...(p99 === undefined ? {} : { fsyncP99: p99 * 1000 }),
  };
}

/** A line of `etcdctl member list`: ID, state, name, peer addresses, client addresses, whether it is a learner. */
function parseMember(line: string): EtcdMember {
  const [id = '', , name = '', peers = '', , learner] = line.split(', ');
  return { id, name, address: /^https?:\/\/([^:/]+):/.exec(peers)?.[1] ?? '', learner: learner === 'true' };
}

function certificateEnd(line: string): readonly CertificateEnd[] {
  const space = line.lastIndexOf(' ');
  try {
    const { validTo } = new X509Certificate(Buffer.from(line.slice(space + 1), 'base64'));
    return [{ path: line.slice(0, space), end: Date.parse(validTo) }];
  } catch {
    // A file that is just being written is read again the next time.
    return [];
  }
}

/** Reads what `status.sh` printed. */
export function parseHostReport(text: string): HostReport {
  const lines = text.split('\n').map((line): readonly [string, string] => {
    const end = line.indexOf(' ');
    return end < 0 ? [line, ''] : [line.slice(0, end), line.slice(end + 1)];
  });
  const many = (key: string): readonly string[] => lines.filter(([name]) => name === key).map(([, value]) => value);
  const one = (key: string): string | undefined => many(key)[0];
  const etcd = parseEtcd(one('etcd') ?? '', many('metric'));
  const way = one('way');
  const backup = Number(one('backup'));
  return {
    installed: one('installed') === 'yes',
    time: Number(one('time')) * 1000,
    units: new Map(
      many('unit').map((line): [string, string] => {
        const [unit = '', state = ''] = line.split(' ');
        return [unit, state];
      }),
    ),
    ...(way === undefined ? {} : { way: way === 'ok' }),
    api: one('api') === 'ok',
    registry: one('registry') === 'ok',
    ...(etcd === undefined ? {} : { etcd }),
    members: many('member').map(parseMember),
    snapshots: many('snapshot').map((line) => {
      const [time, size, ...file] = line.split(' ');
      return { time: Number(time) * 1000, size: Number(size), file: file.join(' ') };
    }),
    // Of the first kind the word is the certificate itself, of the second its PEM text; both are read alike.
    certificates: [...many('certificate'), ...many('configuration')].flatMap(certificateEnd),
    ...(backup > 0 ? { lastBackup: backup * 1000 } : {}),
  };
}
