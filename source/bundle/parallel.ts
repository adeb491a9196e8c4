import { LandfallError } from '../errors.ts';

/** The error of work that was stopped: the failure elsewhere that stopped it, or ABORTED. */
export function stopReason(signal: AbortSignal): unknown {
  if (signal.reason instanceof LandfallError) return signal.reason;
  return new LandfallError({
    code: 'ABORTED',
    message: 'The work on the bundle was stopped.',
    fix: 'Run the same command again; what was fetched already is kept.',
  });
}

/** Throws once the signal has been given; see `stopReason`. */
export function throwIfStopped(signal: AbortSignal): void {
  if (signal.aborted) throw stopReason(signal);
}

/** Ends work that has begun: by the person, or because of a failure elsewhere. */
export type Stop = { readonly signal: AbortSignal; readonly abort: (reason: unknown) => void };

/** A stop that can be given here and is given when the signal is. */
export function stopWith(signal: AbortSignal | undefined): Stop {
  const own = new AbortController();
  return {
    signal: signal === undefined ? own.signal : AbortSignal.any([signal, own.signal]),
    abort: (reason) => own.abort(reason),
  };
}

/** Does the work for each item, a few at a time. The first failure stops the others and is thrown when all have ended. */
export async function inParallel<T>(
  items: readonly T[],
  limit: number,
  stop: Stop,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  const queue = items.values();
  const worker = async (): Promise<void> => {
    for (const item of queue) {
      if (failure !== undefined) return;
      try {
        await work(item);
      } catch (error) {
        failure ??= { error };
        stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failure !== undefined) throw failure.error;
}

/** Does the work for each item, a few at a time, and gives results and failures alike, in the order of the items. */
export async function settleInParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<readonly PromiseSettledResult<R>[]> {
  const results: PromiseSettledResult<R>[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      results[index] = await work(item).then(
        (value): PromiseSettledResult<R> => ({ status: 'fulfilled', value }),
        (reason: unknown): PromiseSettledResult<R> => ({ status: 'rejected', reason }),
      );
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
