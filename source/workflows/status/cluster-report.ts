import type { HostConnection } from '../../hosts/connection.ts';
import { kubectl } from '../../phases/kubernetes.ts';

export type NodeReport = {
  readonly name: string;
  readonly ready: boolean;
  readonly version: string;
  /** `MemoryPressure`, `DiskPressure`, `PIDPressure`, `NetworkUnavailable`. */
  readonly pressure: readonly string[];
  readonly cordoned: boolean;
};

/** A workload whose volumes lie on the disks of certain nodes. */
export type DataReport = {
  /** `namespace/name`. */
  readonly workload: string;
  readonly replicas: number;
  /** Nodes that hold its volumes, each once. */
  readonly nodes: readonly string[];
};

/** What the Kubernetes API says of the cluster as a whole. */
export type ClusterReport = {
  readonly nodes: readonly NodeReport[];
  readonly data: readonly DataReport[];
  readonly dns: { readonly wanted: number; readonly readyOn: readonly string[] };
};

const columns = [
  '{.kind}',
  '{.metadata.namespace}',
  '{.metadata.name}',
  '{.status.nodeInfo.kubeletVersion}',
  '{range .status.conditions[*]}{.type}={.status},{end}',
  '{.spec.unschedulable}',
  '{.spec.replicas}',
  '{.spec.claimRef.namespace}/{.spec.claimRef.name}',
  '{range .spec.nodeAffinity.required.nodeSelectorTerms[*].matchExpressions[*]}{range .values[*]}{@},{end}{end}',
  '{range .spec.volumeClaimTemplates[*]}{.metadata.name},{end}',
  '{range .spec.template.spec.volumes[*]}{.persistentVolumeClaim.claimName},{end}',
  '{.spec.nodeName}',
];
const template = `{range .items[*]}${columns.join('{"\\t"}')}{"\\n"}{end}`;

// Both at once: starting kubectl is the dearest part of it.
const query = `template='${template}'
${kubectl} --request-timeout=4s get nodes,persistentvolumes,statefulsets,deployments --all-namespaces -o jsonpath="$template" &
first=$!
pods=$(${kubectl} --request-timeout=4s get pods --namespace kube-system -l k8s-app=kube-dns -o jsonpath="$template") || exit 1
wait "$first" || exit 1
printf '%s\\n' "$pods"`;

type Row = {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly version: string;
  readonly conditions: ReadonlyMap<string, string>;
  readonly unschedulable: string;
  readonly replicas: number;
  readonly claim: string;
  readonly nodes: readonly string[];
  readonly claimTemplates: readonly string[];
  readonly claims: readonly string[];
  readonly nodeName: string;
};

function parseRow(line: string): Row {
  const cells = line.split('\t');
  const cell = (index: number): string => cells[index] ?? '';
  const list = (index: number): readonly string[] => cell(index).split(',').filter(Boolean);
  return {
    kind: cell(0),
    namespace: cell(1),
    name: cell(2),
    version: cell(3),
    conditions: new Map(
      list(4).map((entry): [string, string] => {
        const [type = '', state = ''] = entry.split('=');
        return [type, state];
      }),
    ),
    unschedulable: cell(5),
    replicas: Number(cell(6)),
    claim: cell(7),
    nodes: list(8),
    claimTemplates: list(9),
    claims: list(10),
    nodeName: cell(11),
  };
}

/** Whether a workload uses a claim (`namespace/name`): a stateful one numbers its own. */
function uses(workload: Row, claim: string): boolean {
  if (workload.claims.some((name) => claim === `${workload.namespace}/${name}`)) return true;
  return workload.claimTemplates.some((name) => {
    const prefix = `${workload.namespace}/${name}-${workload.name}-`;
    return claim.startsWith(prefix) && /^\d+$/.test(claim.slice(prefix.length));
  });
}

/** Reads the rows of the query. */
export function parseClusterReport(text: string): ClusterReport {
  const rows = text.split('\n').filter(Boolean).map(parseRow);
  const of = (kind: string): readonly Row[] => rows.filter((row) => row.kind === kind);
  const volumes = of('PersistentVolume').filter((row) => row.nodes.length > 0);
  const workloads = [...of('StatefulSet'), ...of('Deployment')];
  const data = workloads.flatMap((workload): readonly DataReport[] => {
    const own = volumes.filter((volume) => uses(workload, volume.claim));
    if (own.length === 0 || workload.replicas === 0) return [];
    const nodes = [...new Set(own.flatMap((volume) => volume.nodes))].sort();
    return [{ workload: `${workload.namespace}/${workload.name}`, replicas: workload.replicas, nodes }];
  });
  const dns = workloads.find((row) => row.namespace === 'kube-system' && row.name === 'coredns');
  const ready = of('Pod').filter((row) => row.conditions.get('Ready') === 'True');
  return {
    nodes: of('Node').map((row) => ({
      name: row.name,
      ready: row.conditions.get('Ready') === 'True',
      version: row.version,
      pressure: [...row.conditions]
        .filter(([type, state]) => type !== 'Ready' && state === 'True')
        .map(([type]) => type),
      cordoned: row.unschedulable === 'true',
    })),
    data,
    dns: { wanted: dns?.replicas ?? 0, readyOn: ready.map((row) => row.nodeName) },
  };
}

/** Asks the API by a control plane; throws when it does not answer within seconds. */
export async function askCluster(connection: HostConnection): Promise<ClusterReport> {
  return parseClusterReport(await connection.check('Ask the Kubernetes API', query, [], { timeout: 8000 }));
}
