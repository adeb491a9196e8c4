import { loadCatalogue } from '../applications/catalogue.ts';
import type { ApplicationHost } from '../applications/host.ts';
import { selectApplications } from '../applications/selection.ts';
import { type ApplicationEnvironment, installStep, uninstallStep } from '../applications/steps.ts';
import { exactName } from '../bundle/image-name.ts';
import type { ApplicationEntry, ClusterDocument } from '../cluster/document.ts';
import type { Step } from '../engine/step.ts';
import { firstControlPlane, type InstallContext } from './context.ts';
import { hostPaths } from './paths.ts';

/** The control plane through which applications are managed. */
export function applicationHost(document: ClusterDocument, host: InstallContext['host']): ApplicationHost {
  const { name } = firstControlPlane(document);
  return {
    name,
    connection: async () => (await host(name)).connection,
    programs: hostPaths.programs,
    kubeconfig: hostPaths.adminConfiguration,
  };
}

/** Nodes that may run workloads: the workers, or the control planes where there are none. */
export function workloadNodeCount(document: ClusterDocument): number {
  const workers = document.hosts.filter((host) => host.role === 'worker').length;
  return workers > 0 ? workers : document.hosts.length;
}

function environment(context: InstallContext, after: readonly string[]): ApplicationEnvironment {
  const { document, bundle } = context;
  const exact = new Map(bundle.images.map((image) => [image.name, exactName(image)]));
  const workers = document.hosts.filter((host) => host.role === 'worker');
  const planes = document.hosts.filter((host) => host.role !== 'worker');
  return {
    host: applicationHost(document, context.host),
    nodes: [...workers, ...planes].map(({ name, address }) => ({ name, address })),
    workloadNodes: workloadNodeCount(document),
    dnsDomain: document.network.dnsDomain,
    exactImage: (name) => exact.get(name) ?? name,
    passwords: context.secrets,
    clusterDirectory: context.home,
    after,
  };
}

/**
 * Steps that install these applications and what they depend on. Passwords that do not exist yet are made here. In an
 * install they come after the cluster is proved; `after` says otherwise.
 */
export function applicationSteps(
  context: InstallContext,
  entries: readonly ApplicationEntry[],
  after: readonly string[] = [`verification/cluster@${firstControlPlane(context.document).name}`],
): readonly Step[] {
  const own = environment(context, after);
  return selectApplications(loadCatalogue(), entries).map((application) => installStep(own, application));
}

/** The step that removes an application from the cluster. */
export function applicationRemoval(
  context: InstallContext,
  name: string,
  deleteData: boolean,
  after: readonly string[],
): Step {
  return uninstallStep(environment(context, after), loadCatalogue(), name, deleteData);
}
