import { LandfallError } from '../../errors.ts';

/** IPv4 addresses as numbers, both ends included. */
export type AddressRange = { readonly first: number; readonly last: number };

/** More than a /20 at once is no search for one's own machines any more. */
export const mostAddresses = 4096;

export function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function toAddress(value: number): string {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
}

function isAddress(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) && text.split('.').every((part) => Number(part) <= 255);
}

/**
 * `10.0.0.7`, `10.0.0.1-20`, `10.0.0.1-10.0.1.20` or `10.0.0.0/24` (without its network and broadcast address).
 * Undefined for anything else.
 */
export function parseRange(text: string): AddressRange | undefined {
  const [, base = '', prefixText] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? [];
  if (prefixText !== undefined) {
    const prefix = Number(prefixText);
    if (!isAddress(base) || prefix > 32) return undefined;
    const size = 2 ** (32 - prefix);
    const first = Math.floor(toNumber(base) / size) * size;
    return prefix >= 31 ? { first, last: first + size - 1 } : { first: first + 1, last: first + size - 2 };
  }
  const [from = '', to, ...more] = text.split('-');
  if (!isAddress(from) || more.length > 0) return undefined;
  if (to === undefined) return { first: toNumber(from), last: toNumber(from) };
  const end = /^\d{1,3}$/.test(to) ? from.replace(/\d+$/, to) : to;
  if (!isAddress(end)) return undefined;
  const range = { first: toNumber(from), last: toNumber(end) };
  return range.first <= range.last ? range : undefined;
}

/**
 * Every address of the ranges, once, in order. Throws SCAN_RANGE for what is no range and SCAN_TOO_BIG beyond `most`.
 */
export function addressesOf(ranges: readonly string[], most: number = mostAddresses): readonly string[] {
  const parsed = ranges.map((text) => {
    const range = parseRange(text.trim());
    if (range === undefined) {
      throw new LandfallError({
        code: 'SCAN_RANGE',
        message: `"${text}" is no address, range or network.`,
        fix: 'Write 10.0.0.7, 10.0.0.1-20, 10.0.0.1-10.0.1.20 or 10.0.0.0/24.',
        exitStatus: 2,
      });
    }
    return range;
  });
  const total = parsed.reduce((sum, range) => sum + range.last - range.first + 1, 0);
  if (total > most) {
    throw new LandfallError({
      code: 'SCAN_TOO_BIG',
      message: `These ranges hold ${total} addresses; at most ${most} are looked at in one go.`,
      fix: 'Name smaller networks, or the hosts themselves.',
      exitStatus: 2,
    });
  }
  const addresses = new Set<number>();
  for (const { first, last } of parsed) for (let value = first; value <= last; value++) addresses.add(value);
  return [...addresses].sort((left, right) => left - right).map(toAddress);
}
