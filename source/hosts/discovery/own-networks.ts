import { networkInterfaces } from 'node:os';
import { toAddress, toNumber } from './ranges.ts';

export type OwnNetwork = { readonly cidr: string; readonly interface: string; readonly address: string };

const madeForContainers = /^(lo|docker|br-|veth|cni|flannel|cali|cilium|virbr|podman|tun|utun|tap|wg|zt|tailscale)/;

type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * IPv4 networks this machine is in, the smallest first. Networks of containers, tunnels and whole providers (bigger than
 * a /20) are left out: nobody looks for machines there without naming them.
 */
export function ownNetworks(interfaces: Interfaces = networkInterfaces()): readonly OwnNetwork[] {
  const networks = Object.entries(interfaces).flatMap(([name, addresses]) =>
    madeForContainers.test(name)
      ? []
      : (addresses ?? [])
          .filter((entry) => entry.family === 'IPv4' && !entry.internal && entry.cidr !== null)
          .map((entry) => {
            const prefix = Number(entry.cidr?.split('/')[1]);
            const size = 2 ** (32 - prefix);
            const first = Math.floor(toNumber(entry.address) / size) * size;
            return { cidr: `${toAddress(first)}/${prefix}`, interface: name, address: entry.address, prefix };
          }),
  );
  return networks
    .filter((network) => network.prefix >= 20 && network.prefix <= 30)
    .sort((left, right) => right.prefix - left.prefix)
    .map(({ cidr, interface: name, address }) => ({ cidr, interface: name, address }));
}
