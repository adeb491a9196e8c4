import { createContext, type ReactNode, useContext } from 'react';
import type { Messages } from '../../language/index.ts';
import type { TerminalProfile } from './environment.ts';

/** What every component needs to draw: language, marks, colours, size. */
export type View = {
  readonly profile: TerminalProfile;
  readonly messages: Messages;
  /** Cells and rows of the terminal. */
  readonly columns: number;
  readonly rows: number;
};

const ViewContext = createContext<View | undefined>(undefined);

export function ViewProvider(props: { readonly view: View; readonly children: ReactNode }): ReactNode {
  return <ViewContext value={props.view}>{props.children}</ViewContext>;
}

export function useView(): View {
  const view = useContext(ViewContext);
  if (view === undefined) throw new TypeError('a screen was drawn outside of its ViewProvider');
  return view;
}
