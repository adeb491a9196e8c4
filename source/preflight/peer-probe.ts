import { readAsset } from '../assets.ts';
import type { HostEntry } from '../cluster/document.ts';
import type { HostFacts } from '../hosts/facts.ts';
import { meshPairs } from './mesh-plan.ts';
import type { MeshHost } from './mesh-probe.ts';

/** What one host measured on the way to another. */
export type PeerMeasure = {
  readonly from: HostEntry;
  readonly to: HostEntry;
  /** Percent. */
  readonly loss: number;
  /** Milliseconds, there and back; undefined when nothing came back. */
  readonly latency: number | undefined;
  /** Whether a packet of the size the hosts send arrives whole, else the biggest that does; undefined when unknown. */
  readonly fullSize: boolean | undefined;
  readonly biggest: number | undefined;
  /** Hardware address that answered for the peer's address; undefined when a router is in between. */
  readonly hardwareAddress: string | undefined;
};

export type PeerProbe = {
  readonly measures: readonly PeerMeasure[];
  /** Hosts that could not measure, with the reason. */
  readonly silent: ReadonlyMap<string, string>;
};

// IPv4 and ICMP headers.
const headers = 28;

/** Lets every host measure loss, latency and packet size to the others. */
export async function probePeers(
  hosts: readonly (MeshHost & { readonly facts: HostFacts })[],
  signal: AbortSignal,
): Promise<PeerProbe> {
  const script = await readAsset('hosts/preflight/ping-peers.sh');
  const pairs = meshPairs(hosts.map(({ host }) => host));
  const silent = new Map<string, string>();
  const measures = await Promise.all(
    hosts.map(async ({ host, connection, facts }): Promise<readonly PeerMeasure[]> => {
      const peers = pairs.filter(([from]) => from.name === host.name).map(([, to]) => to);
      if (peers.length === 0) return [];
      const mtu = facts.addresses.find((entry) => entry.address === host.address)?.mtu || 1500;
      try {
        const result = await connection.run(script, [`${mtu - headers}`, ...peers.map((peer) => peer.address)], {
          signal,
          timeout: 40_000,
        });
        if (result.exitCode !== 0) {
          silent.set(host.name, result.exitCode === 69 ? 'ping -' : result.stderr.trim());
          return [];
        }
        return peers.map((peer) => parseMeasure(host, peer, result.stdout));
      } catch (error) {
        silent.set(host.name, error instanceof Error ? error.message : String(error));
        return [];
      }
    }),
  );
  return { measures: measures.flat(), silent };
}

/** Picks one peer out of the lines of `ping-peers.sh`. */
export function parseMeasure(from: HostEntry, to: HostEntry, text: string): PeerMeasure {
  const lines = text.split('\n').map((line) => line.split(' '));
  const find = (key: string): readonly string[] =>
    lines.find((line) => line[0] === key && line[1] === to.address) ?? [];
  const [, , loss, average] = find('ping');
  const size = find('size')[2];
  const milliseconds = Number(average);
  const bytes = Number(size);
  return {
    from,
    to,
    loss: loss === undefined ? 100 : Number(loss),
    latency: average === undefined || Number.isNaN(milliseconds) ? undefined : milliseconds,
    fullSize: size === undefined || size === 'unknown' ? undefined : size === 'yes',
    biggest: size === undefined || Number.isNaN(bytes) ? undefined : bytes,
    hardwareAddress: find('neighbour')[2],
  };
}
