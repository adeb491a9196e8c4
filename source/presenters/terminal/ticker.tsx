import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';

type Ticker = { readonly frame: number; readonly keep: () => () => void };

const TickerContext = createContext<Ticker>({ frame: 0, keep: () => () => {} });

/** The one clock of the screens. It stands still while nothing on the screen moves. */
export function TickerProvider(props: { readonly milliseconds: number; readonly children: ReactNode }): ReactNode {
  const [frame, setFrame] = useState(0);
  const [users, setUsers] = useState(0);
  const moving = users > 0;
  useEffect(() => {
    if (!moving) return;
    const timer = setInterval(() => setFrame((value) => value + 1), props.milliseconds);
    return () => clearInterval(timer);
  }, [moving, props.milliseconds]);
  const keep = useMemo(
    () => () => {
      setUsers((value) => value + 1);
      return () => setUsers((value) => value - 1);
    },
    [],
  );
  const value = useMemo(() => ({ frame, keep }), [frame, keep]);
  return <TickerContext value={value}>{props.children}</TickerContext>;
}

/** Number of the current frame; the clock runs while any caller is active. */
export function useTick(active: boolean): number {
  const { frame, keep } = useContext(TickerContext);
  useEffect(() => (active ? keep() : undefined), [active, keep]);
  return frame;
}
