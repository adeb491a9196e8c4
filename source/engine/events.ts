import type { StepKind } from './step.ts';

export type PlannedStep = {
  readonly id: string;
  readonly phase: string;
  readonly host: string;
  readonly title: string;
  readonly kind: StepKind;
};

export type FailureDetails = {
  readonly code: string;
  readonly message: string;
  readonly fix?: string;
  readonly command?: string;
  readonly exitCode?: number;
  readonly output?: string;
};

export type RunOutcome = 'succeeded' | 'failed' | 'stopped';

/** Everything that may happen in a run; a line of the journal is one of these with `at` and `sequence`. */
export type EventBody =
  | {
      readonly type: 'run-started';
      readonly run: string;
      readonly workflow: string;
      readonly cluster: string;
      readonly processId: number;
    }
  | {
      readonly type: 'planned';
      readonly phases: readonly { readonly id: string; readonly title: string }[];
      readonly steps: readonly PlannedStep[];
    }
  | { readonly type: 'step-started'; readonly step: string; readonly attempt: number }
  | {
      readonly type: 'step-progress';
      readonly step: string;
      readonly done: number;
      readonly total?: number;
      readonly unit: 'bytes' | 'items';
    }
  | { readonly type: 'step-command'; readonly step: string; readonly command: string }
  | { readonly type: 'step-output'; readonly step: string; readonly line: string }
  | {
      readonly type: 'step-finished';
      readonly step: string;
      readonly outcome: 'applied' | 'already-done';
      readonly milliseconds: number;
    }
  | { readonly type: 'step-failed'; readonly step: string; readonly failure: FailureDetails; readonly retryIn?: number }
  | { readonly type: 'step-skipped'; readonly step: string; readonly because: string }
  | { readonly type: 'question'; readonly question: string; readonly step: string; readonly choices: readonly Answer[] }
  | { readonly type: 'answer'; readonly question: string; readonly answer: Answer }
  | { readonly type: 'note'; readonly text: string }
  /** What ended the run outside of any step: the cluster is locked by another, the bundle is gone. */
  | { readonly type: 'run-failed'; readonly host?: string; readonly failure: FailureDetails }
  | {
      readonly type: 'run-finished';
      readonly outcome: RunOutcome;
      readonly changed: number;
      readonly unchanged: number;
      readonly failed: number;
      readonly skipped: number;
      readonly milliseconds: number;
    };

/** What can be answered when a step of a host failed for good. */
export type Answer = 'retry' | 'skip-host' | 'abort';

export type JournalEvent = EventBody & { readonly at: string; readonly sequence: number };
