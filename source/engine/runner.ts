import { LandfallError, toLandfallError } from '../errors.ts';
import { asStep } from './current-step.ts';
import type { Answer, EventBody, FailureDetails, RunOutcome } from './events.ts';
import { placesOf } from './places.ts';
import { stepsOf, validatePlan } from './plan.ts';
import { readySteps } from './ready-steps.ts';
import type { Plan, Step, StepKind, StepReporter } from './step.ts';

export type RunnerOptions = {
  readonly emit: (body: EventBody) => void;
  /** Asked when a step failed for good; `abort` lets running steps end and starts no new one. */
  readonly ask: (step: Step, failure: LandfallError, question: string) => Promise<Answer>;
  /** Once aborted no new step starts; running ones end. */
  readonly stop: AbortSignal;
  readonly concurrency: Readonly<Record<StepKind, number>>;
  /** Milliseconds before each retry of a transient failure. */
  readonly retryDelays: readonly number[];
};

export type RunResult = {
  readonly outcome: RunOutcome;
  readonly changed: number;
  readonly unchanged: number;
  readonly failed: readonly { readonly step: Step; readonly error: LandfallError }[];
  readonly skipped: number;
};

type Settled = 'applied' | 'already-done' | 'failed' | 'skipped';

const defaultStall = 10 * 60_000;
const progressInterval = 200;

/** What of an error goes into the journal. */
export function failureDetails(error: LandfallError): FailureDetails {
  const { command, exitCode, output } = error.context;
  return {
    code: error.code,
    message: error.message,
    ...(error.fix === undefined ? {} : { fix: error.fix }),
    ...(command === undefined ? {} : { command }),
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(output === undefined ? {} : { output }),
  };
}

/** Runs probe, apply and verify of one step once, and ends it when it gives no sign of life for too long. */
async function attempt(step: Step, emit: RunnerOptions['emit']): Promise<'applied' | 'already-done'> {
  const controller = new AbortController();
  let lastSign = Date.now();
  let lastProgress = 0;
  const reporter: StepReporter = {
    signal: controller.signal,
    progress(done, total, unit) {
      lastSign = Date.now();
      if (lastSign - lastProgress < progressInterval && done !== total) return;
      lastProgress = lastSign;
      emit({ type: 'step-progress', step: step.id, done, unit, ...(total === undefined ? {} : { total }) });
    },
    command(text) {
      lastSign = Date.now();
      emit({ type: 'step-command', step: step.id, command: text });
    },
    output(line) {
      lastSign = Date.now();
      emit({ type: 'step-output', step: step.id, line });
    },
    note(text) {
      lastSign = Date.now();
      emit({ type: 'note', text });
    },
  };
  const stallAfter = step.stallAfter ?? defaultStall;
  let watchdog: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_, reject) => {
    watchdog = setInterval(
      () => {
        if (Date.now() - lastSign < stallAfter) return;
        controller.abort();
        reject(
          new LandfallError({
            code: 'STEP_STALLED',
            message: `"${step.title}" gave no sign of life for ${Math.round(stallAfter / 1000)} seconds.`,
            fix: 'Look whether the host still answers, then run the same command again.',
          }),
        );
      },
      Math.min(1000, stallAfter),
    );
  });
  const work = async (): Promise<'applied' | 'already-done'> => {
    if ((await step.probe(reporter)).state === 'done') return 'already-done';
    await step.apply(reporter);
    await step.verify(reporter);
    return 'applied';
  };
  try {
    return await Promise.race([asStep(reporter, work), stalled]);
  } finally {
    clearInterval(watchdog);
  }
}

/**
 * Walks the plan with bounded concurrency for each kind of step. A failed step stops what depends on it and the later
 * steps of its host; other hosts go on.
 */
export async function runPlan(plan: Plan, options: RunnerOptions): Promise<RunResult> {
  validatePlan(plan);
  const { emit, ask, stop, concurrency, retryDelays } = options;
  const started = Date.now();
  const steps = stepsOf(plan);
  const settled = new Map<string, Settled>();
  const ready = readySteps(steps);
  const places = placesOf(concurrency);
  const failed: { step: Step; error: LandfallError }[] = [];
  let aborted = false;
  emit({
    type: 'planned',
    phases: plan.phases.map(({ id, title }) => ({ id, title })),
    steps: plan.phases.flatMap((phase) =>
      phase.steps.map(({ id, host, title, kind }) => ({ id, phase: phase.id, host, title, kind })),
    ),
  });

  /** Waits without keeping others from the step's place; a control plane in doubt keeps its own, so that no other changes. */
  const aside = async <Result>(step: Step, wait: () => Promise<Result>): Promise<Result> => {
    if (step.kind === 'control-plane') return wait();
    places.leave(step.kind);
    advance();
    const result = await wait();
    await places.comeBack(step.kind);
    return result;
  };

  const runStep = async (step: Step): Promise<Settled> => {
    for (let tries = 1; ; tries++) {
      emit({ type: 'step-started', step: step.id, attempt: tries });
      const began = Date.now();
      try {
        const outcome = await attempt(step, emit);
        emit({ type: 'step-finished', step: step.id, outcome, milliseconds: Date.now() - began });
        return outcome;
      } catch (thrown) {
        const error = toLandfallError(thrown, { host: step.host, step: step.id });
        const delay = error.transient && !stop.aborted ? retryDelays[tries - 1] : undefined;
        emit({
          type: 'step-failed',
          step: step.id,
          failure: failureDetails(error),
          ...(delay === undefined ? {} : { retryIn: delay }),
        });
        if (delay !== undefined) {
          await aside(step, () => new Promise((resolve) => setTimeout(resolve, delay)));
          continue;
        }
        const question = `${step.id}#${tries}`;
        emit({ type: 'question', question, step: step.id, choices: ['retry', 'skip-host', 'abort'] });
        const answer = await aside(step, () => ask(step, error, question));
        emit({ type: 'answer', question, answer });
        if (answer === 'retry') continue;
        failed.push({ step, error });
        if (answer === 'abort') aborted = true;
        return 'failed';
      }
    }
  };

  let working = 0;
  let finish: () => void = () => {};
  const walked = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const settle = (step: Step, outcome: Settled): void => {
    working--;
    places.leave(step.kind);
    settled.set(step.id, outcome);
    if (outcome === 'failed') {
      for (const blocked of ready.failed(step)) {
        settled.set(blocked.step.id, 'skipped');
        emit({ type: 'step-skipped', step: blocked.step.id, because: blocked.because });
      }
    } else {
      ready.done(step);
    }
    advance();
  };
  const advance = (): void => {
    while (!aborted && !stop.aborted) {
      const step = ready.take(places.free);
      if (step === undefined) break;
      working++;
      places.enter(step.kind);
      void runStep(step).then((outcome) => settle(step, outcome));
    }
    if (working === 0) finish();
  };
  stop.addEventListener('abort', advance, { once: true });
  advance();
  await walked;

  const count = (outcome: Settled): number => [...settled.values()].filter((value) => value === outcome).length;
  const complete = steps.every((step) => settled.get(step.id) === 'applied' || settled.get(step.id) === 'already-done');
  const outcome: RunOutcome = complete ? 'succeeded' : failed.length > 0 ? 'failed' : 'stopped';
  const result = {
    outcome,
    changed: count('applied'),
    unchanged: count('already-done'),
    failed,
    skipped: steps.length - count('applied') - count('already-done') - failed.length,
  };
  emit({
    type: 'run-finished',
    outcome,
    changed: result.changed,
    unchanged: result.unchanged,
    failed: failed.length,
    skipped: result.skipped,
    milliseconds: Date.now() - started,
  });
  return result;
}

export type ProbedStep = { readonly step: Step; readonly needed: boolean; readonly failure?: LandfallError };

/** Asks every step whether it is needed and changes nothing. A step whose probe cannot be answered yet counts as needed. */
export async function probePlan(plan: Plan, limit: number): Promise<readonly ProbedStep[]> {
  validatePlan(plan);
  const reporter: StepReporter = { signal: new AbortController().signal, progress() {}, output() {}, note() {} };
  const steps = stepsOf(plan);
  const results: ProbedStep[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < steps.length; index = next++) {
      const step = steps[index];
      if (step === undefined) return;
      try {
        results[index] = { step, needed: (await step.probe(reporter)).state === 'needed' };
      } catch (thrown) {
        results[index] = { step, needed: true, failure: toLandfallError(thrown, { host: step.host, step: step.id }) };
      }
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}
