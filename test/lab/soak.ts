import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { LandfallError } from '../../source/errors.ts';
import { seededRandom } from '../../source/practice/random.ts';
import { ensureLabBundle } from './cluster/bundle.ts';
import { writeClusterDocument } from './cluster/document.ts';
import { landfall } from './cluster/landfall.ts';
import { ensureImages } from './components/ensure.ts';
import { pause } from './hosts/command.ts';
import { type Lab, upLab } from './hosts/lab.ts';
import { keepRecords } from './proof/stage.ts';
import {
  appliedAgain,
  killHard,
  newRun,
  progressOf,
  reachProgress,
  type SeenRun,
  seenRuns,
  startLandfall,
} from './support/live-run.ts';

export type SoakOptions = {
  readonly name: string;
  readonly hosts: number;
  readonly kills: number;
  readonly seed: number;
};

const cluster = 'soak';
const killsOfOne = 6;

function seconds(since: number): string {
  return `${Math.round((Date.now() - since) / 1000)} s`;
}

/** What the run was doing when it was killed: the steps that were begun and not ended. */
function openSteps(run: SeenRun): string {
  const open = new Set<string>();
  for (const event of run.events()) {
    if (event.type === 'step-started') open.add(event.step);
    if (event.type === 'step-finished' || (event.type === 'step-failed' && event.retryIn === undefined))
      open.delete(event.step);
  }
  return open.size === 0 ? 'between steps' : [...open].join(', ');
}

type Install = {
  readonly lab: Lab;
  readonly command: readonly string[];
  readonly random: () => number;
  readonly say: (line: string) => void;
};

/** One install, killed so many times at points spread over it. Returns how many kills there were; throws on a failure. */
async function killedInstall({ lab, command, random, say }: Install, kills: number, first: number): Promise<number> {
  const begun = Date.now();
  const before = seenRuns(lab, cluster);
  let done = 0;
  for (let kill = 1; kill <= kills; kill++) {
    // The kill-th part of the run, somewhere in it.
    const at = (kill - 1 + random()) / kills;
    const later = Math.floor(random() * 2500);
    const known = seenRuns(lab, cluster);
    const front = startLandfall(lab, command);
    const run = await newRun(lab, cluster, known);
    await reachProgress(run, at);
    await pause(later);
    const { finished, total, over } = progressOf(run);
    if (over) {
      const output = await front.ended;
      if (output.exitCode !== 0) throw new Error(`run ${run.id} failed by itself:\n${output.stdout}${output.stderr}`);
      say(`  kill ${first + done}: the run was finished before its moment came`);
      break;
    }
    await killHard(run, [front]);
    done++;
    say(`  kill ${first + done - 1} at ${finished} of ${total} steps: ${openSteps(run)}`);
  }
  const last = await landfall(lab, command);
  if (last.exitCode !== 0) throw new Error(`the last run failed:\n${last.stdout}${last.stderr}`);
  const again = appliedAgain(seenRuns(lab, cluster).slice(before.length));
  if (again.length > 0) throw new Error(`proved steps were applied again: ${again.join(', ')}`);
  const [status, second] = [await landfall(lab, ['status', cluster]), await landfall(lab, command)];
  if (status.exitCode !== 0) throw new Error(`the cluster is not well:\n${status.stdout}${status.stderr}`);
  if (!second.stdout.includes('Nothing to change')) throw new Error(`not finished after all:\n${second.stdout}`);
  say(`  complete and well after ${seconds(begun)}, ${done} kills`);
  return done;
}

/**
 * Installs again and again on the same hosts, kills the program at seeded moments, and goes on with the same command, until
 * so many kills were survived. A failure ends it: the hosts stay up, and the seed and the kept journals are named.
 */
export async function soak(options: SoakOptions, say: (line: string) => void): Promise<number> {
  const begun = Date.now();
  await ensureImages(say);
  const lab = await upLab({ name: options.name, hosts: options.hosts, replace: true }, say);
  let killed = 0;
  say(`seed ${options.seed}: ${options.kills} kills`);
  try {
    const bundle = await ensureLabBundle(lab, () => {});
    const applications = ['mariadb', 'valkey', 'website'];
    const document = await writeClusterDocument(lab, { name: cluster, applications });
    const command = ['apply', document, '--bundle', bundle, '--yes'];
    const random = seededRandom(options.seed);
    for (let round = 1; killed < options.kills; round++) {
      const kills = Math.min(killsOfOne, options.kills - killed);
      say(`round ${round}, ${seconds(begun)} after the start`);
      killed += await killedInstall({ lab, command, random, say }, kills, killed + 1);
      const reset = await landfall(lab, ['reset', cluster, '--yes']);
      if (reset.exitCode !== 0) throw new Error(`the reset failed:\n${reset.stdout}${reset.stderr}`);
    }
  } catch (cause) {
    const kept = keepRecords(lab);
    writeFileSync(path.join(kept, 'seed'), `${options.seed}\n`);
    throw new LandfallError({
      code: 'SOAK_FAILED',
      message: `After ${killed} kills with seed ${options.seed}: ${cause instanceof Error ? cause.message : String(cause)}`,
      fix: `The journals are in ${kept}; the hosts are still up (npm run lab -- --name ${options.name} status).`,
      cause,
    });
  }
  const packets = await lab.outsidePackets();
  await lab.down();
  say(`${killed} kills survived in ${seconds(begun)}, seed ${options.seed}; packets to addresses outside: ${packets}`);
  return packets === 0 ? 0 : 1;
}
