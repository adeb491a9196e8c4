import { writeSync } from 'node:fs';

/** Cursor shown, bracketed paste off, mouse off, alternate screen left, colours reset. */
const restoring = '\u001b[?25h\u001b[?2004l\u001b[?1000l\u001b[?1049l\u001b[0m';

export type TerminalGuard = {
  /** Gives the terminal back; safe to call any number of times. */
  restore(): void;
  /** Stops listening to signals, after `restore`. */
  release(): void;
};

export type GuardOptions = {
  readonly output: { readonly fd?: number; write(text: string): unknown };
  readonly input: { readonly isTTY?: boolean; setRawMode?(mode: boolean): unknown };
  /** Called with what was thrown, after the terminal was given back. Ends the process. */
  readonly onCrash: (thrown: unknown) => void;
  /** Called for a signal that asks the program to end, after the terminal was given back. */
  readonly onSignal: (signal: NodeJS.Signals) => void;
};

/** Makes sure that whatever ends the program, the person has a usable terminal again. */
export function guardTerminal(options: GuardOptions): TerminalGuard {
  let restored = false;
  const restore = (): void => {
    if (restored) return;
    restored = true;
    try {
      options.input.setRawMode?.(false);
    } catch {
      // The terminal is gone; nothing is left to restore.
    }
    try {
      // Synchronous, because the process may be about to end.
      if (options.output.fd === undefined) options.output.write(restoring);
      else writeSync(options.output.fd, restoring);
    } catch {
      // A closed terminal cannot be written to.
    }
  };
  const crash = (thrown: unknown): void => {
    restore();
    options.onCrash(thrown);
  };
  const signals: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'];
  const onSignal = (signal: NodeJS.Signals): void => {
    restore();
    options.onSignal(signal);
  };
  process.on('exit', restore);
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  for (const signal of signals) process.on(signal, onSignal);
  return {
    restore,
    release() {
      process.off('exit', restore);
      process.off('uncaughtException', crash);
      process.off('unhandledRejection', crash);
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
