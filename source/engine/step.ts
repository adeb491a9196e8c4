/** What limits how many steps run at once. `control-plane` changes run one at a time. */
export type StepKind = 'host' | 'upload' | 'control-plane' | 'operator';

/** What a running step may say and must heed. */
export type StepReporter = {
  /** Work done so far; `total` is absent when it is not known. */
  progress(done: number, total: number | undefined, unit: 'bytes' | 'items'): void;
  /** A command that is about to be run on the host, as a person would type it; never a secret. */
  command?(text: string): void;
  /** A line for the log of this host; never a secret. */
  output(line: string): void;
  /** A remark that a person should read also when all goes well. */
  note(text: string): void;
  /** Aborted when the run is asked to stop at once. */
  readonly signal: AbortSignal;
};

/** Answer of a probe, taken from the host itself and never from memory. */
export type ProbeResult = { readonly state: 'done' } | { readonly state: 'needed'; readonly reason?: string };

/** The smallest unit of change on one host. */
export type Step = {
  /** Unique in the plan and the same in every run, such as `containerd/install@node-1`. */
  readonly id: string;
  readonly phase: string;
  /** Name of the host, or `operator` for work on the operator machine. */
  readonly host: string;
  /** What is done, as a person would say it: "Install containerd 2.3.7". */
  readonly title: string;
  readonly kind: StepKind;
  /** Ids of the steps that must be finished before. */
  readonly after: readonly string[];
  /** Where what it needs is known only at run time it may be skipped in a dry run's probe. */
  probe(reporter: StepReporter): Promise<ProbeResult>;
  /** Idempotent: it may find its own half-done work. */
  apply(reporter: StepReporter): Promise<void>;
  /** Proves the result as a user would notice it; throws when it does not hold. */
  verify(reporter: StepReporter): Promise<void>;
  /** Restores what was there before. */
  undo?(reporter: StepReporter): Promise<void>;
  /** Milliseconds without any progress or output after which the step counts as hung; 10 minutes unless set. */
  readonly stallAfter?: number;
};

/** A named group of steps, in the order a person reads them. */
export type Phase = {
  readonly id: string;
  readonly title: string;
  readonly steps: readonly Step[];
};

/** The steps of one run, known before anything is changed. */
export type Plan = {
  readonly workflow: string;
  readonly cluster: string;
  readonly phases: readonly Phase[];
};
