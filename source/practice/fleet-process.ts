import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import type { ClusterDocument } from '../cluster/document.ts';
import { clusterHome, landfallHome } from '../cluster/home.ts';
import { listClusters, rememberCluster } from '../cluster/known-cluster.ts';
import { writePrivateFile } from '../cluster/secrets.ts';
import { LandfallError } from '../errors.ts';
import { executeRun } from '../runs/execute.ts';
import type { RunRequest, TypedSecrets } from '../runs/request.ts';
import {
  isRunning,
  listRuns,
  type RunDirectory,
  readRequest,
  runDirectory,
  runningRun,
  writeRequest,
} from '../runs/run-directory.ts';
import { journalSummary } from '../runs/summary.ts';
import { type PracticeFleet, type PracticeFleetOptions, startPracticeFleet } from './fleet.ts';
import { preparePracticeRun } from './practice-run.ts';

/** What the process of a fleet tells those who use it. */
export type FleetRecord = {
  readonly processId: number;
  readonly options: PracticeFleetOptions;
  readonly document: ClusterDocument;
  readonly user: string;
  readonly password: string;
  readonly passwordFile: string;
  readonly keyFile: string;
  /** Hosts that have another password than the fleet. */
  readonly otherPasswords: Readonly<Record<string, string>>;
  readonly scale: number;
};

const interval = 100;
// How long a fleet stays without a run and without anybody who uses it.
const idleLimit = 60_000;
const signOfLife = 5_000;
const startLimit = 30_000;

/** Where everything of a practice fleet lies, apart from real clusters. */
export function practiceHome(home: string = landfallHome()): string {
  return path.join(home, 'practice');
}

const recordFile = (): string => path.join(landfallHome(), 'fleet.json');
const signFile = (): string => path.join(landfallHome(), 'in-use');
const logFile = (): string => path.join(landfallHome(), 'fleet.log');
const startFile = (run: RunDirectory): string => path.join(run.path, 'start.json');

/** The fleet that lives now, if any. `LANDFALL_HOME` must be the practice home. */
export function livingFleet(): FleetRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(recordFile(), 'utf8')) as FleetRecord;
    process.kill(record.processId, 0);
    return record;
  } catch {
    return undefined;
  }
}

function touch(file: string): void {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    closeSync(openSync(file, 'a', 0o600));
  }
}

/** Keeps an idle fleet from ending while somebody looks at it; returns what ends that. */
export function useFleet(): () => void {
  touch(signFile());
  const timer = setInterval(() => touch(signFile()), signOfLife);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * Starts a fleet in a process of its own, which also runs what is asked of it, so that a lost terminal ends neither.
 * @param command words that make the program call `serveFleet`; the options follow them.
 */
export async function startFleetProcess(
  command: readonly string[],
  options: PracticeFleetOptions,
): Promise<FleetRecord> {
  mkdirSync(landfallHome(), { recursive: true, mode: 0o700 });
  touch(signFile());
  const log = openSync(logFile(), 'w', 0o600);
  const [, program = ''] = process.argv;
  // A thousand hosts make much short-lived garbage; small young spaces keep the process below 300 MB.
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=2', '--max-old-space-size=200', program, ...command, JSON.stringify(options)],
    {
      detached: true,
      stdio: ['ignore', log, log],
      windowsHide: true,
    },
  );
  closeSync(log);
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', () => {
    ended = true;
  });
  child.unref();
  for (const end = Date.now() + startLimit; !ended && Date.now() < end; ) {
    const record = livingFleet();
    if (record !== undefined && record.processId === child.pid) return record;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw notStarted('fleet');
}

function notStarted(what: 'fleet' | 'run'): LandfallError {
  const words = readFileSync(logFile(), 'utf8').trim().split('\n').slice(-5).join('\n');
  return new LandfallError({
    code: 'PRACTICE_NOT_STARTED',
    message: `The practice ${what} could not be started.`,
    fix: `Look at ${logFile()}.`,
    ...(words === '' ? {} : { context: { output: words } }),
  });
}

/** The run of a cluster that goes on now. The fleet's process outlives its runs, so its life alone says nothing. */
export function activeRun(cluster: string): RunDirectory | undefined {
  const run = runningRun(cluster);
  return run === undefined || journalSummary(run.journal).outcome !== undefined ? undefined : run;
}

/** Asks the fleet's process to run a request and waits until it does; the run can be followed as any other. */
export async function startPracticeRun(request: RunRequest, secrets: TypedSecrets): Promise<RunDirectory> {
  const id = `${new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)}-practice`;
  const taken = new Set(listRuns(request.document.name).map((run) => run.id));
  let name = id;
  for (let number = 2; taken.has(name); number++) name = `${id}-${number}`;
  const run = runDirectory(request.document.name, name);
  mkdirSync(run.path, { recursive: true, mode: 0o700 });
  rememberCluster({ document: request.document });
  writeRequest(run, request);
  // Last, because it is what the fleet's process looks for; the passwords in it are the practice hosts' own.
  writePrivateFile(startFile(run), JSON.stringify(secrets));
  for (const end = Date.now() + startLimit; !isRunning(run) && !existsSync(run.journal); ) {
    if (livingFleet() === undefined || Date.now() > end) throw notStarted('run');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return run;
}

function requestedRun(
  clusters: readonly string[],
): { readonly run: RunDirectory; readonly typed: TypedSecrets } | undefined {
  for (const run of clusters.flatMap((cluster) => listRuns(cluster))) {
    try {
      const typed = JSON.parse(readFileSync(startFile(run), 'utf8')) as TypedSecrets;
      rmSync(startFile(run));
      return { run, typed };
    } catch {}
  }
  return undefined;
}

function recordOf(fleet: PracticeFleet, options: PracticeFleetOptions): FleetRecord {
  const others = fleet.hosts.filter((host) => fleet.hostPassword(host.name) !== fleet.password);
  return {
    processId: process.pid,
    options,
    document: fleet.document,
    user: fleet.user,
    password: fleet.password,
    passwordFile: fleet.passwordFile,
    keyFile: fleet.keyFile,
    otherPasswords: Object.fromEntries(others.map((host) => [host.name, fleet.hostPassword(host.name)])),
    scale: fleet.scale,
  };
}

/** The life of a fleet's process: serves hosts and runs until nobody needs them for a minute. */
export async function serveFleet(options: PracticeFleetOptions): Promise<void> {
  // The terminal that started it may go at any time.
  process.on('SIGHUP', () => {});
  // Hosts of an earlier fleet are gone, and so is all that was known of them.
  rmSync(path.join(landfallHome(), 'clusters'), { recursive: true, force: true });
  const fleet = await startPracticeFleet(options);
  writePrivateFile(recordFile(), JSON.stringify(recordOf(fleet, options)));
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ending.abort());
  try {
    while (!ending.signal.aborted && inUse()) {
      const next = requestedRun(listClusters());
      if (next === undefined) {
        await new Promise((resolve) => setTimeout(resolve, interval));
        continue;
      }
      const { run, typed } = next;
      await executeRun(run, readRequest(run), typed, async (request, secrets) =>
        preparePracticeRun(request.document, secrets, { scale: fleet.scale, home: clusterHome(run.cluster) }),
      );
      // This process lives on, and the run must not look as if it did.
      rmSync(path.join(run.path, 'process.json'), { force: true });
      touch(signFile());
    }
  } finally {
    rmSync(recordFile(), { force: true });
    await fleet.stop();
  }
}

function inUse(): boolean {
  try {
    return Date.now() - statSync(signFile()).mtimeMs < idleLimit;
  } catch {
    return false;
  }
}
