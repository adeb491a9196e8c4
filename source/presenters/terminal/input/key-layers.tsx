import { useInput, usePaste } from 'ink';
import { createContext, type ReactNode, useContext, useEffect, useLayoutEffect, useMemo, useRef } from 'react';
import { type Press, toPresses } from './press.ts';

/** Returns true when the press was used; otherwise the layer below is asked. */
export type PressHandler = (press: Press) => boolean;

/** Who is asked first: the help overlay, then questions, then a screen, then what works everywhere. */
export type Layer = 'overlay' | 'question' | 'screen' | 'everywhere';

const order: readonly Layer[] = ['overlay', 'question', 'screen', 'everywhere'];

type Registry = { add(layer: Layer, handler: { current: PressHandler }): () => void };

const LayersContext = createContext<Registry | undefined>(undefined);

/** Owns the keyboard: one listener, presses handled one after the other, each on the screen the one before left. */
export function KeyLayers({ children }: { readonly children: ReactNode }): ReactNode {
  const handlers = useRef(new Map<{ current: PressHandler }, Layer>());
  const queue = useRef<Press[]>([]);
  const busy = useRef(false);
  const registry = useMemo<Registry>(
    () => ({
      add(layer, handler) {
        handlers.current.set(handler, layer);
        return () => handlers.current.delete(handler);
      },
    }),
    [],
  );
  const dispatch = (press: Press): void => {
    for (const layer of order) {
      const active = [...handlers.current].filter(([, candidate]) => candidate === layer).reverse();
      for (const [handler] of active) if (handler.current(press)) return;
    }
  };
  const drain = (): void => {
    const press = queue.current.shift();
    if (press === undefined) {
      busy.current = false;
      return;
    }
    dispatch(press);
    // The next press must meet the state this one made.
    setImmediate(drain);
  };
  const accept = (presses: readonly Press[]): void => {
    queue.current.push(...presses);
    if (busy.current || queue.current.length === 0) return;
    busy.current = true;
    drain();
  };
  useInput((input, key) => accept(toPresses(input, key)));
  usePaste((text) => accept([{ type: 'paste', text: text.replaceAll('\r\n', '\n').replaceAll('\r', '\n') }]));
  return <LayersContext value={registry}>{children}</LayersContext>;
}

/** Listens to the keyboard as long as the component is mounted and active. */
export function usePresses(layer: Layer, handler: PressHandler, active = true): void {
  const registry = useContext(LayersContext);
  const latest = useRef(handler);
  useLayoutEffect(() => {
    latest.current = handler;
  });
  useEffect(() => (active ? registry?.add(layer, latest) : undefined), [registry, layer, active]);
}
