import { createContext, type ReactNode, useContext, useSyncExternalStore } from 'react';
import type { WizardModel } from './model/wizard-model.ts';
import type { WizardState } from './model/wizard-state.ts';

/** Why the wizard ends. */
export type WizardExit =
  | { readonly kind: 'quit' }
  | { readonly kind: 'practice' }
  | { readonly kind: 'detached'; readonly cluster: string };

export type Wizard = {
  readonly model: WizardModel;
  readonly state: WizardState;
  readonly exit: (reason: WizardExit) => void;
};

const WizardContext = createContext<Wizard | undefined>(undefined);

export function WizardProvider(props: {
  readonly model: WizardModel;
  readonly exit: (reason: WizardExit) => void;
  readonly children: ReactNode;
}): ReactNode {
  const state = useSyncExternalStore(props.model.store.subscribe, props.model.store.get);
  return <WizardContext value={{ model: props.model, state, exit: props.exit }}>{props.children}</WizardContext>;
}

export function useWizard(): Wizard {
  const wizard = useContext(WizardContext);
  if (wizard === undefined) throw new TypeError('a screen was drawn outside of its WizardProvider');
  return wizard;
}
