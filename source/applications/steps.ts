import type { ClusterSecrets } from '../cluster/secrets.ts';
import type { Step, StepReporter } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import { type ApplicationAccess, accessNames, forgetAccess, readAccess, recordAccess } from './access.ts';
import type { Catalogue } from './catalogue.ts';
import { packChart } from './chart-archive.ts';
import type { ApplicationHost } from './host.ts';
import { dependants, listInstalled } from './installed.ts';
import { applicationVolumes, installRelease, releases, removeRelease } from './release.ts';
import type { SelectedApplication } from './selection.ts';
import { type NodeAddress, tryAccess } from './trial.ts';
import { chartValues, valuesHash } from './values.ts';
import { applicationObjects, obstacles, waitUntilReady } from './workload-state.ts';

/** Id of the phase, and first part of the ids of its steps. */
export const applicationsPhase = 'applications';

/** What the steps of applications work with. */
export type ApplicationEnvironment = {
  readonly host: ApplicationHost;
  /** Nodes in the order in which their addresses are shown to people. */
  readonly nodes: readonly NodeAddress[];
  /** Nodes that may run the pods of applications. */
  readonly workloadNodes: number;
  readonly dnsDomain: string;
  /** The name of an image with its digest in the bundle; one that is not there keeps its name. */
  readonly exactImage: (image: string) => string;
  readonly passwords: Pick<ClusterSecrets, 'applicationPassword' | 'forgetApplication'>;
  /** The cluster's folder on the operator machine, where access data is kept. */
  readonly clusterDirectory: string;
  /** Steps that come before the first application. */
  readonly after: readonly string[];
};

export function applicationStepId(name: string, host: string): string {
  return `${applicationsPhase}/${name}@${host}`;
}

function sameAccess(
  application: SelectedApplication,
  passwords: (parameter: string) => string,
  kept: readonly ApplicationAccess[],
): boolean {
  const wanted = application.package.access;
  if (kept.length !== wanted.length) return false;
  return wanted.every((template, index) => {
    const { user } = accessNames(application, template);
    const password = template.passwordParameter === undefined ? undefined : passwords(template.passwordParameter);
    return kept[index]?.user === user && kept[index]?.password === password;
  });
}

/**
 * Installs an application, waits until it runs and uses it as its user would; only then its access data is written to the
 * cluster's folder. The password is made here, before anything runs, so that whoever redacts the journal knows it.
 */
export function installStep(environment: ApplicationEnvironment, application: SelectedApplication): Step {
  const { host, clusterDirectory } = environment;
  const { namespace, title, access } = application.package;
  const password = (parameter: string): string =>
    environment.passwords.applicationPassword(application.name, parameter);
  const values = chartValues(application, environment.workloadNodes, password, environment.exactImage);
  const named = { name: application.name, namespace };
  const proveAccess = async (reporter: StepReporter): Promise<void> => {
    const tried: ApplicationAccess[] = [];
    for (const template of access) {
      const secret = template.passwordParameter === undefined ? undefined : password(template.passwordParameter);
      const { nodes, dnsDomain } = environment;
      tried.push(await tryAccess(host, application, template, nodes, secret, dnsDomain, reporter.signal));
    }
    if (tried.length > 0) recordAccess(clusterDirectory, application.name, tried);
  };
  return {
    id: applicationStepId(application.name, host.name),
    phase: applicationsPhase,
    host: host.name,
    title: `Install ${title.en}${application.name === application.package.name ? '' : ` as ${application.name}`}`,
    kind: 'host',
    after:
      application.after.length === 0
        ? environment.after
        : application.after.map((name) => applicationStepId(name, host.name)),
    stallAfter: 15 * 60_000,
    async probe() {
      const hash = valuesHash(await packChart(application.package), values);
      const [records, objects] = await Promise.all([releases(host, application.name), applicationObjects(host, named)]);
      const record = records.find((candidate) => candidate.namespace === namespace);
      if (record === undefined) return { state: 'needed' };
      if (record.status !== 'deployed' || record.valuesHash !== hash) return { state: 'needed', reason: 'it changes' };
      const [obstacle] = obstacles(objects);
      if (obstacle !== undefined) return { state: 'needed', reason: obstacle.text };
      const kept = readAccess(clusterDirectory).filter((entry) => entry.application === application.name);
      if (!sameAccess(application, password, kept)) return { state: 'needed', reason: 'its access is not known here' };
      return { state: 'done' };
    },
    async apply(reporter) {
      const foreign = (await releases(host, application.name)).find(
        (record) => record.package !== application.package.name && record.namespace === namespace,
      );
      if (foreign !== undefined) {
        throw new LandfallError({
          code: 'APPLICATION_NAME',
          message: `The name ${application.name} is already used in the cluster${foreign.package === undefined ? '' : ` by ${foreign.package}`}.`,
          fix: 'Choose another name with --name.',
        });
      }
      const chart = await packChart(application.package);
      await installRelease(host, application, chart, values, valuesHash(chart, values));
      await waitUntilReady(host, application, (text) => reporter.output(text), reporter.signal);
    },
    async verify(reporter) {
      const [obstacle] = obstacles(await applicationObjects(host, named));
      if (obstacle !== undefined) {
        throw new LandfallError({
          code: 'STEP_NOT_PROVED',
          message: `${application.name} was ready and is not any more: ${obstacle.text}`,
          fix: 'Run the same command again.',
          transient: true,
        });
      }
      await proveAccess(reporter);
    },
  };
}

/** Removes an application; its data stays unless `deleteData`, and a later install of the same name finds data and password. */
export function uninstallStep(
  environment: ApplicationEnvironment,
  catalogue: Catalogue,
  name: string,
  deleteData: boolean,
): Step {
  const { host, clusterDirectory } = environment;
  const component = catalogue.packages.find((candidate) => candidate.role === 'component' && candidate.name === name);
  const whereIs = async (): Promise<string | undefined> => {
    const record = (await releases(host, name)).find((candidate) => candidate.package !== undefined);
    return record?.namespace ?? (await applicationVolumes(host, name))[0]?.namespace;
  };
  const isGone = async (): Promise<boolean> => {
    const [records, volumes] = await Promise.all([releases(host, name), applicationVolumes(host, name)]);
    return records.every((record) => record.package === undefined) && (!deleteData || volumes.length === 0);
  };
  return {
    id: `${applicationsPhase}/remove-${name}@${host.name}`,
    phase: applicationsPhase,
    host: host.name,
    title: deleteData ? `Uninstall ${name} and delete its data` : `Uninstall ${name}; its data stays`,
    kind: 'host',
    after: environment.after,
    async probe() {
      return (await isGone()) ? { state: 'done' } : { state: 'needed' };
    },
    async apply(reporter) {
      if (component !== undefined) {
        const users = dependants(catalogue, await listInstalled(host, catalogue), name);
        if (users.length > 0) {
          throw new LandfallError({
            code: 'APPLICATION_NEEDED',
            message: `${name} is needed by ${users.join(', ')}.`,
            fix: 'Uninstall these first, with --delete-data.',
          });
        }
      }
      const namespace = await whereIs();
      if (namespace === undefined) return;
      await removeRelease(host, { name, namespace }, deleteData);
      forgetAccess(clusterDirectory, name);
      if (deleteData) return environment.passwords.forgetApplication(name);
      const volumes = await applicationVolumes(host, name);
      if (volumes.length > 0) {
        reporter.output(
          `The data of ${name} stays (${volumes.map((volume) => volume.size).join(', ')}). Installing ${name} again finds it with the same password; \`landfall app uninstall ${name} --delete-data\` deletes it.`,
        );
      }
    },
    async verify() {
      if (await isGone()) return;
      throw new LandfallError({
        code: 'STEP_NOT_PROVED',
        message: `${name} was removed without an error, but the cluster still shows it.`,
        fix: 'Run the same command again.',
      });
    },
  };
}
