import type { Catalogue } from '../applications/catalogue.ts';
import type { ClusterDocument } from '../cluster/document.ts';
import { checkBetweenHosts, type ReachedHost } from './between-hosts.ts';
import type { CheckResult } from './check.ts';
import { checkApplications } from './check-applications.ts';
import { checkCluster } from './check-cluster.ts';
import { compareHosts } from './compare-hosts.ts';
import type { ResultMaker } from './results.ts';

/** A host that was looked at; `own` when it is in this very cluster already. */
export type LookedAtHost = ReachedHost & { readonly own: boolean };

/** What shows when the facts of all hosts are laid side by side: comparisons, the cluster as a whole, room for applications. */
export function compareAll(
  document: ClusterDocument,
  hosts: readonly LookedAtHost[],
  make: ResultMaker,
  catalogue?: Catalogue,
): readonly CheckResult[] {
  const known = hosts.map(({ host, facts }) => ({ name: host.name, facts }));
  const own = ownNames(hosts);
  return [
    ...compareHosts(known, document, make),
    ...checkCluster(document, known, own, make),
    ...checkApplications(document, known, make, catalogue),
  ];
}

/** Names of the hosts that are in the cluster already. */
export function ownNames(hosts: readonly LookedAtHost[]): ReadonlySet<string> {
  return new Set(hosts.filter((host) => host.own).map(({ host }) => host.name));
}

/** Lets the hosts try each other: always, never, or only when one of them is not in the cluster yet. */
export async function tryEachOther(
  document: ClusterDocument,
  hosts: readonly LookedAtHost[],
  when: boolean | 'when-new',
  make: ResultMaker,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const wanted = when === 'when-new' ? hosts.some((host) => !host.own) : when;
  return wanted ? checkBetweenHosts(document, hosts, make, signal) : [];
}
