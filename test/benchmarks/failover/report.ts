import type { Series } from '../../lab/probe/clients.ts';

/** What one round of one case showed; milliseconds. */
export type FailoverRound = {
  readonly id: string;
  readonly title: string;
  readonly round: number;
  readonly victim: string;
  /** By host. */
  readonly clients: Readonly<Record<string, readonly Series[]>>;
  /** From the end of the disturbance until nothing is wrong. */
  readonly healthy: number;
  /** Tasks that wanted a processor, averaged over a minute, before it. */
  readonly load: number;
};

const kinds = ['kept', 'fresh', 'write', 'pods'] as const;

/** The longest gap that any client saw, in a round, in what it asked; undefined when no client asked. */
export function worst(round: FailoverRound, kind: (typeof kinds)[number]): number | undefined {
  const gaps = Object.values(round.clients)
    .flat()
    .filter(({ name }) => (kind === 'pods' ? name.startsWith('pod ') : name === kind))
    .map(({ gap }) => gap);
  return gaps.length === 0 ? undefined : Math.max(...gaps);
}

const seconds = (milliseconds: number | undefined) =>
  milliseconds === undefined ? '-' : (milliseconds / 1000).toFixed(2);

/** One round in a line. */
export function reportRound(round: FailoverRound): string {
  const gaps = kinds.map((kind) => `${kind} ${seconds(worst(round, kind))}`).join('  ');
  const watches = Object.values(round.clients)
    .flat()
    .filter(({ name }) => name === 'watch');
  const broken = watches.reduce((sum, { failed }) => sum + failed, 0);
  const failed = Object.values(round.clients)
    .flat()
    .filter(({ name }) => name === 'kept' || name === 'fresh')
    .reduce((sum, series) => sum + series.failed, 0);
  return `round ${round.round}, ${round.title} (${round.victim}): longest gap in seconds: ${gaps}; ${failed} requests failed, ${broken} of ${watches.length} watches broke; healthy after ${seconds(round.healthy)} s; load ${round.load}`;
}

// What is written of others, not measured here. lvscare asks every 5 s with a limit of 10 s and leaves open connections
// to their own timeouts; an HTTP/2 client of Kubernetes gives up a silent one after 30 + 15 s.
const peers: readonly (readonly [string, string])[] = [
  ['lvscare (sealos), a worker', '15-30'],
  ['lvscare (sealos), open connections', 'up to 45'],
  ['/etc/hosts to the own API server (sealos control planes)', 'until it is back'],
];

/** The largest of all rounds, by case, beside what is known of others. */
export function reportTable(rounds: readonly FailoverRound[]): readonly string[] {
  const ids = [...new Set(rounds.map(({ id }) => id))];
  const width = Math.max(...rounds.map(({ title }) => title.length), ...peers.map(([name]) => name.length)) + 2;
  const row = (name: string, cells: readonly string[]) =>
    `  ${name.padEnd(width)}${cells.map((cell) => cell.padStart(10)).join('')}`;
  const largest = (id: string, of: (round: FailoverRound) => number | undefined): number | undefined => {
    const values = rounds.filter((round) => round.id === id).flatMap((round) => of(round) ?? []);
    return values.length === 0 ? undefined : Math.max(...values);
  };
  return [
    'The longest gap that any client on any node saw, largest of all rounds, in seconds',
    row('', ['rounds', ...kinds, 'healthy']),
    ...ids.map((id) => {
      const own = rounds.filter((round) => round.id === id);
      const cells = kinds.map((kind) => seconds(largest(id, (round) => worst(round, kind))));
      return row(own[0]?.title ?? id, [`${own.length}`, ...cells, seconds(largest(id, ({ healthy }) => healthy))]);
    }),
    'Known of others (not measured here)',
    ...peers.map(([name, gap]) => row(name, ['-', gap])),
  ];
}

/** Whether no power-off left any client of the API without an answer for longer than three seconds. */
export function withinLimit(rounds: readonly FailoverRound[], limit = 3000): boolean {
  return rounds
    .filter(({ id }) => id.startsWith('power-'))
    .every((round) => [worst(round, 'kept') ?? 0, worst(round, 'fresh') ?? 0].every((gap) => gap <= limit));
}
