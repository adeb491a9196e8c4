import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { JournalEvent } from '../../../source/engine/events.ts';
import { journalReader } from '../../../source/runs/follow.ts';
import { labHome, landfallCommand } from '../cluster/landfall.ts';
import { type Output, pause } from '../hosts/command.ts';
import type { Lab } from '../hosts/lab.ts';
import { processStart } from '../hosts/names.ts';

/** A command of the program under test that goes on while the test does other things. */
export type LiveCommand = {
  readonly processId: number;
  /** Everything both outputs said so far. */
  text(): string;
  signal(name: NodeJS.Signals): void;
  /** Its end; exit code 128 + n after a signal. */
  readonly ended: Promise<Output>;
};

const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** Starts the program in the lab's network. `home` is the operator's folder, the lab's own unless given. */
export function startLandfall(lab: Lab, args: readonly string[], home: string = labHome(lab)): LiveCommand {
  const [program = '', ...rest] = landfallCommand(lab, args);
  const child: ChildProcess = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LANDFALL_HOME: home },
  });
  const texts = { stdout: '', stderr: '' };
  let text = '';
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.setEncoding('utf8');
    child[stream]?.on('data', (chunk: string) => {
      texts[stream] += chunk;
      text += chunk;
    });
  }
  const ended = new Promise<Output>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ exitCode: code ?? 128 + (signalNumbers[signal ?? ''] ?? 127), ...texts }),
    );
  });
  return {
    processId: child.pid ?? 0,
    text: () => text,
    signal: (name) => {
      child.kill(name);
    },
    ended,
  };
}

/** A run's folder on the operator machine, seen from outside the program. */
export type SeenRun = {
  readonly id: string;
  readonly folder: string;
  readonly journal: string;
  /** Events so far, torn lines left out. */
  events(): readonly JournalEvent[];
  /** The process that executes it, when it lives. */
  processId(): number | undefined;
};

function seenRun(folder: string): SeenRun {
  const journal = path.join(folder, 'journal.ndjson');
  const read = journalReader(journal);
  const events: JournalEvent[] = [];
  return {
    id: path.basename(folder),
    folder,
    journal,
    events() {
      events.push(...read());
      return events;
    },
    processId() {
      try {
        const known = JSON.parse(readFileSync(path.join(folder, 'process.json'), 'utf8')) as {
          readonly processId: number;
          readonly startTime: string;
        };
        return processStart(known.processId) === known.startTime ? known.processId : undefined;
      } catch {
        return undefined;
      }
    },
  };
}

/** Runs of a cluster, oldest first. */
export function seenRuns(lab: Lab, cluster: string, home: string = labHome(lab)): readonly SeenRun[] {
  const folder = path.join(home, 'clusters', cluster, 'runs');
  try {
    return readdirSync(folder)
      .sort()
      .map((name) => seenRun(path.join(folder, name)));
  } catch {
    return [];
  }
}

/** Waits for the run that a command just started: the newest one that was not there before. */
export async function newRun(lab: Lab, cluster: string, before: readonly SeenRun[], limit = 30_000): Promise<SeenRun> {
  const known = new Set(before.map((run) => run.id));
  for (const end = Date.now() + limit; Date.now() < end; await pause(50)) {
    const run = seenRuns(lab, cluster).findLast((candidate) => !known.has(candidate.id));
    if (run !== undefined && run.events().length > 0) return run;
  }
  throw new Error(`no run of ${cluster} was started within ${limit / 1000} s`);
}

export type Progress = { readonly total: number; readonly finished: number; readonly over: boolean };

export function progressOf(run: SeenRun): Progress {
  const events = run.events();
  const planned = events.find((event) => event.type === 'planned');
  return {
    total: planned?.steps.length ?? 0,
    finished: events.filter((event) => event.type === 'step-finished').length,
    over: events.some((event) => event.type === 'run-finished'),
  };
}

/** Waits until this part of a run's steps is finished; false when the run was over before. */
export async function reachProgress(run: SeenRun, fraction: number, limit = 600_000): Promise<boolean> {
  for (const end = Date.now() + limit; Date.now() < end; await pause(50)) {
    const { total, finished, over } = progressOf(run);
    if (total > 0 && finished >= total * fraction) return !over;
    if (over) return false;
  }
  const { total, finished } = progressOf(run);
  throw new Error(`run ${run.id} stands at ${finished} of ${total} steps after ${limit / 1000} s`);
}

/** Waits until a step of a run has begun. Throws when the run ends before. */
export async function reachStep(run: SeenRun, step: string, limit = 1_800_000): Promise<void> {
  for (const end = Date.now() + limit; Date.now() < end; await pause(50)) {
    const events = run.events();
    if (events.some((event) => event.type === 'step-started' && event.step === step)) return;
    if (events.some((event) => event.type === 'run-finished')) break;
  }
  throw new Error(`run ${run.id} has not begun ${step}`);
}

function parentOf(processId: number): number {
  try {
    const stat = readFileSync(`/proc/${processId}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return 0;
  }
}

/** The process and all that descend from it, parents first. */
function familyOf(processId: number): readonly number[] {
  const family = [processId];
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  for (const parent of family) {
    for (const name of all) {
      if (parentOf(Number(name)) === parent && !family.includes(Number(name))) family.push(Number(name));
    }
  }
  return family;
}

/** kill -9 of the process of a run, of those that show it, and of all their children. Returns how many were killed. */
export async function killHard(run: SeenRun, commands: readonly LiveCommand[]): Promise<number> {
  const roots = [run.processId(), ...commands.map((command) => command.processId)].filter((id) => id !== undefined);
  const victims = roots.flatMap((id) => familyOf(id));
  for (const victim of victims) {
    try {
      process.kill(victim, 'SIGKILL');
    } catch {
      // It ended by itself in between.
    }
  }
  await Promise.all(commands.map((command) => command.ended));
  for (const end = Date.now() + 10_000; run.processId() !== undefined && Date.now() < end; ) await pause(20);
  return victims.length;
}

/** Steps that were finished in one run, after they had been applied and proved in an earlier one: "STEP in RUN". */
export function appliedAgain(runs: readonly SeenRun[]): readonly string[] {
  const proved = new Set<string>();
  const again: string[] = [];
  for (const run of runs) {
    const finished = run.events().filter((event) => event.type === 'step-finished');
    for (const event of finished) {
      if (event.outcome === 'applied' && proved.has(event.step)) again.push(`${event.step} in ${run.id}`);
    }
    // A step that was found done was proved too.
    for (const event of finished) proved.add(event.step);
  }
  return again;
}
