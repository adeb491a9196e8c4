import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import type { CheckId } from './check.ts';
import { type NeededPort, neededPorts } from './ports.ts';

/** One connection that a cluster needs. */
export type MeshLink = {
  readonly from: HostEntry;
  readonly to: HostEntry;
  readonly port: NeededPort;
};

const meshCheck: Partial<Readonly<Record<CheckId, CheckId>>> = {
  'port-kubernetes-api': 'mesh-api',
  'port-etcd-client': 'mesh-etcd',
  'port-etcd-peer': 'mesh-etcd',
  'port-registry': 'mesh-registry',
  'port-kubelet': 'mesh-kubelet',
  'port-overlay': 'mesh-overlay',
};

/** The check that speaks for a port between hosts. */
export function meshCheckOf(port: NeededPort): CheckId {
  const id = meshCheck[port.id];
  if (id === undefined) throw new TypeError(`${port.id} is not used between hosts`);
  return id;
}

// In a full mesh every pair counts twice; from this many hosts on each worker is tried with its neighbours only.
const wholeMesh = 24;
const neighbours = 6;

/** Whether two hosts are tried with each other: always where a control plane is one of them, else up to a limit. */
function isTried(hosts: readonly HostEntry[], from: number, to: number): boolean {
  if (hosts.length <= wholeMesh) return true;
  if (hosts[from]?.role === 'control-plane' || hosts[to]?.role === 'control-plane') return true;
  const distance = (to - from + hosts.length) % hosts.length;
  return distance <= neighbours / 2 || hosts.length - distance <= neighbours / 2;
}

/** Pairs of hosts that are looked at; all of them up to 24 hosts. */
export function meshPairs(hosts: readonly HostEntry[]): readonly (readonly [from: HostEntry, to: HostEntry])[] {
  return hosts.flatMap((from, fromIndex) =>
    hosts.flatMap((to, toIndex): readonly (readonly [HostEntry, HostEntry])[] =>
      fromIndex !== toIndex && isTried(hosts, fromIndex, toIndex) ? [[from, to]] : [],
    ),
  );
}

/** Every connection between these hosts that the cluster of the document needs. */
export function meshLinks(document: ClusterDocument, hosts: readonly HostEntry[]): readonly MeshLink[] {
  const ports = neededPorts(document);
  return meshPairs(hosts).flatMap(([from, to]) =>
    ports
      .filter((port) => port.on.includes(to.role) && port.from.includes(from.role))
      .map((port) => ({ from, to, port })),
  );
}

/** Ports on which a host has to listen for the mesh to be tried. */
export function meshPorts(document: ClusterDocument, host: HostEntry): readonly NeededPort[] {
  return neededPorts(document).filter((port) => port.on.includes(host.role) && port.from.length > 0);
}
