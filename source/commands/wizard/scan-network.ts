import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { LandfallError } from '../../errors.ts';
import { inParallel } from '../../practice/parallel.ts';
import type { FoundHost, OwnNetwork } from '../../presenters/terminal/services.ts';

/** Polite to switches and to this machine's open files, and still fast: most addresses are silent. */
const atOnce = 256;
const silence = 900;
const largestScan = 65_536;

function toNumber(address: string): number {
  return address.split('.').reduce((value, part) => value * 256 + Number(part), 0);
}

function toAddress(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** Addresses of one range: an address, `10.0.0.1-20`, `10.0.0.1-10.0.1.4`, or a network without its two ends. */
function addressesOf(range: string): readonly string[] {
  const [network = '', prefix] = range.split('/');
  if (prefix !== undefined) {
    const size = 2 ** (32 - Number(prefix));
    const first = Math.floor(toNumber(network) / size) * size;
    const inner = size > 2 ? { from: first + 1, count: size - 2 } : { from: first, count: size };
    if (inner.count > largestScan) throw tooLarge(range);
    return Array.from({ length: inner.count }, (_, index) => toAddress(inner.from + index));
  }
  const [from = '', to] = range.split('-');
  if (to === undefined) return [from];
  const first = toNumber(from);
  const last = to.includes('.') ? toNumber(to) : Math.floor(first / 256) * 256 + Number(to);
  if (last - first >= largestScan) throw tooLarge(range);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => toAddress(first + index));
}

function tooLarge(range: string): LandfallError {
  return new LandfallError({
    code: 'SCAN_TOO_LARGE',
    message: `${range} has more than ${largestScan} addresses.`,
    fix: 'Name a smaller network, up to /16.',
    exitStatus: 2,
  });
}

/** The banner of an SSH server, or undefined where none answers in time. */
function askSsh(address: string, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: 22, signal });
    const end = (banner: string | undefined): void => {
      socket.destroy();
      resolve(banner);
    };
    socket.setTimeout(silence, () => end(undefined));
    socket.once('error', () => end(undefined));
    socket.once('data', (data) => {
      const [line = ''] = data.toString('latin1').split(/\r?\n/);
      end(line.startsWith('SSH-') ? line : undefined);
    });
    socket.once('close', () => resolve(undefined));
  });
}

/** Asks every address of the ranges, and none outside of them, whether an SSH server answers. */
export async function scanNetwork(
  ranges: readonly string[],
  onFound: (host: FoundHost) => void,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const addresses = [...new Set(ranges.flatMap(addressesOf))];
  let done = 0;
  await inParallel(addresses, atOnce, signal, async (address) => {
    const banner = await askSsh(address, signal);
    done++;
    if (signal.aborted) return;
    if (banner !== undefined) onFound({ address, port: 22, banner });
    if (done % 16 === 0 || done === addresses.length) onProgress(done, addresses.length);
  });
}

/** IPv4 networks this machine is in, smallest first; none larger than a scan may be. */
export function ownNetworks(): readonly OwnNetwork[] {
  const found = Object.entries(networkInterfaces()).flatMap(([name, entries = []]) =>
    entries.flatMap((entry) => {
      const [address = '', prefix = ''] = (entry.cidr ?? '').split('/');
      if (entry.family !== 'IPv4' || entry.internal || Number(prefix) < 16) return [];
      const size = 2 ** (32 - Number(prefix));
      const network = toAddress(Math.floor(toNumber(address) / size) * size);
      return [{ cidr: `${network}/${prefix}`, interface: name }];
    }),
  );
  return found.sort((a, b) => Number(b.cidr.split('/')[1]) - Number(a.cidr.split('/')[1]));
}
