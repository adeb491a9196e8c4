import type { ClusterDocument, LoadBalancer } from './document.ts';
import { networkContains } from './networks.ts';
import type { Problem, ReadYaml } from './positioned-yaml.ts';
import type { WrittenDocument } from './schema.ts';

/**
 * Virtual address of every node for itself unless another is written. Link-local, so no network routes it; outside of what
 * clouds and local name servers use of that range.
 */
export const standardVirtualAddress = '169.254.97.2';

type WrittenBalancer = NonNullable<WrittenDocument['spec']['loadBalancer']>;

/** The balancer as it is written, with its defaults. */
export function loadBalancer(written: WrittenBalancer): LoadBalancer {
  const { driver = 'haproxy', address, port } = written;
  switch (driver) {
    case 'external':
      return { driver, address: address ?? '', port: port ?? 6443 };
    case 'keepalived':
      return { driver, address: address ?? standardVirtualAddress, port: port ?? 6443 };
    case 'haproxy':
      return { driver, port: port ?? 7443 };
  }
}

/** Networks whose addresses no interface of a host can stand for. */
const unusable: readonly (readonly [string, string])[] = [
  ['0.0.0.0/8', 'no address of a machine'],
  ['127.0.0.0/8', "every machine's own"],
  ['224.0.0.0/3', 'no address of one machine'],
];

function virtualAddressProblem(address: string, { hosts, network }: ClusterDocument): string | undefined {
  if (!/^\d+\.\d+\.\d+\.\d+$/.test(address)) return `must be an IPv4 address, as ${standardVirtualAddress}`;
  const wrong = unusable.find(([cidr]) => networkContains(cidr, address));
  if (wrong !== undefined) return `${address} is ${wrong[1]}; leave it out to get ${standardVirtualAddress}`;
  if (hosts.some((host) => host.address === address)) {
    return `${address} is a host of the cluster; every node has the virtual address for itself, so it must be nobody's`;
  }
  for (const [key, cidr] of Object.entries({ podCidr: network.podCidr, serviceCidr: network.serviceCidr })) {
    if (networkContains(cidr, address)) return `${address} lies in the cluster's own ${key} ${cidr}`;
  }
  return undefined;
}

/** Rules about the balancer that look at more than one value. */
export function loadBalancerProblems(
  { spec }: WrittenDocument,
  document: ClusterDocument,
  at: ReadYaml<WrittenDocument>['at'],
): readonly Problem[] {
  const written = spec.loadBalancer ?? {};
  const path = ['spec', 'loadBalancer'];
  const { loadBalancer: balancer } = document;
  switch (balancer.driver) {
    case 'external':
      if (written.address === undefined) return [at(path, 'an external load balancer needs its address')];
      if (!spec.hosts.some((host) => host.address === written.address)) return [];
      return [
        at([...path, 'address'], `${written.address} is a host of the cluster, with which the API would be lost`),
      ];
    case 'keepalived': {
      const problem = virtualAddressProblem(balancer.address, document);
      const mode = document.kubeadm.kubeProxyConfiguration['mode'];
      return [
        ...(problem === undefined ? [] : [at(written.address === undefined ? path : [...path, 'address'], problem)]),
        // In any other mode kube-proxy takes all of the kernel's IPVS for its own, and clears it when it starts.
        ...(mode === undefined || mode === '' || mode === 'iptables'
          ? []
          : [
              at(
                ['spec', 'kubeadm', 'kubeProxyConfiguration', 'mode'],
                `kube-proxy in mode ${String(mode)} clears what keepalived balances with IPVS; leave the mode out, or take the driver haproxy`,
              ),
            ]),
      ];
    }
    case 'haproxy':
      if (written.address === undefined) return [];
      return [
        at(
          [...path, 'address'],
          'haproxy listens on 127.0.0.1 of every host; only the drivers keepalived and external have an address',
        ),
      ];
  }
}
