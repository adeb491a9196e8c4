import { createContext, type ReactNode, useCallback, useContext, useState } from 'react';

/** What was typed and where the cursor stood on each screen, kept while other screens are shown. */
export type Memory = Map<string, unknown>;

const MemoryContext = createContext<Memory>(new Map());

export function MemoryProvider(props: { readonly memory: Memory; readonly children: ReactNode }): ReactNode {
  return <MemoryContext value={props.memory}>{props.children}</MemoryContext>;
}

/** State that is still there when the screen is shown again. */
export function useRemembered<T>(key: string, initial: T): readonly [T, (next: T) => void] {
  const memory = useContext(MemoryContext);
  const [, redraw] = useState(0);
  const value = memory.has(key) ? (memory.get(key) as T) : initial;
  const set = useCallback(
    (next: T) => {
      memory.set(key, next);
      redraw((count) => count + 1);
    },
    [memory, key],
  );
  return [value, set];
}

/** Changes what another screen will remember. */
export function useMemory(): Memory {
  return useContext(MemoryContext);
}
