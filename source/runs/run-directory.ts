import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { clusterHome } from '../cluster/home.ts';
import { writePrivateFile } from '../cluster/secrets.ts';
import type { RunRequest } from './request.ts';

/** Who runs it: the process and when it began, because process ids are used again. */
type RunProcess = { readonly processId: number; readonly startTime: string };

/** One run of a workflow on the operator machine, as its folder shows it. */
export type RunDirectory = {
  readonly id: string;
  readonly cluster: string;
  readonly path: string;
  readonly journal: string;
  readonly control: string;
  /** Output of the run's own process; only of interest when it crashed. */
  readonly log: string;
};

const timestamp = /^\d{8}-\d{6}-/;

export function runDirectory(cluster: string, id: string): RunDirectory {
  const folder = path.join(clusterHome(cluster), 'runs', id);
  return {
    id,
    cluster,
    path: folder,
    journal: path.join(folder, 'journal.ndjson'),
    control: path.join(folder, 'control.ndjson'),
    log: path.join(folder, 'process.log'),
  };
}

/** Runs of a cluster, oldest first. */
export function listRuns(cluster: string): readonly RunDirectory[] {
  try {
    return readdirSync(path.join(clusterHome(cluster), 'runs'))
      .filter((name) => timestamp.test(name))
      .sort()
      .map((name) => runDirectory(cluster, name));
  } catch {
    return [];
  }
}

/** When a process began, in a form that only serves to compare; empty where the system does not tell. */
function processStartTime(processId: number): string {
  try {
    const status = readFileSync(`/proc/${processId}/stat`, 'utf8');
    // The name in parentheses may hold spaces, so the fields are counted from behind it; the start is the 22nd (proc(5)).
    const [state = '', ...fields] = status.slice(status.lastIndexOf(')') + 2).split(' ');
    // A killed process that its parent has not looked at yet still has its number.
    return state === 'Z' || state === 'X' ? 'ended' : (fields[18] ?? '');
  } catch {
    return '';
  }
}

/** Says that this process runs it. */
export function claimRun(run: RunDirectory): void {
  const own: RunProcess = { processId: process.pid, startTime: processStartTime(process.pid) };
  writePrivateFile(path.join(run.path, 'process.json'), JSON.stringify(own));
}

/** Whether the process of a run still lives. */
export function isRunning(run: RunDirectory): boolean {
  try {
    const known = JSON.parse(readFileSync(path.join(run.path, 'process.json'), 'utf8')) as RunProcess;
    process.kill(known.processId, 0);
    return processStartTime(known.processId) === known.startTime;
  } catch {
    return false;
  }
}

/** The run of a cluster that goes on now, if any. */
export function runningRun(cluster: string): RunDirectory | undefined {
  return listRuns(cluster).findLast((run) => isRunning(run));
}

export function writeRequest(run: RunDirectory, request: RunRequest): void {
  writePrivateFile(path.join(run.path, 'request.json'), JSON.stringify(request));
}

export function readRequest(run: RunDirectory): RunRequest {
  return JSON.parse(readFileSync(path.join(run.path, 'request.json'), 'utf8')) as RunRequest;
}
