import type { ClusterDocument } from '../cluster/document.ts';
import type { HostFacts } from '../hosts/facts.ts';
import { type CheckId, type CheckResult, findingWhen, pass } from './check.ts';
import { madeForContainers } from './checks/network.ts';
import type { ResultMaker } from './results.ts';

export type KnownHost = { readonly name: string; readonly facts: HostFacts };

/** Values that more than one host has, as `value: node-1, node-2`. */
function shared(pairs: readonly (readonly [value: string, host: string])[]): readonly string[] {
  const hosts = new Map<string, Set<string>>();
  for (const [value, host] of pairs) {
    const known = hosts.get(value);
    if (known === undefined) hosts.set(value, new Set([host]));
    else known.add(host);
  }
  return [...hosts].flatMap(([value, names]) => (names.size > 1 ? [`${value}: ${[...names].join(', ')}`] : []));
}

/** Values that are not the same on all hosts, with the hosts of each; empty when they are. */
function different(pairs: readonly (readonly [value: string, host: string])[]): readonly string[] {
  const values = new Map<string, string[]>();
  for (const [value, host] of pairs) values.set(value, [...(values.get(value) ?? []), host]);
  if (values.size <= 1) return [];
  return [...values].map(
    ([value, hosts]) => `${value}: ${hosts.slice(0, 5).join(', ')}${hosts.length > 5 ? ' …' : ''}`,
  );
}

/** Enough of a public key to tell it from others: its kind and its end. */
function shortKey(key: string): string {
  const [kind = '', body = ''] = key.split(' ');
  return `${kind} …${body.slice(-16)}`;
}

/** What shows only when the facts of several hosts are laid side by side. */
export function compareHosts(
  hosts: readonly KnownHost[],
  document: ClusterDocument,
  make: ResultMaker,
): readonly CheckResult[] {
  if (hosts.length < 2) return [];
  const all = (id: CheckId, offences: readonly string[], needed: string): CheckResult =>
    make(id, document.name, findingWhen(offences, needed));
  const real = hosts.flatMap(({ name, facts }) =>
    facts.addresses.filter((entry) => !madeForContainers.test(entry.interface)).map((entry) => ({ name, ...entry })),
  );
  const cards = hosts.flatMap(({ name, facts }) =>
    (facts.details.interfaces ?? [])
      // Only cards that carry an address of the machine: what bridges and bonds share is no fault.
      .filter((card) => real.some((entry) => entry.name === name && entry.interface === card.name))
      .filter((card) => /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(card.hardwareAddress))
      .filter((card) => card.hardwareAddress !== '00:00:00:00:00:00')
      .map((card) => [card.hardwareAddress, name] as const),
  );
  const zones = hosts.flatMap(({ name, facts }) =>
    facts.details.timezone === undefined ? [] : [[facts.details.timezone.replace(/^Etc\//, ''), name] as const],
  );
  return [
    all(
      'machine-id-unique',
      shared(hosts.filter(({ facts }) => facts.machineId !== '').map(({ name, facts }) => [facts.machineId, name])),
      '1 host',
    ),
    all('hostname-unique', shared(hosts.map(({ name, facts }) => [facts.hostname, name])), '1 host'),
    all('address-unique', shared(real.map((entry) => [entry.address, entry.name])), '1 host'),
    all('hardware-address-unique', shared(cards), '1 host'),
    all(
      'host-key-unique',
      shared(hosts.flatMap(({ name, facts }) => facts.details.hostKeys.map((key) => [shortKey(key), name] as const))),
      '1 host',
    ),
    all('timezone-same', different(zones), '1'),
    all('cgroup-version-same', different(hosts.map(({ name, facts }) => [`cgroup ${facts.cgroupVersion}`, name])), '1'),
    make(
      'distribution-same',
      document.name,
      hosts.every(({ facts }) => facts.distribution.id === hosts[0]?.facts.distribution.id)
        ? pass
        : findingWhen(
            different(hosts.map(({ name, facts }) => [facts.distribution.name || facts.distribution.id, name])),
            '1',
          ),
    ),
  ];
}
