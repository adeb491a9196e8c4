import { readAsset } from '../assets.ts';
import type { HostEntry } from '../cluster/document.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { type CheckResult, couldNotRun, finding, pass, type Verdict } from './check.ts';
import type { ResultMaker } from './results.ts';

/** Milliseconds. What etcd recommends for the slowest of a hundred writes. */
const mostMilliseconds = 10;
const writes = 300;

/** The value that so many percent of all do not pass. */
export function percentile(values: readonly number[], percent: number): number | undefined {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.ceil((percent / 100) * sorted.length) - 1)];
}

export function judgeDiskSpeed(output: string): Verdict {
  const seconds = output
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(Number);
  if (seconds.length < writes / 2 || seconds.some(Number.isNaN)) return couldNotRun('dd oflag=dsync');
  const slowest = (percentile(seconds, 99) ?? 0) * 1000;
  return slowest <= mostMilliseconds
    ? pass
    : finding(
        `p99 ${slowest.toFixed(1)} ms, p50 ${((percentile(seconds, 50) ?? 0) * 1000).toFixed(1)} ms`,
        `p99 ≤ ${mostMilliseconds} ms`,
      );
}

/** Writes to the disk of etcd as etcd does, and looks how long each write takes. Some seconds; leaves nothing behind. */
export async function checkDiskSpeed(
  host: HostEntry,
  connection: HostConnection,
  make: ResultMaker,
  signal: AbortSignal,
): Promise<CheckResult> {
  const result = await connection
    .run(await readAsset('hosts/preflight/disk-speed.sh'), ['/var/lib/etcd', `${writes}`], { signal, timeout: 60_000 })
    .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  if (typeof result === 'string') return make('disk-speed-etcd', host.name, couldNotRun(result));
  return make(
    'disk-speed-etcd',
    host.name,
    result.exitCode === 0 ? judgeDiskSpeed(result.stdout) : couldNotRun(result.stderr.trim()),
  );
}

export function judgeNames(output: string): { readonly answers: Verdict; readonly wildcard: Verdict } {
  const [, seconds = '', answer = ''] = /^answer (\d+) (\w+)$/m.exec(output) ?? [];
  const address = /^wildcard (\S+)$/m.exec(output)?.[1];
  return {
    answers: answer === 'timeout' ? finding(`> ${seconds} s`, '/etc/resolv.conf') : pass,
    wildcard:
      answer === 'timeout'
        ? couldNotRun('/etc/resolv.conf')
        : address === undefined
          ? pass
          : finding(`* → ${address}`, '-'),
  };
}

/** Asks the host's name server for names nobody has. */
export async function checkNames(
  host: HostEntry,
  connection: HostConnection,
  make: ResultMaker,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  const result = await connection
    .run(await readAsset('hosts/preflight/names.sh'), [], { signal, timeout: 20_000 })
    .catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
  const failed =
    typeof result === 'string'
      ? couldNotRun(result)
      : result.exitCode === 0
        ? undefined
        : couldNotRun('getent, timeout');
  const verdicts =
    failed === undefined && typeof result !== 'string'
      ? judgeNames(result.stdout)
      : { answers: failed ?? pass, wildcard: failed ?? pass };
  return [make('dns-answers', host.name, verdicts.answers), make('dns-wildcard', host.name, verdicts.wildcard)];
}
