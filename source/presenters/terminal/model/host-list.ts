import type { HostTarget } from '../services.ts';

export type ParsedHosts = {
  readonly targets: readonly HostTarget[];
  /** Ranges to scan rather than single hosts: `10.0.0.0/24`. */
  readonly networks: readonly string[];
  readonly wrong: readonly string[];
};

/** More addresses than this in one range are scanned, not added one by one. */
const expandLimit = 256;

function parseAddress(text: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const parts = match.slice(1).map(Number);
  if (parts.some((part) => part > 255)) return undefined;
  return parts.reduce((value, part) => value * 256 + part, 0);
}

function formatAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** Addresses of `10.0.0.1-20` or `10.0.0.1-10.0.0.20`. */
function expandRange(text: string): readonly string[] | undefined {
  const [from = '', to = ''] = text.split('-');
  const first = parseAddress(from);
  if (first === undefined || to === '') return undefined;
  const last = /^\d{1,3}$/.test(to) ? Math.floor(first / 256) * 256 + Number(to) : parseAddress(to);
  if (last === undefined || last < first || last - first >= expandLimit) return undefined;
  if (/^\d{1,3}$/.test(to) && Number(to) > 255) return undefined;
  return Array.from({ length: last - first + 1 }, (_, index) => formatAddress(first + index));
}

const name = /^(?=.{1,253}$)[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?(\.[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?)*$/;

/** Understands what people paste: addresses, names, `user@host:port`, ranges, networks; separated by anything. */
export function parseHosts(text: string): ParsedHosts {
  const targets: HostTarget[] = [];
  const networks: string[] = [];
  const wrong: string[] = [];
  const seen = new Set<string>();
  const add = (target: HostTarget): void => {
    const key = `${target.address}:${target.port}`;
    if (!seen.has(key)) targets.push(target);
    seen.add(key);
  };
  for (const word of text.split(/[\s,;，；、]+/).filter((part) => part !== '' && !part.startsWith('#'))) {
    const network = /^(\d+\.\d+\.\d+\.\d+)\/(\d{1,2})$/.exec(word);
    if (network !== null) {
      const valid =
        parseAddress(network[1] ?? '') !== undefined && Number(network[2]) <= 32 && Number(network[2]) >= 20;
      (valid ? networks : wrong).push(word);
      continue;
    }
    const match = /^(?:ssh:\/\/)?(?:([^@\s]+)@)?([^@:/]+)(?::(\d{1,5}))?$/.exec(word);
    const host = match?.[2] ?? '';
    const port = Number(match?.[3] ?? 22);
    const looksNumeric = /^[\d.-]+$/.test(host);
    const range = /^\d+\.\d+\.\d+\.\d+-/.test(host) ? expandRange(host) : undefined;
    const valid = parseAddress(host) !== undefined || (!looksNumeric && name.test(host));
    if (match === null || port < 1 || port > 65_535 || (range === undefined && !valid)) {
      wrong.push(word);
      continue;
    }
    const user = match[1];
    for (const address of range ?? [host]) {
      add({ address, port, ...(user === undefined ? {} : { login: { method: 'agent', user } }) });
    }
  }
  return { targets, networks, wrong };
}

/** Ranges as the scan takes them; undefined when one cannot be one. */
export function parseRanges(text: string): readonly string[] | undefined {
  const words = text.split(/[\s,;，；、]+/).filter((part) => part !== '');
  const valid = words.every((word) => {
    const { targets, networks, wrong } = parseHosts(word);
    return (
      wrong.length === 0 &&
      (networks.length > 0 || targets.every((target) => parseAddress(target.address) !== undefined))
    );
  });
  return words.length > 0 && valid ? words : undefined;
}

/** A node name as Kubernetes takes it, made of a host's own. */
export function toNodeName(hostname: string | undefined, address: string): string {
  const short = (hostname ?? '').split('.')[0] ?? '';
  const clean = short
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63);
  if (clean !== '' && clean !== 'localhost') return clean;
  return `node-${address.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`.slice(0, 63);
}
