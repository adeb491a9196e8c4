import path from 'node:path';
import { expect, test } from 'vitest';
import { pick, seededRandom } from '../../../source/practice/random.ts';
import { landfall } from '../cluster/landfall.ts';
import { type Output, pause, until } from '../hosts/command.ts';
import {
  appliedAgain,
  killHard,
  newRun,
  progressOf,
  reachProgress,
  type SeenRun,
  seenRuns,
  startLandfall,
} from '../support/live-run.ts';
import { apply, applyArguments, type Stage, standsOn } from './stage.ts';

/** Where in the run things happen, as parts of its steps; and how long after that step, in milliseconds. */
type Moment = { readonly at: number; readonly later: number };

/** Three kills, a stop and a loss of power, one after the other over what is left of the run. */
function moments(seed: number, done: number) {
  const random = seededRandom(seed);
  const between = (from: number, to: number): Moment => ({
    at: done + (0.97 - done) * (from + (to - from) * random()),
    later: Math.floor(random() * 1500),
  });
  return {
    firstKill: between(0.05, 0.25),
    secondKill: between(0.28, 0.42),
    stop: between(0.46, 0.5),
    powerCut: between(0.54, 0.66),
    thirdKill: between(0.72, 0.95),
    // node-1 is left out: a kill needs the run to reach it. node-4 has its small disk in memory.
    victim: pick(random, ['node-2', 'node-3', 'node-5']),
  };
}

async function reach(run: SeenRun, moment: Moment): Promise<boolean> {
  const going = await reachProgress(run, moment.at);
  await pause(moment.later);
  return going && !progressOf(run).over;
}

export function interruptionProofs(of: () => Stage): void {
  let plan: ReturnType<typeof moments> | undefined;
  const started = () => {
    if (plan === undefined) throw new Error('the moments are not known');
    return plan;
  };

  test('the terminal is lost, others watch, another operator is refused; then kill -9', async (context) => {
    const stage = of();
    const { lab, cluster } = stage;
    const [faulty] = seenRuns(lab, cluster);
    standsOn(context, faulty, 'there was no run yet');
    const { finished, total } = faulty === undefined ? { finished: 0, total: 1 } : progressOf(faulty);
    plan = moments(stage.seed, finished / total);
    console.log(`seed ${stage.seed}: ${JSON.stringify(plan)}`);
    const before = seenRuns(lab, cluster);
    const front = startLandfall(lab, applyArguments(stage));
    const run = await newRun(lab, cluster, before);
    await reachProgress(run, 0.02);
    // The same command again attaches to the run that goes on.
    const second = startLandfall(lab, applyArguments(stage));
    // Somebody else with the same document, on a machine that knows nothing of this run.
    const stranger = await landfall(lab, applyArguments(stage), {
      environment: { LANDFALL_HOME: path.join(lab.directory, 'stranger') },
    });
    expect(stranger.exitCode, stranger.stdout + stranger.stderr).toBe(1);
    expect(stranger.stdout).toMatch(/!! node-1: \[CLUSTER_LOCKED\] The cluster is being changed by root@\S+ \(run /);
    expect(stranger.stdout).toContain(run.id);
    expect(stranger.stdout).toContain('what to do: Wait until it is finished.');
    // The terminal goes: SIGHUP, which a program that does not expect it dies of.
    front.signal('SIGHUP');
    await front.ended;
    const events = run.events().length;
    const watch = startLandfall(lab, ['watch', cluster]);
    await until('those who watch show nothing', 60_000, async () =>
      [second, watch].every((front) => front.text().includes(run.id)),
    );
    expect(await reach(run, started().firstKill)).toBe(true);
    expect(run.events().length).toBeGreaterThan(events);
    expect(seenRuns(lab, cluster).length).toBe(before.length + 1);
    expect(second.text()).toContain(`Run ${run.id} of this cluster goes on already; watching it.`);
    expect(second.text()).toContain(`run ${run.id} of cluster ${cluster} (install)`);
    expect(watch.text()).toContain(`run ${run.id} of cluster ${cluster} (install)`);
    // Only the run's own process is killed: those who watch must notice.
    expect(await killHard(run, [])).toBeGreaterThan(0);
    for (const watcher of [second, watch]) {
      const output = await watcher.ended;
      expect(output.exitCode).toBe(1);
      expect(output.stderr).toContain('RUN_DIED');
      expect(output.stderr).toContain('Run the same command again');
    }
  });

  test('kill -9 of everything a second time', async (context) => {
    standsOn(context, plan, 'the first kill');
    const stage = of();
    const before = seenRuns(stage.lab, stage.cluster);
    const front = startLandfall(stage.lab, applyArguments(stage));
    const run = await newRun(stage.lab, stage.cluster, before);
    expect(await reach(run, started().secondKill)).toBe(true);
    expect(await killHard(run, [front])).toBeGreaterThan(1);
    expect(run.processId()).toBeUndefined();
  });

  test('SIGINT stops between steps', async (context) => {
    standsOn(context, plan, 'the first kill');
    const stage = of();
    const before = seenRuns(stage.lab, stage.cluster);
    const front = startLandfall(stage.lab, applyArguments(stage));
    const run = await newRun(stage.lab, stage.cluster, before);
    expect(await reach(run, started().stop)).toBe(true);
    front.signal('SIGINT');
    const output = await front.ended;
    expect(output.exitCode, output.stdout + output.stderr).toBe(3);
    expect(output.stderr).toContain('Stopping: running steps end, no new one is started.');
    expect(output.stdout).toMatch(/Stopped after .*, 0 failed, [1-9]\d* were not run\./);
    const events = run.events();
    const begun = events.flatMap((event) => (event.type === 'step-started' ? [event.step] : []));
    const ended = events.flatMap((event) => (event.type === 'step-finished' ? [event.step] : []));
    expect(begun.toSorted()).toEqual(ended.toSorted());
    expect(events.at(-1)).toMatchObject({ type: 'run-finished', outcome: 'stopped' });
  });

  test('a host loses power, comes back, and a third kill -9', async (context) => {
    standsOn(context, plan, 'the first kill');
    const stage = of();
    const { lab, cluster } = stage;
    const { victim, powerCut, thirdKill } = started();
    let cut = false;
    let killed = false;
    for (let attempt = 1; attempt <= 3 && !killed; attempt++) {
      const before = seenRuns(lab, cluster);
      const front = startLandfall(lab, applyArguments(stage));
      const run = await newRun(lab, cluster, before);
      if (!cut) {
        expect(await reach(run, powerCut)).toBe(true);
        await lab.powerOff(victim);
        cut = true;
        stage.victim = victim;
        await pause(5000);
        await lab.powerOn(victim);
      }
      if (await reach(run, thirdKill)) {
        await killHard(run, [front]);
        killed = true;
      } else {
        // The run could do without the host or not; either way it says so and ends.
        const output = await front.ended;
        expect([0, 1], output.stdout + output.stderr).toContain(output.exitCode);
        if (output.exitCode === 1) expect(output.stdout).toContain(`!! ${victim}: `);
      }
    }
    expect({ cut, killed }).toEqual({ cut: true, killed: true });
  });

  test('the same command completes the cluster, and no step that was proved is applied again', async (context) => {
    standsOn(context, plan, 'the first kill');
    const stage = of();
    const output = await apply(stage);
    expect(output.exitCode, output.stdout + output.stderr).toBe(0);
    expect(output.stdout).toMatch(/ Finished in .*: \d+ steps changed something, \d+ were done already\./);
    stage.completed = output as Output;
    const runs = seenRuns(stage.lab, stage.cluster);
    expect(appliedAgain(runs)).toEqual([]);
  });
}
