import type { Contender, Round } from './benchmark.ts';

export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return undefined;
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)] : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

/** Landfall's median over the floor's; undefined when one of them was not measured. */
export function ratio(shape: string, rounds: readonly Round[], what: 'ready' | 'returned'): number | undefined {
  const of = (contender: Contender) =>
    median(
      rounds.filter((round) => round.shape === shape && round.contender === contender).map((round) => round[what]),
    );
  const [ours, floors] = [of('landfall'), of('floor')];
  return ours === undefined || floors === undefined ? undefined : ours / floors;
}
