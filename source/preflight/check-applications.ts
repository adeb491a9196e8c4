import { type Catalogue, loadCatalogue } from '../applications/catalogue.ts';
import { needsOf, type SelectedApplication, selectApplications, totalNeeds } from '../applications/selection.ts';
import type { ClusterDocument } from '../cluster/document.ts';
import { toLandfallError } from '../errors.ts';
import type { HostFacts } from '../hosts/facts.ts';
import { type CheckResult, couldNotRun, finding, findingWhen, pass } from './check.ts';
import { spaceOf } from './checks/disk.ts';
import type { ClusterAnswer } from './cluster-answer.ts';
import type { KnownHost } from './compare-hosts.ts';
import type { ResultMaker } from './results.ts';
import { gibibyte, gibibytes, mebibyte } from './sizes.ts';

/** What Kubernetes itself takes on a host: millicores and bytes, from what a running cluster was seen to use. */
const ownUse = {
  'control-plane': { cpu: 600, memory: 1.3 * gibibyte },
  worker: { cpu: 200, memory: 500 * mebibyte },
} as const;

/** Where the volumes of applications are. */
const volumes = '/var/lib/landfall/volumes';

/** What a node has left for pods: millicores and bytes; the disk is undefined where nobody could look. */
export type Room = {
  readonly name: string;
  readonly cpu: number;
  readonly memory: number;
  readonly disk: number | undefined;
};

/** Hosts that run applications, with what is left for them. */
export function roomForApplications(document: ClusterDocument, hosts: readonly KnownHost[]): readonly Room[] {
  const workers = document.hosts.filter((host) => host.role === 'worker');
  const running = workers.length > 0 ? workers : document.hosts;
  return running.flatMap((host) => {
    const facts = hosts.find(({ name }) => name === host.name)?.facts;
    if (facts === undefined) return [];
    const use = ownUse[host.role];
    return [
      {
        name: host.name,
        cpu: facts.processors * 1000 - use.cpu,
        memory: facts.memory - use.memory,
        disk: spaceOf(facts, volumes)?.free ?? 0,
      },
    ];
  });
}

/** Whether the applications of the document can be installed and have room. */
export function checkApplications(
  document: ClusterDocument,
  hosts: readonly KnownHost[],
  make: ResultMaker,
  catalogue: Catalogue = loadCatalogue(),
): readonly CheckResult[] {
  if (document.applications.length === 0) return [];
  const subject = document.name;
  let selected: readonly SelectedApplication[];
  try {
    selected = selectApplications(catalogue, document.applications);
  } catch (thrown) {
    return [make('application-known', subject, finding(toLandfallError(thrown).message, 'catalogue'))];
  }
  const room = roomForApplications(document, hosts);
  const known = make('application-known', subject, pass);
  // Without any host that was looked at there is nothing to compare with; those have findings of their own.
  if (room.length === 0) return [known];
  return [known, ...judgeFit(selected, room, subject, make)];
}

/** Whether these applications fit on nodes with this room. A node whose disk is not known makes the disk unknown. */
export function judgeFit(
  selected: readonly SelectedApplication[],
  room: readonly Room[],
  subject: string,
  make: ResultMaker,
): readonly CheckResult[] {
  const needs = totalNeeds(selected, room.length);
  const sum = (key: 'cpu' | 'memory' | 'disk'): number =>
    room.reduce((total, host) => total + Math.max(0, host[key] ?? 0), 0);
  const fits = selected.flatMap((application) => {
    const one = needsOf(application, room.length);
    return room.some((host) => host.memory >= one.memory && host.cpu >= one.cpu)
      ? []
      : [`${application.name}: ${gibibytes(one.memory)}, ${one.cpu} m`];
  });
  const most = (key: 'cpu' | 'memory'): number => Math.max(...room.map((host) => host[key]));
  return [
    make(
      'application-fit-memory',
      subject,
      needs.memory <= sum('memory') ? pass : finding(gibibytes(sum('memory')), `≥ ${gibibytes(needs.memory)}`),
    ),
    make(
      'application-fit-processor',
      subject,
      needs.cpu <= sum('cpu') ? pass : finding(`${sum('cpu')} m`, `≥ ${needs.cpu} m`),
    ),
    make(
      'application-fit-disk',
      subject,
      needs.disk <= sum('disk')
        ? pass
        : room.some((host) => host.disk === undefined)
          ? couldNotRun('df')
          : finding(gibibytes(sum('disk')), `≥ ${gibibytes(needs.disk)}`),
    ),
    make(
      'application-fit-host',
      subject,
      findingWhen(
        fits.length === 0 ? [] : [`${gibibytes(Math.max(0, most('memory')))}, ${most('cpu')} m`],
        fits.join('; '),
      ),
    ),
  ];
}

/**
 * What the nodes of a running cluster have left: what they may give to pods, less what pods asked for. What the installation
 * of a name in `leaving` holds is free for its successor.
 */
export function roomInCluster(
  answer: ClusterAnswer,
  facts: ReadonlyMap<string, HostFacts>,
  leaving: ReadonlySet<string>,
): readonly Room[] {
  const taking = answer.nodes.filter((node) => node.conditions.includes('Ready') && !node.cordoned && !node.tainted);
  return taking.map((node) => {
    const pods = answer.pods.filter(
      (pod) =>
        pod.node === node.name &&
        pod.phase !== 'Succeeded' &&
        pod.phase !== 'Failed' &&
        !(pod.application !== '' && leaving.has(pod.application)),
    );
    const known = facts.get(node.name);
    return {
      name: node.name,
      cpu: node.cpu - pods.reduce((sum, pod) => sum + pod.cpu, 0),
      memory: node.memory - pods.reduce((sum, pod) => sum + pod.memory, 0),
      disk: known === undefined ? undefined : (spaceOf(known, volumes)?.free ?? 0),
    };
  });
}
