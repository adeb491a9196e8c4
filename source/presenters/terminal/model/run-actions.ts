import type { Answer, JournalEvent } from '../../../engine/events.ts';
import { applyEvents, emptyRun } from '../../run-state.ts';
import type { RunView, WizardServices } from '../services.ts';
import type { Store } from './store.ts';
import type { Tasks } from './tasks.ts';
import { draftOf, goTo, type WizardState } from './wizard-state.ts';

export type RunActions = {
  loadCatalogue(): void;
  preview(): void;
  save(): void;
  start(): void;
  /** Shows a cluster's newest run. */
  open(cluster: string): void;
  resume(cluster: string): void;
  answer(question: string, answer: Answer): void;
  stop(): void;
  loadAccess(): void;
  report(): void;
  manage(cluster: string): void;
  act(cluster: string, action: string, argument?: string): void;
};

/** Events are put together for so long before the state is made anew: a thousand nodes change faster than an eye follows. */
const batchMilliseconds = 200;

export function runActions(services: WizardServices, store: Store<WizardState>, tasks: Tasks): RunActions {
  const follow = (view: RunView): void => {
    store.set((state) => ({
      ...goTo(state, 'progress'),
      view,
      run: emptyRun,
      runProblem: undefined,
      access: undefined,
      report: undefined,
      starting: false,
    }));
    let waiting: JournalEvent[] = [];
    let timer: NodeJS.Timeout | undefined;
    const flush = (): void => {
      timer = undefined;
      const events = waiting;
      waiting = [];
      store.set((state) => {
        const run = applyEvents(state.run, events);
        const ended = run.finished !== undefined && state.run.finished === undefined;
        // The last screen comes by itself; until then progress stays where Esc leads back to.
        return ended && state.screen === 'progress' ? { ...state, run, screen: 'finished' } : { ...state, run };
      });
      if (store.get().run.finished?.outcome === 'succeeded' && store.get().access === undefined) actions.loadAccess();
    };
    tasks.start(
      'follow',
      async (signal) => {
        await view.follow((events) => {
          if (signal.aborted) return;
          for (const event of events) waiting.push(event);
          timer ??= setTimeout(flush, batchMilliseconds);
        }, signal);
        if (timer !== undefined) {
          clearTimeout(timer);
          flush();
        }
        if (!signal.aborted && store.get().run.finished === undefined) {
          store.set((state) => ({ ...state, view: { ...view, live: false } }));
        }
      },
      (problem) => store.set((state) => ({ ...state, runProblem: problem, view: { ...view, live: false } })),
    );
  };
  const openWith = (name: string, work: () => Promise<RunView>): void => {
    tasks.start(
      name,
      async () => follow(await work()),
      (problem) =>
        store.set((state) => ({ ...state, starting: false, reviewProblem: problem, manageProblem: problem })),
    );
  };
  const actions: RunActions = {
    loadCatalogue() {
      const { bundle, language } = store.get();
      if (bundle === undefined) return;
      tasks.start(
        'catalogue',
        async (signal) => {
          const catalogue = await services.catalogue(bundle, language);
          if (!signal.aborted) store.set((state) => ({ ...state, catalogue, catalogueProblem: undefined }));
        },
        (problem) => store.set((state) => ({ ...state, catalogue: [], catalogueProblem: problem })),
      );
    },
    preview() {
      store.set((state) => ({ ...state, preview: undefined, reviewProblem: undefined }));
      tasks.start(
        'preview',
        async (signal) => {
          const preview = await services.previewPlan(draftOf(store.get()));
          if (!signal.aborted) store.set((state) => ({ ...state, preview }));
        },
        (problem) => store.set((state) => ({ ...state, reviewProblem: problem })),
      );
    },
    save() {
      store.set((state) => ({ ...state, reviewProblem: undefined }));
      tasks.start(
        'save',
        async () => {
          const saved = await services.saveDocument(draftOf(store.get()));
          store.set((state) => ({ ...state, saved }));
        },
        (problem) => store.set((state) => ({ ...state, reviewProblem: problem })),
      );
    },
    start() {
      if (store.get().starting) return;
      store.set((state) => ({ ...state, starting: true, reviewProblem: undefined }));
      openWith('start', () => services.startInstall(draftOf(store.get())));
    },
    open(cluster) {
      openWith('open', () => services.openRun(cluster));
    },
    resume(cluster) {
      openWith('open', () => services.resumeRun(cluster));
    },
    answer(question, answer) {
      const { view } = store.get();
      if (view === undefined) return;
      tasks.start(
        `answer-${question}`,
        async () => view.answer(question, answer),
        (problem) => store.set((state) => ({ ...state, runProblem: problem })),
      );
    },
    stop() {
      const { view } = store.get();
      if (view === undefined) return;
      tasks.start(
        'stop',
        async () => view.stop(),
        (problem) => store.set((state) => ({ ...state, runProblem: problem })),
      );
    },
    loadAccess() {
      const cluster = store.get().view?.cluster;
      if (cluster === undefined) return;
      tasks.start(
        'access',
        async (signal) => {
          const access = await services.access(cluster);
          if (!signal.aborted) store.set((state) => ({ ...state, access }));
        },
        (problem) => store.set((state) => ({ ...state, runProblem: problem })),
      );
    },
    report() {
      const cluster = store.get().view?.cluster;
      if (cluster === undefined) return;
      tasks.start(
        'report',
        async () => {
          const report = await services.saveReport(cluster);
          store.set((state) => ({ ...state, report }));
        },
        (problem) => store.set((state) => ({ ...state, runProblem: problem })),
      );
    },
    manage(cluster) {
      store.set((state) => ({
        ...goTo(state, 'manage'),
        managed: cluster,
        managedState: undefined,
        manageProblem: undefined,
      }));
      tasks.start(
        'manage',
        (signal) =>
          services.watchCluster(
            cluster,
            (managedState) => {
              if (!signal.aborted) store.setSoon((state) => ({ ...state, managedState }));
            },
            signal,
          ),
        (problem) => store.set((state) => ({ ...state, manageProblem: problem })),
      );
    },
    act(cluster, action, argument) {
      openWith('act', () => services.startAction(cluster, action, argument));
    },
  };
  return actions;
}
