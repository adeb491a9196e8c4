import type { Answer, FailureDetails, JournalEvent, PlannedStep, RunOutcome } from '../engine/events.ts';

export type StepStatus = 'waiting' | 'running' | 'retrying' | 'done' | 'unchanged' | 'failed' | 'skipped';

export type StepState = {
  readonly status: StepStatus;
  readonly attempt: number;
  /** Milliseconds since 1970 when this attempt began. */
  readonly startedAt?: number;
  readonly milliseconds?: number;
  readonly done?: number;
  readonly total?: number;
  readonly unit?: 'bytes' | 'items';
  /** Units a second, smoothed. */
  readonly rate?: number;
  readonly progressAt?: number;
  readonly failure?: FailureDetails;
};

export type HostStatus = 'waiting' | 'running' | 'failed' | 'skipped' | 'done';

/** `started`, `finished` and `unchanged` speak of the step itself and have no text; screens say them in their language. */
export type LogKind = 'started' | 'command' | 'finished' | 'unchanged' | 'output' | 'failure';

export type LogLine = {
  readonly at: string;
  readonly host: string;
  readonly step: number;
  readonly kind: LogKind;
  readonly text: string;
};

export type HostState = {
  readonly name: string;
  readonly steps: number;
  readonly settled: number;
  /** Indices of its steps that run now, oldest first. */
  readonly running: readonly number[];
  readonly failed: readonly number[];
  readonly skipped: number;
  readonly lines: readonly LogLine[];
};

export type PhaseState = {
  readonly id: string;
  readonly title: string;
  readonly steps: number;
  readonly settled: number;
  readonly running: number;
  readonly failed: number;
};

export type OpenQuestion = { readonly question: string; readonly step: number; readonly choices: readonly Answer[] };

export type RunFinish = {
  readonly outcome: RunOutcome;
  readonly changed: number;
  readonly unchanged: number;
  readonly failed: number;
  readonly skipped: number;
  readonly milliseconds: number;
};

/** All that any screen shows of a run, made of its journal alone: what is live and what is replayed is one path. */
export type RunState = {
  readonly run: string;
  readonly workflow: string;
  readonly cluster: string;
  readonly startedAt: number | undefined;
  /** Time of the newest event. */
  readonly lastAt: number | undefined;
  readonly plan: readonly PlannedStep[];
  readonly steps: readonly StepState[];
  readonly hosts: readonly HostState[];
  readonly phases: readonly PhaseState[];
  readonly questions: readonly OpenQuestion[];
  readonly log: readonly LogLine[];
  readonly notes: readonly string[];
  /** What ended the run outside of any step. */
  readonly failure: { readonly host: string | undefined; readonly details: FailureDetails } | undefined;
  readonly finished: RunFinish | undefined;
  /** Time that steps took here, by the part of their id before `@`. */
  readonly durations: ReadonlyMap<string, { readonly count: number; readonly milliseconds: number }>;
  readonly stepIndex: ReadonlyMap<string, number>;
  readonly hostIndex: ReadonlyMap<string, number>;
};

export const emptyRun: RunState = {
  run: '',
  workflow: '',
  cluster: '',
  startedAt: undefined,
  lastAt: undefined,
  plan: [],
  steps: [],
  hosts: [],
  phases: [],
  questions: [],
  log: [],
  notes: [],
  failure: undefined,
  finished: undefined,
  durations: new Map(),
  stepIndex: new Map(),
  hostIndex: new Map(),
};

/** Lines kept in memory of each host, of all hosts by themselves, and in one list; the whole log is in the journal. */
const hostLines = 200;
const hostLinesTogether = 20_000;
const allLines = 1000;

/** The part of a step's id that is the same on every host. */
export function stepKey(id: string): string {
  const at = id.lastIndexOf('@');
  return at < 0 ? id : id.slice(0, at);
}

export function hostStatus(host: HostState): HostStatus {
  if (host.failed.length > 0) return 'failed';
  if (host.running.length > 0) return 'running';
  if (host.settled >= host.steps) return host.skipped > 0 ? 'skipped' : 'done';
  return 'waiting';
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function bounded<T>(lines: readonly T[], limit: number): readonly T[] {
  return lines.length > limit * 1.5 ? lines.slice(-limit) : lines;
}

/**
 * The state after more events. Pure; what did not change is shared with the state before. A batch costs one copy of the
 * lists, so give many events at once.
 */
export function applyEvents(before: RunState, events: readonly JournalEvent[]): RunState {
  if (events.length === 0) return before;
  const state: Mutable<RunState> = { ...before };
  let steps = [...before.steps];
  let hosts = [...before.hosts];
  let phases = [...before.phases];
  let phaseIndex = new Map(phases.map((phase, index) => [phase.id, index]));
  const durations = new Map(before.durations);
  const log = [...before.log];
  const fresh = new Set<number>();

  const changeHost = (name: string, change: (host: Mutable<HostState>) => void): void => {
    const index = state.hostIndex.get(name);
    const host = index === undefined ? undefined : hosts[index];
    if (index === undefined || host === undefined) return;
    const next: Mutable<HostState> = { ...host };
    change(next);
    hosts[index] = next;
  };
  const changePhase = (id: string, change: (phase: Mutable<PhaseState>) => void): void => {
    const index = phaseIndex.get(id);
    const phase = index === undefined ? undefined : phases[index];
    if (index === undefined || phase === undefined) return;
    const next: Mutable<PhaseState> = { ...phase };
    change(next);
    phases[index] = next;
  };
  const addLine = (step: number, at: string, kind: LogKind, text: string): void => {
    const host = state.plan[step]?.host ?? '';
    const line: LogLine = { at, host, step, kind, text };
    log.push(line);
    const index = state.hostIndex.get(host);
    const entry = index === undefined ? undefined : hosts[index];
    if (index === undefined || entry === undefined) return;
    // Copied once in a batch, then grown.
    if (!fresh.has(index)) {
      fresh.add(index);
      hosts[index] = { ...entry, lines: [...entry.lines, line] };
    } else (entry.lines as LogLine[]).push(line);
  };
  const leaveRunning = (index: number): void => {
    const planned = state.plan[index];
    if (planned === undefined) return;
    changeHost(planned.host, (host) => {
      host.running = host.running.filter((step) => step !== index);
    });
    changePhase(planned.phase, (phase) => {
      phase.running = Math.max(0, phase.running - 1);
    });
  };
  const isRunning = (index: number): boolean => {
    const status = steps[index]?.status;
    return status === 'running' || status === 'retrying';
  };
  const settle = (index: number, failed: boolean, skipped: boolean): void => {
    const planned = state.plan[index];
    if (planned === undefined) return;
    changeHost(planned.host, (host) => {
      host.settled++;
      if (failed) host.failed = [...host.failed, index];
      if (skipped) host.skipped++;
    });
    changePhase(planned.phase, (phase) => {
      phase.settled++;
      if (failed) phase.failed++;
    });
  };

  for (const event of events) {
    const at = Date.parse(event.at);
    state.lastAt = at;
    switch (event.type) {
      case 'run-started':
        Object.assign(state, { run: event.run, workflow: event.workflow, cluster: event.cluster, startedAt: at });
        break;
      case 'planned': {
        const names = [...new Set(event.steps.map((step) => step.host))];
        state.plan = event.steps;
        state.stepIndex = new Map(event.steps.map((step, index) => [step.id, index]));
        state.hostIndex = new Map(names.map((name, index) => [name, index]));
        const count = new Map<string, number>();
        const inPhase = new Map<string, number>();
        for (const step of event.steps) {
          count.set(step.host, (count.get(step.host) ?? 0) + 1);
          inPhase.set(step.phase, (inPhase.get(step.phase) ?? 0) + 1);
        }
        steps = event.steps.map(() => ({ status: 'waiting', attempt: 0 }));
        hosts = names.map((name) => ({
          name,
          steps: count.get(name) ?? 0,
          settled: 0,
          running: [],
          failed: [],
          skipped: 0,
          lines: [],
        }));
        phases = event.phases.map(({ id, title }) => ({
          id,
          title,
          steps: inPhase.get(id) ?? 0,
          settled: 0,
          running: 0,
          failed: 0,
        }));
        phaseIndex = new Map(phases.map((phase, index) => [phase.id, index]));
        fresh.clear();
        break;
      }
      case 'step-started': {
        const index = state.stepIndex.get(event.step);
        const planned = index === undefined ? undefined : state.plan[index];
        if (index === undefined || planned === undefined) break;
        const was = steps[index]?.status;
        const again = was === 'running' || was === 'retrying';
        steps[index] = { status: 'running', attempt: event.attempt, startedAt: at };
        addLine(index, event.at, 'started', '');
        changeHost(planned.host, (host) => {
          if (!again) host.running = [...host.running, index];
          if (was !== 'failed') return;
          // A person answered "retry": it is open again.
          host.failed = host.failed.filter((step) => step !== index);
          host.settled--;
        });
        changePhase(planned.phase, (phase) => {
          if (!again) phase.running++;
          if (was !== 'failed') return;
          phase.failed--;
          phase.settled--;
        });
        break;
      }
      case 'step-progress': {
        const index = state.stepIndex.get(event.step);
        const step = index === undefined ? undefined : steps[index];
        if (index === undefined || step === undefined) break;
        const seconds = (at - (step.progressAt ?? step.startedAt ?? at)) / 1000;
        const now =
          seconds > 0 && step.progressAt !== undefined ? (event.done - (step.done ?? 0)) / seconds : undefined;
        const rate =
          now === undefined || now < 0 ? step.rate : step.rate === undefined ? now : step.rate * 0.8 + now * 0.2;
        steps[index] = {
          ...step,
          done: event.done,
          unit: event.unit,
          progressAt: at,
          ...(event.total === undefined ? {} : { total: event.total }),
          ...(rate === undefined ? {} : { rate }),
        };
        break;
      }
      case 'step-command': {
        const index = state.stepIndex.get(event.step);
        if (index !== undefined) addLine(index, event.at, 'command', event.command);
        break;
      }
      case 'step-output': {
        const index = state.stepIndex.get(event.step);
        if (index !== undefined) addLine(index, event.at, 'output', event.line);
        break;
      }
      case 'step-finished': {
        const index = state.stepIndex.get(event.step);
        const step = index === undefined ? undefined : steps[index];
        if (index === undefined || step === undefined) break;
        if (isRunning(index)) leaveRunning(index);
        steps[index] = {
          ...step,
          status: event.outcome === 'applied' ? 'done' : 'unchanged',
          milliseconds: event.milliseconds,
          ...(step.total === undefined || event.outcome !== 'applied' ? {} : { done: step.total }),
        };
        settle(index, false, false);
        addLine(index, event.at, event.outcome === 'applied' ? 'finished' : 'unchanged', '');
        const key = stepKey(event.step);
        const known = durations.get(key) ?? { count: 0, milliseconds: 0 };
        durations.set(key, { count: known.count + 1, milliseconds: known.milliseconds + event.milliseconds });
        break;
      }
      case 'step-failed': {
        const index = state.stepIndex.get(event.step);
        const step = index === undefined ? undefined : steps[index];
        if (index === undefined || step === undefined) break;
        addLine(index, event.at, 'failure', `${event.failure.code}: ${event.failure.message}`);
        if (event.retryIn !== undefined) {
          steps[index] = { ...step, status: 'retrying', failure: event.failure };
          break;
        }
        if (isRunning(index)) leaveRunning(index);
        steps[index] = { ...step, status: 'failed', failure: event.failure };
        settle(index, true, false);
        break;
      }
      case 'step-skipped': {
        const index = state.stepIndex.get(event.step);
        const step = index === undefined ? undefined : steps[index];
        if (index === undefined || step === undefined) break;
        steps[index] = { ...step, status: 'skipped' };
        settle(index, false, true);
        break;
      }
      case 'question': {
        const step = state.stepIndex.get(event.step) ?? -1;
        state.questions = [...state.questions, { question: event.question, step, choices: event.choices }];
        break;
      }
      case 'answer':
        state.questions = state.questions.filter(({ question }) => question !== event.question);
        break;
      case 'note':
        state.notes = [...state.notes, event.text].slice(-hostLines);
        break;
      case 'run-failed':
        state.failure = { host: event.host, details: event.failure };
        break;
      case 'run-finished': {
        const { outcome, changed, unchanged, failed, skipped, milliseconds } = event;
        state.finished = { outcome, changed, unchanged, failed, skipped, milliseconds };
        state.questions = [];
        break;
      }
    }
  }
  const linesEach = Math.max(20, Math.min(hostLines, Math.floor(hostLinesTogether / Math.max(1, hosts.length))));
  for (const index of fresh) {
    const host = hosts[index];
    if (host !== undefined) hosts[index] = { ...host, lines: bounded(host.lines, linesEach) };
  }
  return { ...state, steps, hosts, phases, durations, log: bounded(log, allLines) };
}
