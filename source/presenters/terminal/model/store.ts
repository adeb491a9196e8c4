/** State that lives outside of React, so that work goes on while no screen shows it. */
export type Store<T> = {
  get(): T;
  /** Changes now; for what a person did. */
  set(change: (state: T) => T): void;
  /** Changes now, tells listeners with other changes a little later; for what a thousand hosts report. */
  setSoon(change: (state: T) => T): void;
  subscribe(listener: () => void): () => void;
};

export function createStore<T>(initial: T, batchMilliseconds = 100): Store<T> {
  let state = initial;
  let timer: NodeJS.Timeout | undefined;
  const listeners = new Set<() => void>();
  const tell = (): void => {
    if (timer !== undefined) clearTimeout(timer);
    timer = undefined;
    for (const listener of listeners) listener();
  };
  return {
    get: () => state,
    set(change) {
      state = change(state);
      tell();
    },
    setSoon(change) {
      state = change(state);
      timer ??= setTimeout(tell, batchMilliseconds);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
