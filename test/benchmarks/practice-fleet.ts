import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gatherFacts } from '../../source/hosts/gather-facts.ts';
import { openHostKeyStore } from '../../source/hosts/host-keys.ts';
import { SshConnection } from '../../source/hosts/ssh-connection.ts';
import { startPracticeFleet } from '../../source/practice/fleet.ts';
import { inParallel } from '../../source/practice/parallel.ts';
import { preparePracticeRun } from '../../source/practice/practice-run.ts';
import { executeRun } from '../../source/runs/execute.ts';
import { journalReader } from '../../source/runs/follow.ts';
import { runDirectory } from '../../source/runs/run-directory.ts';

/** Figures of a practice fleet; both ends of every connection are in the one process that is measured. */
export type PracticeFleetFigures = {
  readonly hosts: number;
  /** Milliseconds. */
  readonly start: number;
  readonly facts: number;
  readonly factsProcessor: number;
  readonly install: number;
  readonly installProcessor: number;
  readonly steps: number;
  /** Bytes resident after the facts, and the most there ever were. */
  readonly memoryAfterFacts: number;
  readonly memoryMost: number;
};

const speed = 100;

async function timed(work: () => Promise<unknown>): Promise<{ readonly wall: number; readonly processor: number }> {
  const began = performance.now();
  const before = process.cpuUsage();
  await work();
  const used = process.cpuUsage(before);
  return { wall: performance.now() - began, processor: (used.user + used.system) / 1000 };
}

async function measure(count: number): Promise<PracticeFleetFigures> {
  const home = mkdtempSync(path.join(tmpdir(), 'landfall-bench-'));
  process.env['LANDFALL_HOME'] = home;
  let memoryMost = 0;
  const watch = setInterval(() => {
    memoryMost = Math.max(memoryMost, process.memoryUsage.rss());
  }, 100);
  const began = performance.now();
  const fleet = await startPracticeFleet({ hosts: count, speed });
  const start = performance.now() - began;
  try {
    const keys = openHostKeyStore(path.join(home, 'known-hosts'));
    const connections = fleet.hosts.map((host) => new SshConnection(host, { password: fleet.password }, keys));
    const facts = await timed(() =>
      inParallel(
        connections,
        32,
        new AbortController().signal,
        async (connection) => void (await gatherFacts(connection)),
      ),
    );
    const memoryAfterFacts = process.memoryUsage.rss();
    await Promise.all(connections.map((connection) => connection.close()));
    const run = runDirectory('practice', '20260101-000000-practice');
    const install = await timed(() =>
      executeRun(
        run,
        { workflow: 'install', document: fleet.document, questions: 'skip-host', takeOver: false },
        {},
        async (request, typed) => preparePracticeRun(request.document, typed, { scale: fleet.scale, home }),
      ),
    );
    const last = journalReader(run.journal)().at(-1);
    if (last?.type !== 'run-finished' || last.outcome !== 'succeeded') throw new Error('the practice install failed');
    return {
      hosts: count,
      start,
      facts: facts.wall,
      factsProcessor: facts.processor,
      install: install.wall,
      installProcessor: install.processor,
      steps: last.changed,
      memoryAfterFacts,
      memoryMost,
    };
  } finally {
    clearInterval(watch);
    await fleet.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

/** The figures as a line of JSON, for the process that asked. */
export async function practiceOnce(hosts: number): Promise<void> {
  process.stdout.write(`${JSON.stringify(await measure(hosts))}\n`);
}

/** Measures in a process of its own, started as the demo starts one; answers lines for a person. */
export async function runPracticeBenchmark(hosts: number): Promise<readonly string[]> {
  const [, entry = ''] = process.argv;
  const child = spawn(process.execPath, ['--max-semi-space-size=4', entry, 'practice-once', String(hosts)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`the benchmark of the practice fleet ended with ${code}`);
  const figures = JSON.parse(Buffer.concat(chunks).toString('utf8')) as PracticeFleetFigures;
  const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(1)} s`;
  const memory = (bytes: number): string => `${Math.round(bytes / 1024 ** 2)} MiB`;
  return [
    `${figures.hosts} practice hosts in one process`,
    `  started after        ${seconds(figures.start)}`,
    `  all looked at after  ${seconds(figures.facts)} (${seconds(figures.factsProcessor)} of processor time), ${memory(figures.memoryAfterFacts)}`,
    `  ${figures.steps} steps of an install in ${seconds(figures.install)} (${seconds(figures.installProcessor)} of processor time)`,
    `  most memory          ${memory(figures.memoryMost)}`,
  ];
}
