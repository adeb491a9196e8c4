import type { CheckResult, CheckTarget, WizardServices } from '../services.ts';
import type { Store } from './store.ts';
import type { Tasks } from './tasks.ts';
import { checkBasis, draftOf, sameTarget, type WizardState } from './wizard-state.ts';

export type CheckActions = {
  /** Runs the checks, unless those shown were made for the same hosts and roles. */
  runIfNeeded(): void;
  run(): void;
  fix(targets: readonly CheckTarget[]): void;
  accept(target: CheckTarget): void;
};

export function checkActions(services: WizardServices, store: Store<WizardState>, tasks: Tasks): CheckActions {
  const results = new Map<string, CheckResult>();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    timer = undefined;
    const checks = [...results.values()];
    store.setSoon((state) => ({ ...state, checks }));
  };
  const take = (signal: AbortSignal) => (result: CheckResult) => {
    if (signal.aborted) return;
    results.set(`${result.id} ${result.host}`, result);
    timer ??= setTimeout(flush, 40);
  };
  const finish = (signal: AbortSignal): void => {
    if (signal.aborted) return;
    if (timer !== undefined) clearTimeout(timer);
    flush();
    store.set((state) => ({ ...state, checking: false }));
  };
  const fail = (problem: { code: string; message: string; fix?: string }): void => {
    store.set((state) => ({ ...state, checking: false, checkProblem: problem }));
  };
  const actions: CheckActions = {
    runIfNeeded() {
      const state = store.get();
      if (state.checkedDraft !== checkBasis(draftOf(state))) actions.run();
    },
    run() {
      const draft = draftOf(store.get());
      results.clear();
      store.set((state) => ({
        ...state,
        checks: [],
        checking: true,
        checkProblem: undefined,
        checkedDraft: checkBasis(draft),
      }));
      tasks.start(
        'checks',
        async (signal) => {
          await services.runChecks(draft, store.get().language, take(signal), signal);
          finish(signal);
        },
        fail,
      );
    },
    fix(targets) {
      if (targets.length === 0) return;
      store.set((state) => ({ ...state, checking: true, checkProblem: undefined }));
      tasks.start(
        'checks',
        async (signal) => {
          await services.fixChecks(draftOf(store.get()), targets, store.get().language, take(signal), signal);
          finish(signal);
        },
        fail,
      );
    },
    accept(target) {
      store.set((state) => {
        const has = state.accepted.some((other) => sameTarget(other, target));
        const accepted = has
          ? state.accepted.filter((other) => !sameTarget(other, target))
          : [...state.accepted, { id: target.id, host: target.host }];
        return { ...state, accepted };
      });
    },
  };
  return actions;
}
