import type { FoundHost, HostState, HostTarget, Login, WizardServices } from '../services.ts';
import type { Store } from './store.ts';
import type { Tasks } from './tasks.ts';
import { type HostRow, hostKey, type WizardState } from './wizard-state.ts';

export type HostActions = {
  /** Learns what can be offered: this machine's networks and this person's keys. */
  loadOffers(): void;
  scan(ranges: readonly string[]): void;
  stopScan(): void;
  add(targets: readonly HostTarget[]): void;
  /** Adds the hosts of a file, or of the SSH configuration, for the person to choose from. */
  addFrom(file?: string, onRead?: () => void): void;
  remove(key: string): void;
  toggle(key: string): void;
  includeAll(): void;
  rename(key: string, name: string): void;
  setLogin(login: Login): void;
  setOwnLogin(key: string, login: Login | undefined): void;
  /** Connects to the included hosts that are not ready, or to one. */
  connect(key?: string): void;
  acceptKey(key: string): void;
};

/** By address as a number, names after addresses; a list that grows by a scan stays in order. */
function compareTargets(a: HostTarget, b: HostTarget): number {
  const rank = ({ address, port }: HostTarget): string =>
    /^[\d.]+$/.test(address)
      ? `0${address
          .split('.')
          .map((part) => part.padStart(3, '0'))
          .join('.')}:${String(port).padStart(5, '0')}`
      : `1${address}:${port}`;
  return rank(a).localeCompare(rank(b));
}

function addRows(state: WizardState, targets: readonly HostTarget[], wanted: boolean, found?: FoundHost): WizardState {
  const known = new Map(state.hosts.map((row) => [hostKey(row.target), row]));
  for (const target of targets) {
    const key = hostKey(target);
    const row = known.get(key);
    const seen = found === undefined ? {} : { found };
    // What was found again stays as the person left it; what is named by hand is wanted.
    if (row === undefined) known.set(key, { target, included: wanted, ...seen });
    else known.set(key, { ...row, included: row.included || wanted, target: { ...row.target, ...target }, ...seen });
  }
  return { ...state, hosts: [...known.values()].sort((a, b) => compareTargets(a.target, b.target)) };
}

/** Whether the person must still say how to get into a chosen host. */
export function needsLogin(state: WizardState): boolean {
  return state.hosts.some((row) => row.included && effectiveLogin(row.target, state.login) === undefined);
}

/** A login that only names a user takes the rest from the one for all. */
export function effectiveLogin(target: HostTarget, common: Login | undefined): Login | undefined {
  const own = target.login;
  if (own === undefined) return common;
  if (own.method === 'agent' && common !== undefined) return { ...common, user: own.user };
  return own;
}

export function hostActions(services: WizardServices, store: Store<WizardState>, tasks: Tasks): HostActions {
  const change = (key: string, next: (row: HostRow) => HostRow): void => {
    store.set((state) => ({
      ...state,
      hosts: state.hosts.map((row) => (hostKey(row.target) === key ? next(row) : row)),
    }));
  };
  let waiting: HostState[] = [];
  let timer: NodeJS.Timeout | undefined;
  // A thousand hosts report at once; the list is copied once for many of them.
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const states = new Map(waiting.map((state) => [hostKey(state), state]));
    waiting = [];
    store.setSoon((state) => ({
      ...state,
      hosts: state.hosts.map((row) => {
        const next = states.get(hostKey(row.target));
        return next === undefined ? row : { ...row, state: next };
      }),
    }));
  };
  const report = (state: HostState): void => {
    waiting.push(state);
    timer ??= setTimeout(flush, 40);
  };
  const actions: HostActions = {
    loadOffers() {
      tasks.start(
        'offers',
        async () => {
          const [networks, keys] = await Promise.all([services.ownNetworks(), services.ownKeys()]);
          store.set((state) => ({ ...state, networks, keys }));
        },
        () => {},
      );
    },
    scan(ranges) {
      store.set((state) => ({ ...state, hostProblem: undefined, scan: { ranges, done: 0, total: 0 } }));
      tasks.start(
        'scan',
        async (signal) => {
          await services.scanNetwork(
            ranges,
            (found) => {
              const target = { address: found.address, port: found.port };
              if (!signal.aborted) store.setSoon((state) => addRows(state, [target], false, found));
            },
            (done, total) => {
              if (!signal.aborted) store.setSoon((state) => ({ ...state, scan: { ranges, done, total } }));
            },
            signal,
          );
          if (!signal.aborted) store.set((state) => ({ ...state, scan: undefined }));
        },
        (problem) => store.set((state) => ({ ...state, scan: undefined, hostProblem: problem })),
      );
    },
    stopScan() {
      tasks.stop('scan');
      store.set((state) => ({ ...state, scan: undefined }));
    },
    add(targets) {
      store.set((state) => addRows(state, targets, true));
      actions.connect();
    },
    addFrom(file, onRead) {
      store.set((state) => ({ ...state, hostProblem: undefined }));
      tasks.start(
        'read-hosts',
        async () => {
          const targets = await services.readHosts(file);
          store.set((state) => addRows(state, targets, false));
          onRead?.();
        },
        (problem) => store.set((state) => ({ ...state, hostProblem: problem })),
      );
    },
    remove(key) {
      store.set((state) => ({ ...state, hosts: state.hosts.filter((row) => hostKey(row.target) !== key) }));
    },
    toggle(key) {
      change(key, (row) => ({ ...row, included: !row.included }));
      actions.connect();
    },
    includeAll() {
      store.set((state) => ({
        ...state,
        // What is in a cluster already is only taken when the person takes it by itself.
        hosts: state.hosts.map((row) => (row.found?.cluster === undefined ? { ...row, included: true } : row)),
      }));
      actions.connect();
    },
    rename(key, name) {
      change(key, (row) => ({ ...row, name }));
    },
    setLogin(login) {
      store.set((state) => ({ ...state, login }));
      actions.connect();
    },
    setOwnLogin(key, login) {
      change(key, ({ target: { login: _, ...target }, ...row }) => ({
        ...row,
        target: login === undefined ? target : { ...target, login },
      }));
      actions.connect(key);
    },
    connect(key) {
      const state = store.get();
      const rows = state.hosts.filter((row) =>
        key === undefined
          ? row.included && row.state?.condition !== 'ready' && row.state?.condition !== 'connecting'
          : hostKey(row.target) === key,
      );
      const targets = rows.flatMap((row): readonly HostTarget[] => {
        const login = effectiveLogin(row.target, state.login);
        return login === undefined ? [] : [{ ...row.target, login }];
      });
      if (targets.length === 0) return;
      for (const { address, port } of targets) report({ address, port, condition: 'connecting' });
      flush();
      // Each round is a task of its own: hosts added later must not end the connections of those before.
      tasks.start(
        `connect-${targets.map(hostKey).join()}`,
        (signal) => services.connectHosts(targets, report, signal),
        (problem) => store.set((now) => ({ ...now, hostProblem: problem })),
      );
    },
    acceptKey(key) {
      const row = store.get().hosts.find((candidate) => hostKey(candidate.target) === key);
      const fingerprint = row?.state?.fingerprint;
      if (row === undefined || fingerprint === undefined) return;
      tasks.start(
        'accept-key',
        async () => {
          await services.acceptHostKey(row.target.address, row.target.port, fingerprint);
          actions.connect(key);
        },
        (problem) => store.set((state) => ({ ...state, hostProblem: problem })),
      );
    },
  };
  return actions;
}
