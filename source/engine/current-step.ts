import { AsyncLocalStorage } from 'node:async_hooks';
import type { StepReporter } from './step.ts';

// Follows a chain of calls from a step down to the connection it uses, which knows commands but not steps.
const current = new AsyncLocalStorage<StepReporter>();

/** Does the work of a step; whatever it calls can ask for the step's reporter. */
export function asStep<Result>(reporter: StepReporter, work: () => Promise<Result>): Promise<Result> {
  return current.run(reporter, work);
}

/** The reporter of the step that called; undefined outside of steps. */
export function currentStep(): StepReporter | undefined {
  return current.getStore();
}
