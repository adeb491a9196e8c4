import { setTimeout as wait } from 'node:timers/promises';
import { loadCatalogue } from '../../applications/catalogue.ts';
import { listInstalled } from '../../applications/installed.ts';
import type { ClusterDocument } from '../../cluster/document.ts';
import { clusterHome } from '../../cluster/home.ts';
import { recallCluster } from '../../cluster/known-cluster.ts';
import { LandfallError } from '../../errors.ts';
import { applicationHost } from '../../phases/applications.ts';
import { kubectl } from '../../phases/kubernetes.ts';
import type { ClusterAction, ClusterState } from '../../presenters/terminal/services.ts';
import { type HostPool, openHostPool } from '../../runs/open-context.ts';
import type { RunRequest } from '../../runs/request.ts';
import { certificateList } from '../../workflows/certificate-list.ts';
import { clusterState } from '../../workflows/status/cluster-state.ts';

const interval = 10_000;

export function documentOf(cluster: string): { readonly document: ClusterDocument; readonly bundle?: string } {
  const known = recallCluster(cluster);
  if (known !== undefined) return known;
  throw new LandfallError({
    code: 'CLUSTER_UNKNOWN',
    message: `No cluster named ${cluster} is known on this machine.`,
    exitStatus: 2,
  });
}

/** What can be done with a cluster from its screen, and the same as commands. */
export const clusterActions = (cluster: string): readonly ClusterAction[] => [
  {
    id: 'apply',
    title: 'Install or repair',
    scope: 'cluster',
    dangerous: false,
    command: `landfall apply ${clusterHome(cluster)}/cluster.yaml`,
  },
  {
    id: 'renew-certificates',
    title: 'Renew certificates that end soon',
    scope: 'cluster',
    dangerous: false,
    command: `landfall certificates renew ${cluster}`,
  },
  {
    id: 'repair-registries',
    title: 'Repair the registries',
    scope: 'cluster',
    dangerous: false,
    command: `landfall registry repair ${cluster}`,
  },
  {
    id: 'renew-certificates-of-node',
    title: 'Renew its certificates; a control plane restarts',
    scope: 'node',
    dangerous: true,
    command: `landfall certificates renew ${cluster} --host NAME --all`,
  },
  {
    id: 'reset',
    title: 'Remove the cluster, give the machines back as they were',
    scope: 'cluster',
    dangerous: true,
    command: `landfall reset ${cluster}`,
  },
  {
    id: 'install-application',
    title: 'Install',
    scope: 'application',
    when: 'absent',
    dangerous: false,
    command: `landfall app install NAME --cluster ${cluster}`,
  },
  {
    id: 'uninstall-application',
    title: 'Uninstall; its data stays',
    scope: 'application',
    when: 'present',
    dangerous: true,
    command: `landfall app uninstall NAME --cluster ${cluster}`,
  },
];

type Parts = Pick<ClusterState, 'nodes' | 'applications' | 'certificates' | 'events'>;

async function nodesOf(document: ClusterDocument, pool: HostPool): Promise<ClusterState['nodes']> {
  const state = await clusterState(document, pool.connection);
  return document.hosts.map((host) => {
    const problems = state.hosts.find((entry) => entry.name === host.name)?.problems ?? [];
    return {
      name: host.name,
      address: host.address,
      role: host.role,
      condition: problems.length === 0 ? 'ready' : 'not-ready',
      ...(problems.length === 0 ? {} : { detail: problems.join('; ') }),
    };
  });
}

async function applicationsOf(document: ClusterDocument, pool: HostPool): Promise<ClusterState['applications']> {
  const catalogue = loadCatalogue();
  const installed = await listInstalled(applicationHost(document, pool.host), catalogue);
  const here = installed
    .filter((entry) => entry.role === 'application' && entry.state !== 'data-kept')
    .map((entry) => {
      const found = catalogue.packages.find((candidate) => candidate.name === entry.package);
      return {
        name: entry.name,
        title: found?.title.en ?? entry.name,
        version: found?.applicationVersion ?? '',
        condition: entry.state === 'ready' ? ('ready' as const) : ('not-ready' as const),
        ...(entry.reason === undefined ? {} : { detail: entry.reason }),
      };
    });
  const absent = catalogue.packages
    .filter((entry) => entry.role === 'application' && !installed.some((one) => one.package === entry.name))
    .map((entry) => ({
      name: entry.name,
      title: entry.title.en,
      version: entry.applicationVersion,
      condition: 'absent' as const,
      detail: entry.description.en,
    }));
  return [...here, ...absent];
}

async function certificatesOf(document: ClusterDocument, pool: HostPool): Promise<ClusterState['certificates']> {
  const { certificates } = await certificateList(document, pool.host, clusterHome(document.name));
  return certificates.map(({ host, path, validTo }) => ({ host, name: path, expires: validTo }));
}

type KubernetesEvent = {
  readonly type?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly metadata: { readonly creationTimestamp: string };
  readonly involvedObject: { readonly kind: string; readonly name: string };
};

async function eventsOf(document: ClusterDocument, pool: HostPool): Promise<ClusterState['events']> {
  for (const plane of document.hosts.filter((host) => host.role === 'control-plane')) {
    try {
      const { connection } = await pool.host(plane.name);
      const answer = await connection.run(`${kubectl} get events --all-namespaces -o json`, [], { timeout: 15_000 });
      if (answer.exitCode !== 0) continue;
      const { items } = JSON.parse(answer.stdout) as { readonly items: readonly KubernetesEvent[] };
      return items
        .map((event) => ({
          at: event.lastTimestamp ?? event.eventTime ?? event.metadata.creationTimestamp,
          kind: event.type === 'Warning' ? ('warning' as const) : ('normal' as const),
          object: `${event.involvedObject.kind.toLowerCase()}/${event.involvedObject.name}`,
          text: event.message ?? '',
        }))
        .sort((a, b) => b.at.localeCompare(a.at))
        .slice(0, 200);
    } catch {
      // The next control plane may answer.
    }
  }
  return [];
}

/** Asks the hosts again and again; each part is told as soon as it is known, and keeps its last answer when it fails. */
export async function watchCluster(
  cluster: string,
  onChange: (state: ClusterState) => void,
  signal: AbortSignal,
): Promise<void> {
  const { document } = documentOf(cluster);
  const pool = openHostPool(document, clusterHome(cluster), {});
  let parts: Parts = {
    nodes: document.hosts.map(({ name, address, role }) => ({ name, address, role, condition: 'checking' })),
    applications: [],
    certificates: [],
    events: [],
  };
  const tell = (next: Partial<Parts>): void => {
    parts = { ...parts, ...next };
    const { nodes } = parts;
    const condition = nodes.some((node) => node.condition === 'checking')
      ? 'checking'
      : nodes.every((node) => node.condition === 'ready')
        ? 'ready'
        : 'degraded';
    const version = document.kubernetesVersion;
    const named = version === undefined ? {} : { kubernetesVersion: version };
    if (!signal.aborted) onChange({ name: cluster, condition, ...named, ...parts, actions: clusterActions(cluster) });
  };
  tell({});
  try {
    while (!signal.aborted) {
      const quietly = (work: Promise<Partial<Parts>>): Promise<void> => work.then(tell, () => undefined);
      await Promise.all([
        quietly(nodesOf(document, pool).then((nodes) => ({ nodes }))),
        quietly(applicationsOf(document, pool).then((applications) => ({ applications }))),
        quietly(certificatesOf(document, pool).then((certificates) => ({ certificates }))),
        quietly(eventsOf(document, pool).then((events) => ({ events }))),
      ]);
      await wait(interval, undefined, { signal }).catch(() => undefined);
    }
  } finally {
    await pool.close();
  }
}

/** The run that an action is. */
export function actionRequest(cluster: string, action: string, argument: string | undefined): RunRequest {
  const { document, bundle } = documentOf(cluster);
  const common = { document, ...(bundle === undefined ? {} : { bundle }), questions: 'ask', takeOver: false } as const;
  switch (action) {
    case 'apply':
      return { ...common, workflow: 'install' };
    case 'renew-certificates':
      return { ...common, workflow: 'renew-certificates', all: false };
    case 'renew-certificates-of-node':
      return { ...common, workflow: 'renew-certificates', host: argument ?? '', all: true };
    case 'repair-registries':
      return { ...common, workflow: 'repair-registry' };
    case 'reset':
      return { ...common, workflow: 'reset', keepData: false };
    case 'install-application': {
      const name = argument ?? '';
      return { ...common, workflow: 'install-applications', applications: [{ package: name, name, parameters: {} }] };
    }
    case 'uninstall-application':
      return { ...common, workflow: 'uninstall-application', application: argument ?? '', deleteData: false };
    default:
      throw new LandfallError({
        code: 'ACTION_UNKNOWN',
        message: `There is no action named ${action}.`,
        exitStatus: 2,
      });
  }
}
