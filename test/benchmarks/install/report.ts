import type { Contender, Round } from './benchmark.ts';
import { median, ratio } from './statistics.ts';

const seconds = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(1)).padStart(6);
const megabytes = (value: number) => `${Math.round(value / 1e6)}`;

/** What one round took, in lines for a person. */
export function reportRound(round: Round, number: number): readonly string[] {
  const { contender, shape, toReady, total } = round;
  const bytes = Object.entries(total.bytes).map(
    ([host, { into, outOf }]) => `${host} ${megabytes(into)}/${megabytes(outOf)}`,
  );
  return [
    `${shape} round ${number} ${contender}: ready after ${round.ready.toFixed(1)} s (nodes ${round.nodesReady.toFixed(1)} s), returned after ${round.returned.toFixed(1)} s`,
    `  processor seconds until ready: hosts ${seconds(toReady.hostSeconds)}, operator ${seconds(toReady.operatorSeconds)}, machine ${seconds(toReady.machineSeconds)}; in all: hosts ${seconds(total.hostSeconds)}, operator ${seconds(total.operatorSeconds)}`,
    `  MB into/out of each host: ${bytes.join('  ')}`,
    ...(round.memory === undefined ? [] : [`  largest memory of the run's process: ${megabytes(round.memory)} MB`]),
    ...(round.again === undefined
      ? []
      : [
          `  the same command again, nothing to change: ${round.again.toFixed(1)} s, ${(round.again / round.returned).toFixed(3)} of the first`,
        ]),
    `  load of the machine before and after: ${round.load.join(' ')}`,
    ...round.marks.map(({ step, from, to }) =>
      contender === 'floor' ? `  ${seconds(to)}  ${step}` : `  ${seconds(from)} ${seconds(to)}  ${step}`,
    ),
  ];
}

/** Medians and ratios of one shape. */
export function reportShape(shape: string, rounds: readonly Round[]): readonly string[] {
  const own = rounds.filter((round) => round.shape === shape);
  const line = (contender: Contender) => {
    const of = own.filter((round) => round.contender === contender);
    if (of.length === 0) return [];
    const middle = (value: (round: Round) => number) => seconds(median(of.map(value)));
    return [
      `  ${contender.padEnd(8)} ready ${middle((round) => round.ready)} s   returned ${middle((round) => round.returned)} s   processor seconds until ready: hosts ${middle((round) => round.toReady.hostSeconds)} operator ${middle((round) => round.toReady.operatorSeconds)} machine ${middle((round) => round.toReady.machineSeconds)}   (${of.length} rounds)`,
    ];
  };
  const again = median(own.flatMap((round) => (round.again === undefined ? [] : [round.again / round.returned])));
  const [ready, returned] = [ratio(shape, rounds, 'ready'), ratio(shape, rounds, 'returned')];
  return [
    `${shape}, medians:`,
    ...line('floor'),
    ...line('landfall'),
    ...(again === undefined ? [] : [`  second apply / first: ${again.toFixed(3)}`]),
    ...(ready === undefined || returned === undefined
      ? []
      : [`  Landfall / floor: ready ${ready.toFixed(2)}, returned ${returned.toFixed(2)}`]),
  ];
}
