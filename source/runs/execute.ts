import type { HostEntry } from '../cluster/document.ts';
import type { Answer, EventBody } from '../engine/events.ts';
import { createJournal, type Journal } from '../engine/journal.ts';
import { failureDetails, type RunResult, runPlan } from '../engine/runner.ts';
import type { Plan, StepKind } from '../engine/step.ts';
import { LandfallError, toLandfallError } from '../errors.ts';
import { type ClusterLock, lockCluster } from '../hosts/cluster-lock.ts';
import { type ConnectedHost, controlPlanes, firstControlPlane, type InstallContext } from '../phases/context.ts';
import { watchControl } from './control.ts';
import type { RunRequest, TypedSecrets } from './request.ts';
import { claimRun, isRunning, listRuns, type RunDirectory } from './run-directory.ts';

const concurrency: Readonly<Record<StepKind, number>> = { host: 32, upload: 5, 'control-plane': 1, operator: 4 };
const retryDelays = [1000, 3000, 8000, 15_000];

/** What a workflow brings to be run: made after the run was claimed, so that its errors are the run's. */
export type PreparedRun = {
  readonly plan: Plan;
  readonly host: InstallContext['host'];
  /** Every secret value known now; asked again for each line, because a run may make new ones. */
  readonly secretValues: () => readonly string[];
  /** After success, before the run counts as finished. */
  readonly conclude?: () => Promise<void>;
  readonly close: () => Promise<void>;
};

type Questions = { ask(question: string): Promise<Answer>; answer(question: string, answer: Answer): void };

function questions(): Questions {
  const waiting = new Map<string, (answer: Answer) => void>();
  const early = new Map<string, Answer>();
  return {
    ask: (question) =>
      new Promise((resolve) => {
        const known = early.get(question);
        if (known !== undefined) resolve(known);
        else waiting.set(question, resolve);
      }),
    answer(question, answer) {
      const resolve = waiting.get(question);
      if (resolve === undefined) early.set(question, answer);
      else resolve(answer);
      waiting.delete(question);
    },
  };
}

/** Executes a run in this process and writes its journal. Never throws: what goes wrong is in the journal. */
export async function executeRun(
  run: RunDirectory,
  request: RunRequest,
  typed: TypedSecrets,
  prepare: (request: RunRequest, typed: TypedSecrets) => Promise<PreparedRun>,
): Promise<void> {
  claimRun(run);
  let secretValues: () => readonly string[] = () =>
    Object.values(typed).flatMap((host) => [host.password ?? '', host.sudoPassword ?? '', host.keyPassphrase ?? '']);
  const journal = createJournal(
    run.journal,
    () => secretValues(),
    () => {},
  );
  const started = Date.now();
  journal.write({
    type: 'run-started',
    run: run.id,
    workflow: request.workflow,
    cluster: run.cluster,
    processId: process.pid,
  });
  const stop = new AbortController();
  const open = questions();
  const endWatch = watchControl(run, (message) => {
    if (message.type === 'stop') stop.abort();
    else open.answer(message.question, message.answer);
  });
  let prepared: PreparedRun | undefined;
  let lock: ClusterLock | undefined;
  try {
    prepared = await prepare(request, typed);
    secretValues = prepared.secretValues;
    lock = await takeLock(run, request, prepared, journal);
    // The runner's last event is held back until the conclusion is drawn: a run is finished when all of it is.
    let last: EventBody | undefined;
    const result: RunResult = await runPlan(prepared.plan, {
      emit: (body) => {
        if (body.type === 'run-finished') last = body;
        else journal.write(body);
      },
      ask: (_step, _failure, question) =>
        request.questions === 'ask' ? open.ask(question) : Promise.resolve('skip-host' as const),
      stop: stop.signal,
      concurrency,
      retryDelays,
    });
    if (result.outcome === 'succeeded') await prepared.conclude?.();
    await lock.release();
    if (last !== undefined) journal.write(last);
  } catch (thrown) {
    await lock?.release();
    writeFailure(journal, thrown, started);
  } finally {
    endWatch();
    await prepared?.close();
    journal.close();
  }
}

function writeFailure(journal: Journal, thrown: unknown, started: number): void {
  const error = toLandfallError(thrown);
  const { host } = error.context;
  journal.write({ type: 'run-failed', failure: failureDetails(error), ...(host === undefined ? {} : { host }) });
  journal.write({
    type: 'run-finished',
    outcome: 'failed',
    changed: 0,
    unchanged: 0,
    failed: 1,
    skipped: 0,
    milliseconds: Date.now() - started,
  });
}

/**
 * Takes the lock on the first control plane. A reset goes on where that one is dead, because hosts must be given back
 * also then: the first host that answers holds the lock.
 */
async function takeLock(
  run: RunDirectory,
  request: RunRequest,
  prepared: PreparedRun,
  journal: Journal,
): Promise<ClusterLock> {
  const first = firstControlPlane(request.document);
  const others = lockHolders(request).filter((host) => host.name !== first.name);
  const own = new Map(listRuns(run.cluster).map((known) => [known.id, known]));
  try {
    const { connection } = await firstReachable(prepared, [first.name, ...others.map((host) => host.name)]);
    if (connection.name !== first.name) {
      const text = `${first.name} cannot be reached; ${connection.name} holds the lock of the cluster instead`;
      journal.write({ type: 'note', text });
    }
    return await lockCluster(connection, {
      run: run.id,
      takeOver: request.takeOver,
      isOver: (id) => {
        const known = own.get(id);
        return known !== undefined && !isRunning(known);
      },
    });
  } catch (thrown) {
    throw thrown instanceof LandfallError ? thrown.within({ step: 'lock' }) : thrown;
  }
}

/** Hosts that may hold the lock when the first control plane is dead; the work of other workflows needs that one anyway. */
function lockHolders({ workflow, document }: RunRequest): readonly HostEntry[] {
  switch (workflow) {
    case 'reset':
      return document.hosts;
    case 'renew-certificates':
    case 'rotate-authorities':
    case 'add-names':
    case 'repair-registry':
    case 'push-images':
    case 'prune-registry':
    case 'rotate-registry':
      return controlPlanes(document);
    default:
      return [];
  }
}

/** The first of these hosts that can be reached; throws what kept the very first from it when none can. */
async function firstReachable(prepared: PreparedRun, names: readonly string[]): Promise<ConnectedHost> {
  let first: unknown;
  for (const name of names) {
    try {
      return await prepared.host(name);
    } catch (thrown) {
      first ??= thrown;
    }
  }
  throw first;
}
