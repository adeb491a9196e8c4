import type { HostRole } from '../../../cluster/document.ts';
import { proposeRoles } from '../../../cluster/propose-roles.ts';
import type { LanguageName } from '../../../language/index.ts';
import { emptyRun, type RunState } from '../../run-state.ts';
import type {
  BalancerDriver,
  BundleInfo,
  BundleVerdict,
  CatalogueEntry,
  CheckResult,
  CheckTarget,
  ClusterAccess,
  ClusterState,
  DraftApplication,
  DraftHost,
  FoundHost,
  HostState,
  HostTarget,
  KnownCluster,
  Login,
  Needs,
  OwnNetwork,
  PlanPreview,
  Problem,
  RunView,
  SavedDocument,
  WizardDraft,
} from '../services.ts';
import { toNodeName } from './host-list.ts';

export type ScreenId =
  | 'welcome'
  | 'bundle'
  | 'hosts'
  | 'roles'
  | 'checks'
  | 'applications'
  | 'review'
  | 'progress'
  | 'finished'
  | 'manage';

export type HostRow = {
  readonly target: HostTarget;
  /** False: seen by the scan, or left out by the person. */
  readonly included: boolean;
  readonly state?: HostState;
  readonly found?: FoundHost;
  /** A name the person gave. */
  readonly name?: string;
};

export type ByteJob = {
  readonly kind: 'verify' | 'copy';
  readonly directory: string;
  readonly done: number;
  readonly total: number;
  readonly startedAt: number;
  /** Bytes that were there at the start, from an earlier copy. */
  readonly from: number;
};

export type WizardState = {
  readonly screen: ScreenId;
  /** Screens seen before this one, for going back to them. */
  readonly visited: readonly ScreenId[];
  readonly language: LanguageName;
  readonly clusters: readonly KnownCluster[] | undefined;

  readonly bundles: readonly BundleInfo[];
  readonly searchingBundles: boolean;
  readonly bundle: string | undefined;
  readonly verdicts: Readonly<Record<string, BundleVerdict>>;
  readonly byteJob: ByteJob | undefined;
  readonly bundleProblem: Problem | undefined;

  readonly hosts: readonly HostRow[];
  readonly login: Login | undefined;
  readonly networks: readonly OwnNetwork[];
  /** Files of this person's private keys. */
  readonly keys: readonly string[];
  readonly scan: { readonly ranges: readonly string[]; readonly done: number; readonly total: number } | undefined;
  readonly hostProblem: Problem | undefined;

  readonly roles: Readonly<Record<string, HostRole>>;
  readonly balancer: BalancerDriver;

  readonly checks: readonly CheckResult[];
  readonly checking: boolean;
  readonly checkProblem: Problem | undefined;
  readonly accepted: readonly CheckTarget[];
  /** The draft the checks were made for; they are stale when it differs. */
  readonly checkedDraft: string;

  readonly catalogue: readonly CatalogueEntry[] | undefined;
  readonly catalogueProblem: Problem | undefined;
  readonly applications: readonly DraftApplication[];

  readonly name: string;
  readonly preview: PlanPreview | undefined;
  readonly reviewProblem: Problem | undefined;
  readonly saved: SavedDocument | undefined;
  readonly starting: boolean;

  readonly view: RunView | undefined;
  readonly run: RunState;
  readonly runProblem: Problem | undefined;
  readonly detached: boolean;
  readonly access: ClusterAccess | undefined;
  readonly report: string | undefined;

  readonly managed: string | undefined;
  readonly managedState: ClusterState | undefined;
  readonly manageProblem: Problem | undefined;
};

export function initialState(language: LanguageName): WizardState {
  return {
    screen: 'welcome',
    visited: [],
    language,
    clusters: undefined,
    bundles: [],
    searchingBundles: false,
    bundle: undefined,
    verdicts: {},
    byteJob: undefined,
    bundleProblem: undefined,
    hosts: [],
    login: undefined,
    networks: [],
    keys: [],
    scan: undefined,
    hostProblem: undefined,
    roles: {},
    balancer: 'haproxy',
    checks: [],
    checking: false,
    checkProblem: undefined,
    accepted: [],
    checkedDraft: '',
    catalogue: undefined,
    catalogueProblem: undefined,
    applications: [],
    name: 'cluster',
    preview: undefined,
    reviewProblem: undefined,
    saved: undefined,
    starting: false,
    view: undefined,
    run: emptyRun,
    runProblem: undefined,
    detached: false,
    access: undefined,
    report: undefined,
    managed: undefined,
    managedState: undefined,
    manageProblem: undefined,
  };
}

export function hostKey(target: { readonly address: string; readonly port: number }): string {
  return `${target.address}:${target.port}`;
}

export function goTo(state: WizardState, screen: ScreenId): WizardState {
  if (state.screen === screen) return state;
  return { ...state, screen, visited: [...state.visited, state.screen] };
}

export function goBack(state: WizardState): WizardState {
  const screen = state.visited.at(-1);
  return screen === undefined ? state : { ...state, screen, visited: state.visited.slice(0, -1) };
}

export function includedHosts(state: WizardState): readonly HostRow[] {
  return state.hosts.filter((row) => row.included);
}

/** Role of each included host: what was chosen, else what is proposed. */
export function rolesOf(state: WizardState): ReadonlyMap<string, HostRole> {
  const rows = includedHosts(state);
  const proposed = proposeRoles(
    rows.map((row) => ({
      key: hostKey(row.target),
      ...(row.state?.summary === undefined
        ? {}
        : { processors: row.state.summary.processors, memory: row.state.summary.memory }),
    })),
  );
  return new Map(
    rows.map((row) => {
      const key = hostKey(row.target);
      return [key, state.roles[key] ?? proposed.get(key) ?? 'worker'];
    }),
  );
}

/** Node names of the included hosts: their own, made different where two have the same. */
export function nodeNames(state: WizardState): ReadonlyMap<string, string> {
  const used = new Set<string>();
  const names = new Map<string, string>();
  for (const row of includedHosts(state)) {
    const wanted = row.name ?? toNodeName(row.state?.summary?.hostname ?? row.target.name, row.target.address);
    let name = wanted;
    for (let count = 2; used.has(name); count++) name = `${wanted}-${count}`;
    used.add(name);
    names.set(hostKey(row.target), name);
  }
  return names;
}

export function draftOf(state: WizardState): WizardDraft {
  const roles = rolesOf(state);
  const names = nodeNames(state);
  const hosts = includedHosts(state).map((row): DraftHost => {
    const key = hostKey(row.target);
    return {
      ...row.target,
      nodeName: names.get(key) ?? key,
      role: roles.get(key) ?? 'worker',
      ...(row.state?.summary === undefined ? {} : { summary: row.state.summary }),
    };
  });
  return {
    name: state.name,
    bundle: state.bundle ?? '',
    login: state.login ?? { method: 'agent', user: 'root' },
    hosts,
    balancer: state.balancer,
    applications: state.applications,
    acceptedWarnings: state.accepted,
  };
}

/** What the draft's checks depend on, as text to compare. */
export function checkBasis(draft: WizardDraft): string {
  return JSON.stringify([
    draft.bundle,
    draft.balancer,
    draft.hosts.map(({ address, port, role, nodeName }) => [address, port, role, nodeName]),
  ]);
}

/** Names of the included hosts whose kernels cannot balance with IPVS, or do not say that they can. */
export function withoutIpvs(state: WizardState): readonly string[] {
  const names = nodeNames(state);
  return includedHosts(state)
    .filter((row) => row.state?.summary?.ipvs !== true)
    .map((row) => names.get(hostKey(row.target)) ?? row.target.address);
}

export function sameTarget(a: CheckTarget, b: CheckTarget): boolean {
  return a.id === b.id && a.host === b.host;
}

/** Failed checks that still keep the install from starting. */
export function openFindings(state: WizardState): readonly CheckResult[] {
  return state.checks.filter(
    (result) =>
      (result.outcome === 'failed' || result.outcome === 'could-not-check') &&
      result.severity !== 'informs' &&
      !(result.acceptable && state.accepted.some((target) => sameTarget(target, result))),
  );
}

/** What the chosen applications need together. */
export function sumOfNeeds(state: WizardState): Needs {
  const nodes = includedHosts(state).length;
  let sum: Needs = { processors: 0, memory: 0, disk: 0 };
  for (const { package: name, parameters } of state.applications) {
    const entry = state.catalogue?.find((candidate) => candidate.package === name);
    if (entry === undefined) continue;
    const needs = entry.needs(nodes, parameters);
    sum = {
      processors: sum.processors + needs.processors,
      memory: sum.memory + needs.memory,
      disk: sum.disk + needs.disk,
    };
  }
  return sum;
}

/** What the hosts have for applications, after what Kubernetes itself takes. */
export function capacityOf(state: WizardState): Needs {
  const roles = rolesOf(state);
  let capacity: Needs = { processors: 0, memory: 0, disk: 0 };
  for (const row of includedHosts(state)) {
    const summary = row.state?.summary;
    if (summary === undefined) continue;
    // Measured: a control plane takes about 0.9 GiB and most of a processor, any node about 0.4 GiB.
    const plane = roles.get(hostKey(row.target)) === 'control-plane';
    capacity = {
      processors: capacity.processors + Math.max(0, summary.processors - (plane ? 1 : 0.3)),
      memory: capacity.memory + Math.max(0, summary.memory - (plane ? 1.3 : 0.4) * 1024 ** 3),
      disk: capacity.disk + Math.max(0, summary.diskFree - 8 * 1024 ** 3),
    };
  }
  return capacity;
}
