import { listClusters, recallCluster } from '../cluster/known-cluster.ts';

/** Clusters this machine knows, by the addresses of their hosts. */
export function knownNodes(): ReadonlyMap<string, string> {
  return new Map(
    listClusters().flatMap((name) =>
      (recallCluster(name)?.document.hosts ?? []).map((host) => [host.address, name] as const),
    ),
  );
}
