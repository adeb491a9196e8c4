import type { ClusterDocument, HostRole } from '../cluster/document.ts';
import { toLandfallError } from '../errors.ts';
import type { ConnectedHost } from '../phases/context.ts';
import { kubectl } from '../phases/kubernetes.ts';

export type HostState = { readonly name: string; readonly role: HostRole; readonly problems: readonly string[] };

export type ClusterState = {
  readonly healthy: boolean;
  readonly summary: string;
  readonly hosts: readonly HostState[];
  /** Problems of the cluster as a whole. */
  readonly problems: readonly string[];
};

const servicesScript =
  'for unit in "$@"; do systemctl is-active --quiet "$unit" || echo "$unit"; done; test -d /var/lib/landfall/changes || echo none';
const nodesQuery = `${kubectl} get nodes -o jsonpath='{range .items[*]}{.metadata.name}{" "}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'`;

type Probed = { readonly name: string; readonly problems: readonly string[]; readonly host?: ConnectedHost };

/** Asks every host and, through any control plane that answers, the cluster. */
export async function clusterState(
  document: ClusterDocument,
  host: (name: string) => Promise<ConnectedHost>,
): Promise<ClusterState> {
  const probed = await Promise.all(
    document.hosts.map(async (entry): Promise<Probed> => {
      try {
        const connected = await host(entry.name);
        const units = ['containerd', 'kubelet', 'landfall-load-balancer'];
        if (entry.role === 'control-plane') units.push('landfall-registry');
        const stopped = (await connected.connection.run(servicesScript, units)).stdout.split('\n').filter(Boolean);
        if (stopped.includes('none')) return { name: entry.name, problems: ['not installed'], host: connected };
        return { name: entry.name, problems: stopped.map((unit) => `${unit} does not run`), host: connected };
      } catch (thrown) {
        return { name: entry.name, problems: [toLandfallError(thrown).message] };
      }
    }),
  );
  const ready = await readyNodes(document, probed);
  const hosts = document.hosts.map((entry): HostState => {
    const own = probed.find((candidate) => candidate.name === entry.name)?.problems ?? [];
    const node = ready?.get(entry.name);
    const unready =
      ready === undefined || node === 'True' ? [] : [node === undefined ? 'no node of the cluster' : 'node not ready'];
    return { name: entry.name, role: entry.role, problems: own.includes('not installed') ? own : [...own, ...unready] };
  });
  const problems = ready === undefined ? ['the Kubernetes API answers on no control plane'] : [];
  const well = hosts.filter((entry) => entry.problems.length === 0);
  const planes = hosts.filter((entry) => entry.role === 'control-plane');
  const wellPlanes = planes.filter((entry) => entry.problems.length === 0).length;
  const spare = Math.max(0, wellPlanes - (Math.floor(planes.length / 2) + 1));
  const healthy = problems.length === 0 && well.length === hosts.length;
  return {
    healthy,
    summary: `${well.length} of ${hosts.length} hosts are well; ${
      spare > 0
        ? `it could lose ${spare} control plane${spare > 1 ? 's' : ''} now`
        : 'it could not lose a control plane now'
    }`,
    hosts,
    problems,
  };
}

async function readyNodes(
  document: ClusterDocument,
  probed: readonly Probed[],
): Promise<ReadonlyMap<string, string> | undefined> {
  for (const entry of document.hosts.filter((candidate) => candidate.role === 'control-plane')) {
    const connected = probed.find((candidate) => candidate.name === entry.name)?.host;
    const answer = await connected?.connection.run(nodesQuery, [], { timeout: 10_000 }).catch(() => undefined);
    if (answer?.exitCode !== 0) continue;
    return new Map(
      answer.stdout
        .split('\n')
        .filter(Boolean)
        .map((line): [string, string] => {
          const [name = '', state = ''] = line.split(' ');
          return [name, state];
        }),
    );
  }
  return undefined;
}
