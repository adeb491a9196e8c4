import { type LandfallError, toLandfallError } from '../../../errors.ts';
import type { Problem } from '../services.ts';

/** Work going on behind the screens: one of each name at a time, all of it ended with the program. */
export type Tasks = {
  /** Starts a task and ends the one of the same name before it. Errors of an aborted task are of no interest. */
  start(name: string, work: (signal: AbortSignal) => Promise<void>, onError: (problem: Problem) => void): void;
  stop(name: string): void;
  stopAll(): void;
};

export function toProblem(error: LandfallError): Problem {
  return { code: error.code, message: error.message, ...(error.fix === undefined ? {} : { fix: error.fix }) };
}

export function createTasks(): Tasks {
  const running = new Map<string, AbortController>();
  const stop = (name: string): void => {
    running.get(name)?.abort();
    running.delete(name);
  };
  return {
    start(name, work, onError) {
      stop(name);
      const controller = new AbortController();
      running.set(name, controller);
      const settle = (): void => {
        if (running.get(name) === controller) running.delete(name);
      };
      work(controller.signal).then(settle, (thrown: unknown) => {
        settle();
        if (!controller.signal.aborted) onError(toProblem(toLandfallError(thrown)));
      });
    },
    stop,
    stopAll() {
      for (const name of [...running.keys()]) stop(name);
    },
  };
}
