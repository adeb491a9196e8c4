import type { HostConnection } from '../hosts/connection.ts';

/** How far a host's clock is from the operator machine's, in seconds, and how exact that is. */
export type ClockReading = { readonly host: string; readonly offset: number; readonly uncertainty: number };

/** What `date` answered to a question of which the sending and receiving times are known (milliseconds since 1970). */
export function readClock(host: string, sent: number, received: number, text: string): ClockReading | undefined {
  const match = /^(\d+)(?:\.(\d+))?/.exec(text.trim());
  if (match === null) return undefined;
  const fraction = match[2] === undefined ? undefined : Number(`0.${match[2]}`);
  // Without fractions the second began somewhere in the last one.
  const seconds = Number(match[1]) + (fraction ?? 0.5);
  const middle = (sent + received) / 2000;
  return { host, offset: seconds - middle, uncertainty: (received - sent) / 2000 + (fraction === undefined ? 0.5 : 0) };
}

/** Reads a host's clock three times and keeps the quickest answer, which is the most exact. */
export async function probeClock(
  host: string,
  connection: HostConnection,
  signal: AbortSignal,
): Promise<ClockReading | undefined> {
  let best: ClockReading | undefined;
  for (let attempt = 0; attempt < 3; attempt++) {
    const sent = Date.now();
    const result = await connection.run('date +%s.%N', [], { signal, timeout: 10_000 });
    const reading = readClock(host, sent, Date.now(), result.stdout);
    if (reading !== undefined && (best === undefined || reading.uncertainty < best.uncertainty)) best = reading;
  }
  return best;
}

/** The middle one of the offsets; with an even number, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2;
}
