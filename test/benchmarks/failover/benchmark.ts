import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { LandfallError } from '../../../source/errors.ts';
import { cachePath } from '../../lab/cache.ts';
import { ensureLabBundle } from '../../lab/cluster/bundle.ts';
import { writeClusterDocument } from '../../lab/cluster/document.ts';
import { landfall } from '../../lab/cluster/landfall.ts';
import { ensureImages } from '../../lab/components/ensure.ts';
import { pause } from '../../lab/hosts/command.ts';
import { type Lab, openLab, upLab } from '../../lab/hosts/lab.ts';
import { allowClients, startClients } from '../../lab/probe/clients.ts';
import { untilHealthy } from '../../lab/probe/health.ts';
import { webServers } from '../../lab/probe/web-servers.ts';
import { type FailoverCase, failoverCases } from './cases.ts';
import { type FailoverRound, reportRound, reportTable, withinLimit } from './report.ts';

export type FailoverOptions = {
  readonly cases?: readonly string[];
  readonly rounds: number;
  readonly rate: number;
  readonly hold: number;
  readonly name: string;
  readonly keep: boolean;
  readonly result?: string;
};

type Setting = {
  readonly lab: Lab;
  readonly planes: readonly string[];
  readonly token: string;
};

const planeCount = 3;

/** A lab with a cluster on it: the one of that name when it is up, else a new one. */
async function ensureCluster(name: string, say: (line: string) => void): Promise<Lab> {
  await ensureImages(say);
  const lab = (await openLab(name)) ?? (await upLab({ name, hosts: 5, debian13: false }, say));
  const bundle = await ensureLabBundle(lab, () => {});
  const document = await writeClusterDocument(lab, { controlPlanes: planeCount });
  const output = await landfall(lab, ['apply', document, '--bundle', bundle, '--yes'], { onLine: say });
  if (output.exitCode === 0) return lab;
  throw new LandfallError({
    code: 'BENCH_FAILED',
    message: `The cluster could not be installed: exit code ${output.exitCode}.`,
    context: { output: `${output.stdout}\n${output.stderr}`.trim().split('\n').slice(-20).join('\n') },
  });
}

async function oneRound(
  one: FailoverCase,
  round: number,
  own: Setting,
  options: FailoverOptions,
): Promise<FailoverRound> {
  const { lab, planes, token } = own;
  await untilHealthy(lab, planes[0] ?? '', 600_000);
  const victim = await one.victim(lab, planes);
  const all = lab.hosts.map(({ name }) => name);
  // Those that go on, and whose view counts.
  const hosts = one.clients === 'none' ? [] : all.filter((host) => one.clients === 'all' || host !== victim);
  // Pods have other addresses after their host was away.
  const servers = await webServers(lab, planes[0] ?? '');
  const pods = hosts.flatMap((host) => servers.get(host) ?? []);
  const clients = await startClients(lab, token, { hosts, rate: options.rate, pods });
  await pause(3000);
  const load = Number(readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
  await one.befall(lab, victim ?? '');
  await pause(options.hold * 1000);
  await one.end(lab, victim ?? '');
  const witness = planes.find((plane) => plane !== victim) ?? '';
  const healthy = await untilHealthy(lab, witness, 600_000);
  await pause(2000);
  const seen = await clients.stop();
  return {
    id: one.id,
    title: one.title,
    round,
    victim: victim ?? 'all',
    clients: Object.fromEntries(seen),
    healthy,
    load,
  };
}

/** Lets everything befall a cluster in rounds, reports each and then the largest gaps; true when power-offs kept to 3 s. */
export async function runFailoverBenchmark(options: FailoverOptions, say: (line: string) => void): Promise<boolean> {
  const chosen = failoverCases.filter(({ id }) => options.cases === undefined || options.cases.includes(id));
  if (chosen.length === 0 || (options.cases ?? []).some((id) => !failoverCases.some((one) => one.id === id))) {
    throw new LandfallError({
      code: 'BENCH_CASE',
      message: `There are these cases: ${failoverCases.map(({ id }) => id).join(', ')}.`,
      exitStatus: 2,
    });
  }
  const result =
    options.result ?? cachePath('bench', `failover-${new Date().toISOString().replace(/[:.]/g, '-')}.json`);
  await mkdir(path.dirname(result), { recursive: true });
  const lab = await ensureCluster(options.name, say);
  const rounds: FailoverRound[] = [];
  try {
    const planes = lab.hosts.slice(0, planeCount).map(({ name }) => name);
    const [first = ''] = planes;
    const setting = { lab, planes, token: await allowClients(lab, first) };
    for (let round = 1; round <= options.rounds; round++) {
      for (const one of chosen) {
        const seen = await oneRound(one, round, setting, options);
        rounds.push(seen);
        say(reportRound(seen));
        await writeFile(result, `${JSON.stringify({ taken: new Date().toISOString(), rounds }, null, 1)}\n`);
      }
    }
  } finally {
    if (!options.keep) await lab.down();
  }
  for (const line of reportTable(rounds)) say(line);
  say(`saved in ${result}`);
  return withinLimit(rounds);
}
