/** Where an error happened; shown to the person, never a secret. */
export type ErrorContext = {
  readonly host?: string;
  readonly step?: string;
  readonly command?: string;
  readonly exitCode?: number;
  /** Last lines the command printed. */
  readonly output?: string;
};

export type ErrorDetails = {
  /** Stable code such as `SSH_AUTH`; an anchor in docs/errors.md and a key of both languages. */
  readonly code: string;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** What the person can do about it. */
  readonly fix?: string;
  readonly cause?: unknown;
  readonly context?: ErrorContext;
  /** True when the same action may succeed a moment later (a lost connection, a busy server). */
  readonly transient?: boolean;
  /** Exit code of the program when this error ends it; 1 unless set. 2 is a usage or document error. */
  readonly exitStatus?: number;
};

/** The project's one error class. Everything a person may see as a failure is one of these. */
export class LandfallError extends Error {
  readonly code: string;
  readonly fix: string | undefined;
  readonly context: ErrorContext;
  readonly transient: boolean;
  readonly exitStatus: number;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'LandfallError';
    this.code = details.code;
    this.fix = details.fix;
    this.context = details.context ?? {};
    this.transient = details.transient ?? false;
    this.exitStatus = details.exitStatus ?? 1;
  }

  /** The same error with more of its context known; what was already known stays. */
  within(context: ErrorContext): LandfallError {
    return new LandfallError({
      code: this.code,
      message: this.message,
      ...(this.fix === undefined ? {} : { fix: this.fix }),
      cause: this.cause,
      context: { ...context, ...this.context },
      transient: this.transient,
      exitStatus: this.exitStatus,
    });
  }
}

/** Turns anything thrown into the project's error, keeping the original as its cause. */
export function toLandfallError(thrown: unknown, context: ErrorContext = {}): LandfallError {
  if (thrown instanceof LandfallError) return thrown.within(context);
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new LandfallError({ code: 'UNEXPECTED', message, cause: thrown, context });
}
