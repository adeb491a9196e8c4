import { z } from 'zod';
import { LandfallError, toLandfallError } from '../errors.ts';
import type { Chart } from './chart-archive.ts';
import { type ApplicationHost, kubectl, runScript } from './host.ts';
import type { ParameterValue } from './parameters.ts';
import type { SelectedApplication } from './selection.ts';
import { parseSize } from './size.ts';
import type { ChartValues } from './values.ts';

const hashLabel = 'landfall.dev/values-hash';
const packageLabel = 'landfall.dev/package';
const chartFolder = '/var/lib/landfall/charts';

/** Helm's record of a release, of which only the labels are read: the rest of it holds the values. */
export type ReleaseRecord = {
  readonly name: string;
  readonly namespace: string;
  /** Helm's own word: deployed, failed, pending-install, … */
  readonly status: string;
  readonly revision: number;
  /** Absent for a release that Landfall did not make. */
  readonly package?: string;
  readonly valuesHash?: string;
};

/** The newest record of every release in the cluster, or of one. */
export async function releases(host: ApplicationHost, name?: string): Promise<readonly ReleaseRecord[]> {
  const field = (label: string): string => `{.metadata.labels.${label.replaceAll('.', '\\.')}}`;
  const columns = ['{.metadata.namespace}', ...['name', 'status', 'version', packageLabel, hashLabel].map(field)];
  const text = await kubectl(host, 'Read the installed releases', [
    ...['get', 'secrets', '--all-namespaces'],
    ...['--selector', name === undefined ? 'owner=helm' : `owner=helm,name=${name}`],
    ...['--output', `jsonpath={range .items[*]}${columns.join('{"\\t"}')}{"\\n"}{end}`],
  ]);
  const newest = new Map<string, ReleaseRecord>();
  for (const line of text.split('\n')) {
    const [namespace = '', release = '', status = '', version = '', owner = '', hash = ''] = line.split('\t');
    if (release === '') continue;
    const record = {
      name: release,
      namespace,
      status,
      revision: Number(version),
      ...(owner === '' ? {} : { package: owner }),
      ...(hash === '' ? {} : { valuesHash: hash }),
    };
    const key = `${namespace}/${release}`;
    if ((newest.get(key)?.revision ?? 0) < record.revision) newest.set(key, record);
  }
  return [...newest.values()].toSorted((left, right) => left.name.localeCompare(right.name, 'en'));
}

/** Installs the release or changes it. The chart goes over standard input into a file, the values over standard input. */
export async function installRelease(
  host: ApplicationHost,
  application: SelectedApplication,
  chart: Chart,
  values: ChartValues,
  hash: string,
): Promise<void> {
  const { name, namespace } = application.package;
  const file = `${chartFolder}/${application.name}.tgz`;
  const connection = await host.connection();
  await connection.writeFile(file, chart.archive, 0o600);
  const labels = `${packageLabel}=${name},${hashLabel}=${hash}`;
  const upgrade = (): Promise<string> =>
    runScript(
      host,
      `helm upgrade --install ${application.name}`,
      'install.sh',
      [application.name, namespace, file, labels],
      { stdin: JSON.stringify(values) },
    );
  await connection.writeFile(file, chart.archive, 0o600);
  try {
    await upgrade();
  } catch (thrown) {
    const error = toLandfallError(thrown);
    if (!/updates to statefulset spec/.test(error.context.output ?? '')) throw error;
    if (await storageDiffers(host, application)) throw storageIsFixed(application.name, error);
    // Another field that Kubernetes lets nobody change, as a newer package may: the set is made anew around its pods.
    await kubectl(host, `Replace the StatefulSet of ${application.name}`, [
      ...['--namespace', namespace, 'delete', 'statefulsets', '--cascade=orphan'],
      ...['--selector', `landfall.dev/application=${application.name}`],
    ]);
    await connection.writeFile(file, chart.archive, 0o600);
    await upgrade();
  }
}

async function storageDiffers(host: ApplicationHost, application: SelectedApplication): Promise<boolean> {
  const asked = application.package.parameters
    .filter((parameter) => parameter.type === 'size' && parameter.need === 'disk')
    .map((parameter) => parseSize(String(application.parameters[parameter.name])));
  const present = await applicationVolumes(host, application.name);
  return present.some((volume) => !asked.includes(parseSize(volume.size)));
}

function storageIsFixed(name: string, error: LandfallError): LandfallError {
  return new LandfallError({
    code: 'APPLICATION_FIXED',
    message: `${name} is installed with another size of its storage, which cannot be changed in place.`,
    fix: `Ask for the old size; or run \`landfall app uninstall ${name}\`, which keeps the data, and install it again: it then keeps its old volume.`,
    cause: error,
    context: error.context,
  });
}

const installedValues = z.object({ parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])) });

/** The parameters an application is installed with, without its passwords; none when it is not installed. */
export async function installedParameters(
  host: ApplicationHost,
  application: { readonly name: string; readonly namespace: string },
): Promise<Readonly<Record<string, ParameterValue>>> {
  const { name, namespace } = application;
  const text = await runScript(host, `Read the settings of ${name}`, 'values.sh', [name, namespace]);
  return text.trim() === '' ? {} : installedValues.parse(JSON.parse(text)).parameters;
}

/** Removes a release that may be there or not. Volumes stay unless `deleteData`; returns when pods (and volumes) are gone. */
export async function removeRelease(
  host: ApplicationHost,
  application: { readonly name: string; readonly namespace: string },
  deleteData: boolean,
): Promise<void> {
  await runScript(host, `helm uninstall ${application.name}`, 'uninstall.sh', [
    application.name,
    application.namespace,
    deleteData ? 'delete' : 'keep',
  ]);
}

export type Volume = { readonly application: string; readonly namespace: string; readonly size: string };

/** Claims of volumes that belong to applications, also of those that were uninstalled. */
export async function applicationVolumes(host: ApplicationHost, name?: string): Promise<readonly Volume[]> {
  const label = 'landfall.dev/application';
  const text = await kubectl(host, 'Read the volumes', [
    ...[
      'get',
      'persistentvolumeclaims',
      '--all-namespaces',
      '--selector',
      name === undefined ? label : `${label}=${name}`,
    ],
    '--output',
    `jsonpath={range .items[*]}{.metadata.labels.${label.replaceAll('.', '\\.')}}{"\\t"}{.metadata.namespace}{"\\t"}{.spec.resources.requests.storage}{"\\n"}{end}`,
  ]);
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [application = '', namespace = '', size = ''] = line.split('\t');
      return { application, namespace, size };
    });
}
