import { readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { LandfallError } from '../../errors.ts';
import { nodeKind } from '../../hosts/discovery/landfall-node.ts';
import { type NamedHost, readHostFile, readOwnHosts } from '../../hosts/discovery/named-hosts.ts';
import { addressesOf } from '../../hosts/discovery/ranges.ts';
import { scanAddresses } from '../../hosts/discovery/scan.ts';
import type { FoundHost, HostTarget, Login } from '../../presenters/terminal/services.ts';
import { knownNodes } from '../known-nodes.ts';
import { expandHome } from './draft-document.ts';

function toTarget({ name, address, port = 22, user, keyFile, jumpHost }: NamedHost): HostTarget {
  const login: Login | undefined =
    user === undefined
      ? undefined
      : keyFile === undefined
        ? { method: 'agent', user }
        : { method: 'key', user, keyFile };
  return {
    address,
    port,
    ...(name === undefined ? {} : { name }),
    ...(login === undefined ? {} : { login }),
    ...(jumpHost === undefined ? {} : { jumpHost }),
  };
}

/**
 * Hosts of `~/.ssh/config`, or of a file: one host a line, an SSH configuration, known_hosts or an inventory.
 * Throws HOST_FILE when it cannot be read or names none.
 */
export function readHosts(file: string | undefined): readonly HostTarget[] {
  const source = file === undefined ? path.join(homedir(), '.ssh', 'config') : expandHome(file);
  const named = file === undefined ? readOwnHosts() : readHostFile(source);
  if (named.length > 0) return named.map(toTarget);
  throw new LandfallError({
    code: 'HOST_FILE',
    message: `${source} names no hosts.`,
    fix: 'Type or paste the addresses instead, or look for them in the network.',
    exitStatus: 2,
  });
}

/** Looks for SSH servers at these addresses, and tells of each whether it is in a cluster already. */
export async function scanNetwork(
  ranges: readonly string[],
  onFound: (host: FoundHost) => void,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const known = knownNodes();
  const looks: Promise<void>[] = [];
  await scanAddresses(addressesOf(ranges), {
    signal,
    onProgress,
    onFound({ address, port, banner }) {
      const host: FoundHost = { address, port, ...(banner === undefined ? {} : { banner }) };
      onFound(host);
      const look = async (): Promise<void> => {
        const cluster = known.get(address) ?? ((await nodeKind(address)) === undefined ? undefined : '?');
        if (cluster !== undefined && !signal.aborted) onFound({ ...host, cluster });
      };
      looks.push(look());
    },
  });
  await Promise.all(looks);
}

function isPrivateKey(file: string): boolean {
  try {
    return /^-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(readFileSync(file, 'latin1').slice(0, 64));
  } catch {
    return false;
  }
}

/** Private keys in the folder where ssh keeps them, the kind that everybody has first. */
export function ownKeys(folder: string = path.join(homedir(), '.ssh')): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch {
    return [];
  }
  const rank = (name: string): number => ['id_ed25519', 'id_ecdsa', 'id_rsa'].indexOf(name) >>> 0;
  return names
    .filter((name) => !name.endsWith('.pub') && isPrivateKey(path.join(folder, name)))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((name) => path.join(folder, name));
}
