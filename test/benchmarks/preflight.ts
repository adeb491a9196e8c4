import { writeFileSync } from 'node:fs';
import { openSparseNetwork } from '../lab/preflight/sparse-network.ts';
import { measurePreflightHosts } from './preflight-hosts.ts';
import { measurePreflightLab } from './preflight-lab.ts';

export type PreflightBenchmarkOptions = {
  readonly hosts: number;
  readonly labHosts: number;
  readonly rounds: number;
  readonly result?: string;
};

type Measured = { readonly what: string; readonly milliseconds: number; readonly limit: number };

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;

/**
 * Discovery and preflight against their limits: scans of mostly dead networks, many practice hosts over real SSH, and real
 * hosts with the mesh between them. Answers whether every limit held.
 */
export async function runPreflightBenchmark(
  options: PreflightBenchmarkOptions,
  say: (line: string) => void,
): Promise<boolean> {
  const measured: Measured[] = [];
  const add = (what: string, milliseconds: number, limit: number): void => {
    measured.push({ what, milliseconds, limit });
    const verdict = milliseconds < limit ? 'held' : 'MISSED';
    say(`${what.padEnd(48)} ${seconds(milliseconds).padStart(9)}   limit ${seconds(limit)}   ${verdict}`);
  };
  const network = await openSparseNetwork();
  try {
    for (const [range, limit] of [
      ['10.9.0.0/24', 3000],
      ['10.9.0.0/22', 10_000],
    ] as const)
      add(`scan of ${range}, mostly dead`, (await network.scan(range)).milliseconds, limit);
  } finally {
    await network.close();
  }
  const figures = await measurePreflightHosts(options.hosts);
  if (figures.unreached > 0) say(`${figures.unreached} hosts could not be reached`);
  add(
    `${options.hosts} practice hosts: facts and host checks`,
    figures.wall,
    Math.max(1000, 10_000 * (options.hosts / 1000)),
  );
  const lab = await measurePreflightLab(options.labHosts, options.rounds, say);
  const [middle = 0] = lab.rounds.toSorted((left, right) => left - right).slice(Math.floor(lab.rounds.length / 2));
  add(`${options.labHosts} real hosts with the mesh (median of ${options.rounds})`, middle, 5000);
  if (options.result !== undefined) {
    writeFileSync(options.result, `${JSON.stringify({ measured, practice: figures, lab }, undefined, 2)}\n`);
    say(`The figures are in ${options.result}.`);
  }
  return figures.unreached === 0 && measured.every((entry) => entry.milliseconds < entry.limit);
}
