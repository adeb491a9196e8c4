import type { BundleInfo, WizardServices } from '../services.ts';
import type { Store } from './store.ts';
import type { Tasks } from './tasks.ts';
import type { ByteJob, WizardState } from './wizard-state.ts';

export type BundleActions = {
  search(): void;
  /** Looks again without a word: a stick that is plugged in shows itself, one that is pulled goes. */
  lookAgain(): void;
  /** Looks at a folder the person named; calls back when it is a usable bundle. */
  inspect(directory: string, onGood: () => void): void;
  choose(directory: string): void;
  verify(directory: string): void;
  copy(directory: string): void;
  stopJob(): void;
};

function withBundle(state: WizardState, found: BundleInfo): WizardState {
  const others = state.bundles.filter((bundle) => bundle.directory !== found.directory);
  const bundles = [...others, found].sort(
    (a, b) =>
      Number(a.problem !== undefined) - Number(b.problem !== undefined) ||
      (b.built ?? '').localeCompare(a.built ?? '') ||
      Number(a.removable) - Number(b.removable),
  );
  return { ...state, bundles };
}

export function bundleActions(services: WizardServices, store: Store<WizardState>, tasks: Tasks): BundleActions {
  /** Folders that the search found, and not the person. */
  const everFound = new Set<string>();
  /** Bundle whose copy ended because its medium did. */
  let brokenOff: string | undefined;
  const job = (
    kind: ByteJob['kind'],
    directory: string,
    work: (onBytes: (done: number, total: number) => void, signal: AbortSignal) => Promise<void>,
  ): void => {
    store.set((state) => ({
      ...state,
      bundleProblem: undefined,
      byteJob: { kind, directory, done: 0, total: 0, startedAt: Date.now(), from: 0 },
    }));
    brokenOff = undefined;
    let first = true;
    const onBytes = (done: number, total: number): void => {
      const from = first ? done : undefined;
      first = false;
      store.setSoon((state) =>
        state.byteJob === undefined
          ? state
          : { ...state, byteJob: { ...state.byteJob, done, total, ...(from === undefined ? {} : { from }) } },
      );
    };
    tasks.start(
      'bundle-job',
      async (signal) => {
        await work(onBytes, signal);
        if (!signal.aborted) store.set((state) => ({ ...state, byteJob: undefined }));
      },
      (problem) => {
        if (kind === 'copy' && problem.code === 'COPY_READ') brokenOff = directory;
        store.set((state) => ({ ...state, byteJob: undefined, bundleProblem: problem }));
      },
    );
  };
  const actions: BundleActions = {
    lookAgain() {
      if (store.get().searchingBundles) return;
      const seen: BundleInfo[] = [];
      tasks.start(
        'bundle-look',
        async (signal) => {
          await services.findBundles((found) => seen.push(found), signal);
          if (signal.aborted) return;
          const here = new Set(seen.map(({ directory }) => directory));
          const { bundles, byteJob } = store.get();
          const gone = bundles.filter(({ directory }) => everFound.has(directory) && !here.has(directory));
          const fresh = seen.filter(({ directory }) => !bundles.some((known) => known.directory === directory));
          for (const { directory } of seen) everFound.add(directory);
          if (gone.length > 0 || fresh.length > 0) {
            store.set((state) => {
              const left = state.bundles.filter(
                (bundle) => !gone.some(({ directory }) => directory === bundle.directory),
              );
              return fresh.reduce(withBundle, { ...state, bundles: left });
            });
          }
          // The stick of a copy that broke off is back: it goes on where it ended.
          const broken = brokenOff;
          if (broken !== undefined && byteJob === undefined && here.has(broken)) actions.copy(broken);
        },
        () => {},
      );
    },
    search() {
      store.set((state) => ({ ...state, searchingBundles: true, bundleProblem: undefined }));
      tasks.start(
        'bundle-search',
        async (signal) => {
          await services.findBundles((found) => {
            everFound.add(found.directory);
            if (!signal.aborted) store.setSoon((state) => withBundle(state, found));
          }, signal);
          if (!signal.aborted) store.set((state) => ({ ...state, searchingBundles: false }));
        },
        (problem) => store.set((state) => ({ ...state, searchingBundles: false, bundleProblem: problem })),
      );
    },
    inspect(directory, onGood) {
      store.set((state) => ({ ...state, bundleProblem: undefined }));
      tasks.start(
        'bundle-inspect',
        async (signal) => {
          const found = await services.inspectBundle(directory);
          if (signal.aborted) return;
          store.set((state) => ({
            ...withBundle(state, found),
            bundle: found.problem === undefined ? found.directory : state.bundle,
          }));
          if (found.problem === undefined) onGood();
        },
        (problem) => store.set((state) => ({ ...state, bundleProblem: problem })),
      );
    },
    choose(directory) {
      store.set((state) =>
        state.bundle === directory ? state : { ...state, bundle: directory, catalogue: undefined, preview: undefined },
      );
    },
    verify(directory) {
      job('verify', directory, async (onBytes, signal) => {
        const verdict = await services.verifyBundle(directory, onBytes, signal);
        store.set((state) => ({ ...state, verdicts: { ...state.verdicts, [directory]: verdict } }));
      });
    },
    copy(directory) {
      job('copy', directory, async (onBytes, signal) => {
        const copy = await services.copyBundle(directory, onBytes, signal);
        store.set((state) => ({ ...withBundle(state, copy), bundle: copy.directory }));
      });
    },
    stopJob() {
      brokenOff = undefined;
      tasks.stop('bundle-job');
      store.set((state) => ({ ...state, byteJob: undefined }));
    },
  };
  return actions;
}
