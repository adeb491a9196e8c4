import type { LanguageName } from '../../../language/index.ts';
import type { WizardServices } from '../services.ts';
import { type BundleActions, bundleActions } from './bundle-actions.ts';
import { type CheckActions, checkActions } from './check-actions.ts';
import { type HostActions, hostActions } from './host-actions.ts';
import { type RunActions, runActions } from './run-actions.ts';
import { createStore, type Store } from './store.ts';
import { createTasks } from './tasks.ts';
import { goBack, goTo, initialState, type ScreenId, type WizardState } from './wizard-state.ts';

/** The wizard without its screens: what is known, and what can be done. */
export type WizardModel = {
  readonly services: WizardServices;
  readonly store: Store<WizardState>;
  readonly bundles: BundleActions;
  readonly hosts: HostActions;
  readonly checks: CheckActions;
  readonly runs: RunActions;
  change(next: Partial<WizardState>): void;
  go(screen: ScreenId): void;
  back(): void;
  /** Back to the first screen, from where everything else can be reached. */
  home(): void;
  /** Ends all work behind the screens; a run goes on in its own process. */
  close(): void;
};

export function createWizardModel(services: WizardServices, language: LanguageName): WizardModel {
  const store = createStore(initialState(language));
  const tasks = createTasks();
  tasks.start(
    'clusters',
    (signal) =>
      services.watchClusters((clusters) => {
        if (!signal.aborted) store.setSoon((state) => ({ ...state, clusters }));
      }, signal),
    () => store.set((state) => ({ ...state, clusters: state.clusters ?? [] })),
  );
  return {
    services,
    store,
    bundles: bundleActions(services, store, tasks),
    hosts: hostActions(services, store, tasks),
    checks: checkActions(services, store, tasks),
    runs: runActions(services, store, tasks),
    change: (next) => store.set((state) => ({ ...state, ...next })),
    go: (screen) => store.set((state) => goTo(state, screen)),
    back: () => store.set(goBack),
    home: () => store.set((state) => ({ ...state, screen: 'welcome', visited: [] })),
    close: () => tasks.stopAll(),
  };
}
