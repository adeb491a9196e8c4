import { lookup } from 'node:dns/promises';
import { existsSync, statSync } from 'node:fs';
import { Command, InvalidArgumentError } from 'commander';
import { clusterHome } from '../cluster/home.ts';
import { loadClusterDocument } from '../cluster/load-document.ts';
import { LandfallError } from '../errors.ts';
import { type NodeKind, nodeKind } from '../hosts/discovery/landfall-node.ts';
import { type NamedHost, readHostFile, readOwnHosts } from '../hosts/discovery/named-hosts.ts';
import { ownNetworks } from '../hosts/discovery/own-networks.ts';
import { addressesOf, parseRange } from '../hosts/discovery/ranges.ts';
import { scanAddresses } from '../hosts/discovery/scan.ts';
import { discoveredDocument } from '../hosts/discovery/to-document.ts';
import { openHostPool } from '../runs/open-context.ts';
import { knownNodes } from './known-nodes.ts';
import { print, printAside } from './print.ts';

type DiscoverOptions = {
  readonly sshFiles?: true;
  readonly neighboursOf?: string;
  readonly port: number;
  readonly timeout: number;
  readonly output: string;
  readonly name: string;
};

/** A host that answered, with all that is known of it without a login. */
type DiscoveredHost = {
  readonly address: string;
  readonly port: number;
  readonly name?: string;
  readonly user?: string;
  readonly keyFile?: string;
  readonly jumpHost?: string;
  readonly banner?: string;
  readonly latency: number;
  /** Name of the Landfall cluster it is in; `?` when it is in one this machine does not know. */
  readonly cluster?: string;
  /** Whose node it is, where it is one. */
  readonly kind?: 'landfall' | 'kubernetes';
};

const outputs = ['table', 'json', 'document'] as const;

function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new InvalidArgumentError(`a whole number from ${least} to ${most} is wanted`);
    }
    return value;
  };
}

/** `landfall discover`: finds the machines that could become a cluster. It connects to their SSH port and to nothing else of strangers. */
export function discoverCommand(): Command {
  return new Command('discover')
    .description('look for machines with SSH: in networks, in files, or in the networks of this machine')
    .argument('[what...]', '10.0.0.0/24, 10.0.0.1-20, an address, or a file with hosts; the own networks unless given')
    .option('--ssh-files', 'add the hosts of ~/.ssh/config and ~/.ssh/known_hosts')
    .option('--neighbours-of <document>', 'add the addresses that the first host of a cluster document has heard of')
    .option('--port <number>', 'where SSH is looked for', wholeNumber(1, 65_535), 22)
    .option('--timeout <milliseconds>', 'how long an address may take to answer', wholeNumber(50, 10_000), 700)
    .option('--output <format>', 'table, json, or document for a cluster document to edit', 'table')
    .option('--name <cluster>', 'name of the cluster in the document', 'demo')
    .action(discover);
}

/** The addresses that the first host of a document sees next to it. */
async function neighboursOf(file: string): Promise<readonly NamedHost[]> {
  const document = loadClusterDocument(file);
  const [first] = document.hosts;
  if (first === undefined) return [];
  const pool = openHostPool(document, clusterHome(document.name), {});
  try {
    const { facts } = await pool.host(first.name);
    return [
      { address: first.address, port: first.ssh.port },
      ...facts.details.neighbours.map(({ address }) => ({ address })),
    ];
  } finally {
    await pool.close();
  }
}

async function resolved(host: NamedHost): Promise<NamedHost | undefined> {
  if (parseRange(host.address) !== undefined) return host;
  const found = await lookup(host.address, { family: 4 }).catch(() => undefined);
  return found === undefined ? undefined : { ...host, name: host.name ?? host.address, address: found.address };
}

async function discover(what: readonly string[], options: DiscoverOptions): Promise<void> {
  const output = outputs.find((name) => name === options.output);
  if (output === undefined) {
    throw new LandfallError({
      code: 'USAGE',
      message: `There is no output format named ${options.output}.`,
      fix: `Use one of: ${outputs.join(', ')}.`,
      exitStatus: 2,
    });
  }
  const isFile = (text: string): boolean =>
    parseRange(text) === undefined && existsSync(text) && statSync(text).isFile();
  const ranges = what.filter((text) => !isFile(text));
  const named = [
    ...what.filter(isFile).flatMap(readHostFile),
    ...(options.sshFiles ? readOwnHosts() : []),
    ...(options.neighboursOf === undefined ? [] : await neighboursOf(options.neighboursOf)),
  ];
  const own = what.length === 0 && named.length === 0 ? ownNetworks().map((network) => network.cidr) : [];
  if (what.length === 0 && named.length === 0) {
    if (own.length === 0) {
      throw new LandfallError({
        code: 'SCAN_NOTHING',
        message: 'This machine is in no network that is small enough to be looked through.',
        fix: 'Name one: landfall discover 10.0.0.0/24',
        exitStatus: 2,
      });
    }
    printAside(`Looking for SSH servers in ${own.join(', ')}`);
  }
  const addresses = addressesOf([...own, ...ranges]);
  const abort = new AbortController();
  const stop = (): void => abort.abort();
  process.once('SIGINT', stop);
  try {
    const scan = { timeout: options.timeout, signal: abort.signal };
    const targets = (await Promise.all(named.map(resolved))).filter((host) => host !== undefined);
    const byPort = Map.groupBy(targets, (host) => host.port ?? options.port);
    const found = [
      ...(await scanAddresses(addresses, { ...scan, port: options.port })),
      ...(
        await Promise.all(
          [...byPort].map(([port, hosts]) =>
            scanAddresses([...new Set(hosts.map((host) => host.address))], { ...scan, port }),
          ),
        )
      ).flat(),
    ];
    const unique = [...new Map(found.map((host) => [`${host.address}:${host.port}`, host])).values()];
    const known = knownNodes();
    const hosts = await Promise.all(
      unique.map(async (host): Promise<DiscoveredHost> => {
        const written = targets.find(
          (target) => target.address === host.address && (target.port ?? options.port) === host.port,
        );
        const own = known.get(host.address);
        const kind: NodeKind = own === undefined ? await nodeKind(host.address) : 'landfall';
        return { ...written, ...host, ...(kind === undefined ? {} : { cluster: own ?? '?', kind }) };
      }),
    );
    const silent = targets.filter((target) => !unique.some((host) => host.address === target.address));
    for (const host of silent) printAside(`${host.name ?? host.address} does not answer`);
    if (output === 'json') print(JSON.stringify(hosts, undefined, 2));
    else if (output === 'document') {
      const free = hosts.filter((host) => host.cluster === undefined);
      if (free.length === 0) {
        throw new LandfallError({
          code: 'SCAN_NOTHING',
          message: 'No free machine with SSH was found.',
          exitStatus: 1,
        });
      }
      print(discoveredDocument(options.name, free).trimEnd());
    } else for (const line of table(hosts)) print(line);
    process.exitCode = hosts.length > 0 ? 0 : 1;
  } finally {
    process.off('SIGINT', stop);
  }
}

function table(hosts: readonly DiscoveredHost[]): readonly string[] {
  const rows = hosts.map((host) => [
    host.port === 22 ? host.address : `${host.address}:${host.port}`,
    host.name ?? '',
    host.kind === 'kubernetes'
      ? 'in a Kubernetes cluster'
      : host.cluster === undefined
        ? ''
        : `in cluster ${host.cluster}`,
    host.banner ?? '',
  ]);
  const width = (column: number): number => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(width(column)))
      .join('  ')
      .trimEnd(),
  );
  return [...lines, `${hosts.length} ${hosts.length === 1 ? 'machine' : 'machines'} with SSH`];
}
