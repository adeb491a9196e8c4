import type { ApplicationEntry } from '../cluster/document.ts';
import { LandfallError } from '../errors.ts';
import type { Catalogue } from './catalogue.ts';
import type { ApplicationPackage } from './package.ts';
import { type ParameterValue, resolveParameters } from './parameters.ts';
import { parseSize } from './size.ts';

/** An application as it is to be installed: checked, with defaults, without secrets. */
export type SelectedApplication = {
  readonly package: ApplicationPackage;
  /** Name of this installation, of its release and of its objects. */
  readonly name: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Names of installations that come before. */
  readonly after: readonly string[];
};

// Words that a YAML reader takes for something else than text, wherever a chart forgets the quotes.
const notText = /^(y|yes|n|no|on|off|true|false|null)$/;

function nameError(message: string, fix: string): LandfallError {
  return new LandfallError({ code: 'APPLICATION_NAME', message, fix, exitStatus: 2 });
}

function checkName(catalogue: Catalogue, name: string, found: ApplicationPackage): void {
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(name) || name.length > 40 || notText.test(name)) {
    throw nameError(
      `"${name}" cannot be the name of an application.`,
      'Use at most 40 lower-case letters, digits and "-", beginning with a letter.',
    );
  }
  const isComponent = (candidate: ApplicationPackage): boolean =>
    candidate.role === 'component' && candidate.name === name;
  if (found.role === 'component' ? found.name !== name : catalogue.packages.some(isComponent)) {
    throw nameError(
      found.role === 'component'
        ? `${found.name} is there once in a cluster and cannot have another name.`
        : `The name ${name} belongs to what applications need; ${found.name} cannot have it.`,
      'Choose another name, or leave it out.',
    );
  }
}

function select(catalogue: Catalogue, entry: ApplicationEntry): SelectedApplication {
  const found = catalogue.find(entry.package);
  checkName(catalogue, entry.name, found);
  return {
    package: found,
    name: entry.name,
    parameters: resolveParameters(found, entry.parameters),
    after: found.dependsOn,
  };
}

/**
 * What has to be installed for these entries, in order: what they depend on stands before them, once.
 * APPLICATION_UNKNOWN, APPLICATION_NAME or APPLICATION_PARAMETER say what is wrong with an entry.
 */
export function selectApplications(
  catalogue: Catalogue,
  entries: readonly ApplicationEntry[],
): readonly SelectedApplication[] {
  const selected = new Map<string, SelectedApplication>();
  const written = new Map(entries.map((entry) => [entry.name, entry]));
  const add = (entry: ApplicationEntry): void => {
    const known = selected.get(entry.name);
    if (known === undefined) {
      const application = select(catalogue, entry);
      for (const dependency of application.after) {
        add(written.get(dependency) ?? { package: dependency, name: dependency, parameters: {} });
      }
      selected.set(application.name, application);
    } else if (known.package.name !== catalogue.find(entry.package).name) {
      throw nameError(
        `The name ${entry.name} is used for ${known.package.name} and for ${entry.package}.`,
        'Give one of them another name.',
      );
    }
  };
  for (const entry of entries) add(entry);
  return [...selected.values()];
}

/** Whether one node or several run the applications; decides their replicas. */
export type ReplicaMode = 'oneNode' | 'manyNodes';

export function replicaMode(nodeCount: number): ReplicaMode {
  return nodeCount > 1 ? 'manyNodes' : 'oneNode';
}

/** Of all replicas together: millicores and bytes. */
export type ResourceNeeds = { readonly cpu: number; readonly memory: number; readonly disk: number };

/** What an application needs of one replica, and how many there are, with its own parameters heeded. */
export function needsOf(
  application: SelectedApplication,
  nodeCount: number,
): ResourceNeeds & { readonly replicas: number } {
  const needs = { ...application.package.needs[replicaMode(nodeCount)] };
  for (const parameter of application.package.parameters) {
    if (parameter.type !== 'size' || parameter.need === undefined) continue;
    needs[parameter.need] = parseSize(String(application.parameters[parameter.name])) ?? needs[parameter.need];
  }
  return needs;
}

/** What the applications need together on a cluster with that many nodes for workloads. */
export function totalNeeds(applications: readonly SelectedApplication[], nodeCount: number): ResourceNeeds {
  const sum = { cpu: 0, memory: 0, disk: 0 };
  for (const application of applications) {
    const { replicas, cpu, memory, disk } = needsOf(application, nodeCount);
    sum.cpu += cpu * replicas;
    sum.memory += memory * replicas;
    sum.disk += disk * replicas;
  }
  return sum;
}

/** Which needs the nodes cannot meet. `available` is what their workloads may use together. */
export function missingResources(
  needs: ResourceNeeds,
  available: ResourceNeeds,
): readonly { readonly resource: keyof ResourceNeeds; readonly needed: number; readonly available: number }[] {
  return (['cpu', 'memory', 'disk'] as const)
    .filter((resource) => needs[resource] > available[resource])
    .map((resource) => ({ resource, needed: needs[resource], available: available[resource] }));
}
