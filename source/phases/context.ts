import type { Bundle } from '../bundle/contents.ts';
import type { ClusterPki } from '../certificates/cluster-pki.ts';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import type { ClusterSecrets } from '../cluster/secrets.ts';
import type { HostConnection } from '../hosts/connection.ts';
import type { HostFacts } from '../hosts/facts.ts';

export type ConnectedHost = { readonly connection: HostConnection; readonly facts: HostFacts };

/** Secrets the phases need; they travel on standard input only. */
export type InstallSecrets = Omit<ClusterSecrets, 'allValues' | 'rotation'>;

/** A snapshot of etcd from which the cluster is brought back. */
export type RestoreSource = {
  /** Made for this one restore, so that hosts can tell whether it has happened to them. */
  readonly id: string;
  /** The snapshot on the operator machine. */
  readonly snapshot: string;
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
};

/** What every phase of an install works with. Hosts are connected when a step first needs them. */
export type InstallContext = {
  readonly document: ClusterDocument;
  readonly bundle: Bundle;
  readonly secrets: InstallSecrets;
  /** Connection and facts of a host, made once and kept; throws what kept it from being reached. */
  readonly host: (name: string) => Promise<ConnectedHost>;
  readonly pki: ClusterPki;
  /** Folder of the cluster on the operator machine. */
  readonly home: string;
  /** Set while a cluster is rebuilt from a backup: the first control plane then starts with the old state. */
  readonly restore?: RestoreSource;
};

/** The control planes, first one first. */
export function controlPlanes(document: ClusterDocument): readonly HostEntry[] {
  return document.hosts.filter((host) => host.role === 'control-plane');
}

/** The control plane that is installed first and holds what must be held once. */
export function firstControlPlane(document: ClusterDocument): HostEntry {
  const [first] = controlPlanes(document);
  if (first === undefined) throw new TypeError('a validated document has a control plane');
  return first;
}

/** Whether the host is one that runs a registry. */
export function hasRegistry(context: InstallContext, host: HostEntry): boolean {
  return controlPlanes(context.document).some((plane) => plane.name === host.name);
}
