import type { ClusterDocument } from '../cluster/document.ts';
import { networkContains, networksOverlap } from '../cluster/networks.ts';
import { type CheckResult, finding, findingWhen, pass, type Verdict } from './check.ts';
import { madeForContainers } from './checks/network.ts';
import type { KnownHost } from './compare-hosts.ts';
import type { ResultMaker } from './results.ts';
import { gibibytes } from './sizes.ts';

/** Networks and addresses of the hosts that a network of the cluster would hide. */
function overlaps(hosts: readonly KnownHost[], own: ReadonlySet<string>, cidr: string): Verdict {
  const found = hosts.flatMap(({ name, facts }) => {
    const used = [
      ...facts.routes
        .filter((route) => /^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(route.destination))
        .map((route) => ({ network: route.destination, interface: route.interface })),
      ...facts.addresses.map((entry) => ({ network: `${entry.address}/${entry.prefix}`, interface: entry.interface })),
    ];
    return (
      used
        // What a node of this cluster routes itself is the very network that is meant.
        .filter((entry) => !(own.has(name) && madeForContainers.test(entry.interface)))
        .filter((entry) => networksOverlap(cidr, entry.network))
        .map((entry) => `${name}: ${entry.network} dev ${entry.interface}`)
    );
  });
  return findingWhen([...new Set(found)].slice(0, 6), `${cidr} ∩ ∅`);
}

// Hosts that got no address by DHCP have this route; nobody but they themselves can be reached by it.
const linkLocal = '169.254.0.0/16';

/** Networks and addresses of the hosts that the virtual address of every node would hide. */
function virtualAddressUses(hosts: readonly KnownHost[], address: string): Verdict {
  const found = hosts.flatMap(({ name, facts }) => [
    ...facts.routes
      .filter(({ destination }) => /^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(destination) && destination !== linkLocal)
      .filter(({ destination }) => networkContains(destination, address))
      .map((route) => `${name}: ${route.destination} dev ${route.interface}`),
    ...facts.addresses
      .filter((entry) => entry.address === address)
      .map((entry) => `${name}: ${entry.address} dev ${entry.interface}`),
  ]);
  return findingWhen([...new Set(found)].slice(0, 6), `${address} ∩ ∅`);
}

/** What concerns the cluster as a whole. `own` are the hosts that are in it already. */
export function checkCluster(
  document: ClusterDocument,
  hosts: readonly KnownHost[],
  own: ReadonlySet<string>,
  make: ResultMaker,
): readonly CheckResult[] {
  const { podCidr, serviceCidr, dnsDomain } = document.network;
  const planes = document.hosts.filter((host) => host.role === 'control-plane');
  const workers = document.hosts.length - planes.length;
  const sizes = hosts
    .filter(({ name }) => planes.some((plane) => plane.name === name))
    .map(({ facts }) => facts.memory);
  const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
  const nodes = 2 ** (24 - Number(podCidr.split('/')[1]));
  const searching = hosts.filter(({ facts }) => facts.details.dnsSearch.includes(dnsDomain));
  const say = (id: CheckResult['id'], verdict: Verdict): CheckResult => make(id, document.name, verdict);
  return [
    say('control-plane-single', planes.length > 1 ? pass : finding(`${planes.length}`, '3')),
    say('workers-none', workers > 0 ? pass : finding('0', '≥ 1')),
    say(
      'control-plane-sizes',
      sizes.length < 2 || most <= least * 2 ? pass : finding(`${gibibytes(least)} – ${gibibytes(most)}`, '≤ × 2'),
    ),
    say('pod-network-overlap', overlaps(hosts, own, podCidr)),
    say('service-network-overlap', overlaps(hosts, own, serviceCidr)),
    ...(document.loadBalancer.driver === 'keepalived'
      ? [say('virtual-address-unused', virtualAddressUses(hosts, document.loadBalancer.address))]
      : []),
    say(
      'pod-network-room',
      nodes >= document.hosts.length * 2 ? pass : finding(`${podCidr}: ${nodes}`, `≥ ${document.hosts.length * 2}`),
    ),
    say(
      'dns-domain-real',
      findingWhen(
        searching.map(({ name }) => `${name}: search ${dnsDomain}`),
        `≠ ${dnsDomain}`,
      ),
    ),
  ];
}
