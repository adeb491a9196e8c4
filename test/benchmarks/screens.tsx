import { PassThrough, Writable } from 'node:stream';
import { render } from 'ink';
import type { EventBody, JournalEvent } from '../../source/engine/events.ts';
import { createWizardModel } from '../../source/presenters/terminal/model/wizard-model.ts';
import type { WizardServices } from '../../source/presenters/terminal/services.ts';
import { keepHeapSmall } from '../../source/presenters/terminal/small-heap.ts';
import { WizardApp } from '../../source/presenters/terminal/wizard-app.tsx';
import { fakeServices } from '../screens/fake-services.ts';
import { testProfile } from '../screens/profile.ts';
import { measureFirstFrame, measureInstall } from './program-screens.ts';

export type ScreenFigures = {
  readonly hosts: number;
  readonly eventsPerSecond: number;
  /** Milliseconds from a key to the frame that shows what it did. */
  readonly keyMedian: number;
  readonly key99: number;
  /** Milliseconds of processor time in it: what it takes on a machine that does nothing else. */
  readonly processorMedian: number;
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
  /** Bytes resident at the end. */
  readonly memory: number;
};

const phases = ['connect', 'prepare', 'containerd', 'registry', 'node', 'balancer', 'join', 'verify'];
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** The progress screen while so many hosts report, and keys pressed meanwhile. */
export async function measureScreens(hosts: number, seconds: number): Promise<ScreenFigures> {
  // As the program does when it starts.
  keepHeapSmall();
  const names = Array.from({ length: hosts }, (_, index) => `node-${String(index).padStart(4, '0')}`);
  let sequence = 0;
  const stamp = (body: EventBody): JournalEvent => ({ ...body, at: new Date().toISOString(), sequence: sequence++ });
  let send: (events: readonly JournalEvent[]) => void = () => {};
  const services: WizardServices = {
    ...fakeServices(),
    openRun: async () => ({
      run: 'bench',
      cluster: 'bench',
      journal: '/tmp/journal.ndjson',
      live: true,
      history: {},
      async follow(onEvents, signal) {
        send = onEvents;
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      },
      async answer() {},
      async stop() {},
    }),
  };
  let bytes = 0;
  let frames = 0;
  let painted: (() => void) | undefined;
  const output = Object.assign(
    new Writable({
      decodeStrings: false,
      write(chunk: string, _encoding, done) {
        bytes += Buffer.byteLength(chunk);
        frames++;
        // Only a moved cursor draws its mark anew: unchanged beginnings of lines are not written.
        if (chunk.includes('❯')) painted?.();
        done();
      },
    }),
    { columns: 120, rows: 40, isTTY: true },
  );
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input, ref() {}, unref() {} });
  const model = createWizardModel(services, 'en');
  const profile = { ...testProfile(), animated: true };
  const instance = render(<WizardApp model={model} profile={profile} memory={new Map()} exit={() => {}} />, {
    stdout: output as never,
    stdin: input as never,
    exitOnCtrlC: false,
    patchConsole: false,
    interactive: true,
    alternateScreen: true,
    incrementalRendering: true,
    maxFps: 60,
  });
  model.runs.open('bench');
  await pause(100);
  send([
    stamp({ type: 'run-started', run: 'bench', workflow: 'install', cluster: 'bench', processId: 1 }),
    stamp({
      type: 'planned',
      phases: phases.map((id) => ({ id, title: id })),
      steps: phases.flatMap((phase) =>
        names.map((host) => ({
          id: `${phase}@${host}`,
          phase,
          host,
          title: `Work on ${phase}`,
          kind: 'host' as const,
        })),
      ),
    }),
  ]);
  await pause(300);
  let events = 0;
  let turn = 0;
  // As a journal is read: ten times a second, all that was written since.
  const reporting = setInterval(() => {
    const phase = phases[Math.floor(turn / 12) % phases.length] ?? 'connect';
    const stage = turn % 12;
    const batch = names.map((host): JournalEvent => {
      const step = `${phase}@${host}`;
      if (stage === 0) return stamp({ type: 'step-started', step, attempt: 1 });
      if (stage === 11) return stamp({ type: 'step-finished', step, outcome: 'applied', milliseconds: 1100 });
      if (stage % 4 === 1) return stamp({ type: 'step-output', step, line: `part ${stage} of the work is done` });
      return stamp({ type: 'step-progress', step, done: stage * 1e6, total: 11e6, unit: 'bytes' });
    });
    events += batch.length;
    turn++;
    send(batch);
  }, 100);
  const times: number[] = [];
  const processor: number[] = [];
  const began = performance.now();
  bytes = 0;
  frames = 0;
  while (performance.now() - began < seconds * 1000) {
    const pressed = performance.now();
    const before = process.cpuUsage();
    const frame = new Promise<void>((resolve) => {
      painted = resolve;
    });
    input.push(times.length % 40 < 20 ? '\u001b[B' : '\u001b[A');
    await Promise.race([frame, pause(2000)]);
    painted = undefined;
    times.push(performance.now() - pressed);
    const used = process.cpuUsage(before);
    processor.push((used.user + used.system) / 1000);
    await pause(37);
  }
  const took = (performance.now() - began) / 1000;
  clearInterval(reporting);
  const memory = process.memoryUsage.rss();
  model.close();
  instance.unmount();
  times.sort((a, b) => a - b);
  processor.sort((a, b) => a - b);
  return {
    hosts,
    eventsPerSecond: events / took,
    keyMedian: percentile(times, 0.5),
    key99: percentile(times, 0.99),
    processorMedian: percentile(processor, 0.5),
    framesPerSecond: frames / took,
    bytesPerSecond: bytes / took,
    memory,
  };
}

type Row = readonly [name: string, value: number, limit: number, unit: string];

/** Says figures beside their limits; false when one is not kept. */
function judged(rows: readonly Row[], say: (line: string) => void): boolean {
  for (const [name, value, limit, unit] of rows) {
    const verdict = value < limit ? 'kept' : 'MISSED';
    say(`  ${name.padEnd(26)} ${value.toFixed(1).padStart(8)} ${unit.padEnd(6)} limit ${limit}  ${verdict}`);
  }
  return rows.every(([, value, limit]) => value < limit);
}

const kibibytes = (bytes: number): number => bytes / 1024;
const mebibytes = (bytes: number): number => bytes / 1024 ** 2;

/** The screens under load, then the program as it is shipped. False when a limit is not kept. */
export async function runScreenBenchmark(
  options: { readonly hosts: number; readonly seconds: number; readonly program: boolean },
  say: (line: string) => void,
): Promise<boolean> {
  const figures = await measureScreens(options.hosts, options.seconds);
  say(
    `Screens alone: ${figures.hosts} hosts, ${Math.round(figures.eventsPerSecond)} events/s, ${figures.framesPerSecond.toFixed(1)} frames/s`,
  );
  const kept = judged(
    [
      ['key to paint, median', figures.keyMedian, 16, 'ms'],
      ['key to paint, 99 of 100', figures.key99, 50, 'ms'],
      ['of it processor time', figures.processorMedian, 16, 'ms'],
      ['written to the terminal', kibibytes(figures.bytesPerSecond), 60, 'KiB/s'],
      ['memory', mebibytes(figures.memory), 300, 'MiB'],
    ],
    say,
  );
  if (!options.program) return kept;
  const first = await measureFirstFrame(9);
  say('The program as it is shipped, from its start to the first screen');
  const early = judged(
    [
      ['first frame, median', first.median, 300, 'ms'],
      ['of it processor time', first.processor, 300, 'ms'],
    ],
    say,
  );
  const install = await measureInstall(options.hosts);
  say(`An install of ${options.hosts} practice hosts, ${install.seconds.toFixed(0)} s`);
  const calm = judged(
    [
      ['written to the terminal', kibibytes(install.bytesPerSecond), 60, 'KiB/s'],
      ['in its busiest second', kibibytes(install.mostBytes), 60, 'KiB/s'],
      ['memory of the wizard', mebibytes(install.memory), 300, 'MiB'],
    ],
    say,
  );
  return kept && early && calm;
}
