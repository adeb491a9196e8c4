import type { Catalogue } from './catalogue.ts';
import { type ApplicationHost, kubectl } from './host.ts';
import { applicationVolumes, releases } from './release.ts';
import { type KubernetesObject, obstacles } from './workload-state.ts';

/** What the cluster itself says about an application. */
export type InstalledApplication = {
  readonly name: string;
  readonly package: string;
  readonly namespace: string;
  /** `data-kept`: uninstalled, but its volumes are there and wait for a new install of the same name. */
  readonly state: 'ready' | 'not-ready' | 'failed' | 'data-kept';
  /** Why it is not ready. */
  readonly reason?: string;
  /** Components come with the applications that need them. */
  readonly role: 'application' | 'component';
  /** Sizes of its volumes as written. */
  readonly volumes: readonly string[];
};

/** Everything Landfall installed in the cluster, with its state now. */
export async function listInstalled(
  host: ApplicationHost,
  catalogue: Catalogue,
): Promise<readonly InstalledApplication[]> {
  const [records, volumes, objectsText] = await Promise.all([
    releases(host),
    applicationVolumes(host),
    kubectl(host, 'Look at the applications', [
      ...['get', 'deployments,statefulsets,pods', '--all-namespaces'],
      ...['--selector', 'landfall.dev/application', '--output', 'json'],
    ]),
  ]);
  const objects = (JSON.parse(objectsText) as { readonly items: readonly KubernetesObject[] }).items;
  const ofApplication = (name: string) =>
    objects.filter((object) => object.metadata.labels?.['landfall.dev/application'] === name);
  const sizes = (name: string) => volumes.filter((volume) => volume.application === name).map((volume) => volume.size);
  const role = (name: string) => catalogue.packages.find((candidate) => candidate.name === name)?.role ?? 'application';
  const installed = records.flatMap((record): readonly InstalledApplication[] => {
    if (record.package === undefined) return [];
    const found = obstacles(ofApplication(record.name));
    const state = record.status !== 'deployed' ? 'failed' : found.length === 0 ? 'ready' : 'not-ready';
    const reason =
      state === 'failed' ? `its last change ended ${record.status}` : found.map(({ text }) => text).join(', ');
    return [
      {
        name: record.name,
        package: record.package,
        namespace: record.namespace,
        state,
        ...(reason === '' ? {} : { reason }),
        role: role(record.package),
        volumes: sizes(record.name),
      },
    ];
  });
  const known = new Set(installed.map((application) => application.name));
  const kept = [...new Map(volumes.map((volume) => [volume.application, volume])).values()]
    .filter((volume) => !known.has(volume.application))
    .map(
      (volume): InstalledApplication => ({
        name: volume.application,
        package: '',
        namespace: volume.namespace,
        state: 'data-kept',
        role: 'application',
        volumes: sizes(volume.application),
      }),
    );
  return [...installed, ...kept];
}

/** Installed applications that need another one. */
export function dependants(
  catalogue: Catalogue,
  installed: readonly InstalledApplication[],
  name: string,
): readonly string[] {
  return installed
    .filter((application) => {
      const found = catalogue.packages.find((candidate) => candidate.name === application.package);
      // Kept data lies on what its application depended on, whichever application that was.
      return (
        application.name !== name && (application.state === 'data-kept' || (found?.dependsOn.includes(name) ?? false))
      );
    })
    .map((application) => application.name);
}
