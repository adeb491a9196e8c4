import type { HostRole } from '../../cluster/document.ts';
import type { Answer, JournalEvent } from '../../engine/events.ts';
import type { LanguageName } from '../../language/index.ts';

/**
 * All that the screens ask of the rest of the program, as plain data. Functions with `signal` end soon after it is
 * aborted; errors are LandfallError. Text for people is in the language asked for, where there is one.
 */
export type WizardServices = {
  readonly version: string;
  /** Set while everything is simulated; then every screen says so. */
  readonly practice?: PracticeInfo;
  /** Clusters of this operator machine, given again whenever one changes; ends when `signal` is aborted. */
  watchClusters(onChange: (clusters: readonly KnownCluster[]) => void, signal: AbortSignal): Promise<void>;

  /** Looks through mounted media and the usual folders; resolves when everything was looked at. */
  findBundles(onFound: (bundle: BundleInfo) => void, signal: AbortSignal): Promise<void>;
  inspectBundle(directory: string): Promise<BundleInfo>;
  /** Reads every blob and compares it with its digest. */
  verifyBundle(directory: string, onProgress: OnBytes, signal: AbortSignal): Promise<BundleVerdict>;
  /** Copies to the operator machine's own disk and goes on where an earlier copy ended; answers the copy. */
  copyBundle(directory: string, onProgress: OnBytes, signal: AbortSignal): Promise<BundleInfo>;

  /** Networks this machine is in, smallest first, as CIDR. */
  ownNetworks(): Promise<readonly OwnNetwork[]>;
  /** Files of private keys this person has, the most usual first. */
  ownKeys(): Promise<readonly string[]>;
  /**
   * Looks for SSH servers. `ranges` are addresses, `10.0.0.1-20` or CIDR, and never anything outside of them is asked.
   * A host may be told twice: again when it turns out to be in a cluster.
   */
  scanNetwork(
    ranges: readonly string[],
    onFound: (host: FoundHost) => void,
    onProgress: (done: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Hosts named in `~/.ssh/config`, or in the file of a path: a list, an SSH configuration or an inventory. */
  readHosts(file?: string): Promise<readonly HostTarget[]>;
  /** Logs in to each and learns what it is; every change of a host's state is one call. Changes nothing on hosts. */
  connectHosts(targets: readonly HostTarget[], onState: (state: HostState) => void, signal: AbortSignal): Promise<void>;
  /** Forgets the pinned key of an address, after the person compared the new one. */
  acceptHostKey(address: string, port: number, fingerprint: string): Promise<void>;

  /** Runs all checks that apply; each result is one call, a later result of the same id and host replaces it. */
  runChecks(
    draft: WizardDraft,
    language: LanguageName,
    onResult: (result: CheckResult) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Mends what the checks named by id and host found; then they are run again through `onResult`. */
  fixChecks(
    draft: WizardDraft,
    targets: readonly CheckTarget[],
    language: LanguageName,
    onResult: (result: CheckResult) => void,
    signal: AbortSignal,
  ): Promise<void>;

  /** Applications that the bundle can install. */
  catalogue(bundleDirectory: string, language: LanguageName): Promise<readonly CatalogueEntry[]>;
  /** What the run would do; nothing is changed. */
  previewPlan(draft: WizardDraft): Promise<PlanPreview>;
  /** Writes the cluster document (and the secrets it names, readable by the owner only). */
  saveDocument(draft: WizardDraft): Promise<SavedDocument>;

  /** Saves the document and starts the install in a process of its own. */
  startInstall(draft: WizardDraft): Promise<RunView>;
  /** The cluster's newest run: live when it is running, its record when it ended. */
  openRun(cluster: string): Promise<RunView>;
  /** Starts the newest run's workflow again; what is done already is seen and left. */
  resumeRun(cluster: string): Promise<RunView>;
  /** How to use what was installed. Secrets are in it; they are shown only on a key. */
  access(cluster: string): Promise<ClusterAccess>;
  /** Packs logs and facts without secrets; answers the file. */
  saveReport(cluster: string): Promise<string>;

  /** State of a cluster, given again while it changes. */
  watchCluster(cluster: string, onChange: (state: ClusterState) => void, signal: AbortSignal): Promise<void>;
  /** Starts one of the actions of `ClusterState`. */
  startAction(cluster: string, action: string, argument: string | undefined): Promise<RunView>;
};

export type OnBytes = (done: number, total: number) => void;

export type PracticeInfo = {
  /** Addresses or a CIDR of the simulated hosts, offered on the hosts screen. */
  readonly ranges: readonly string[];
  readonly user: string;
  readonly password: string;
};

export type ClusterCondition =
  | 'running'
  | 'interrupted'
  | 'failed'
  | 'ready'
  | 'degraded'
  | 'unreachable'
  | 'checking'
  | 'draft';

export type KnownCluster = {
  readonly name: string;
  readonly condition: ClusterCondition;
  readonly nodes: number;
  /** Of the run, 0 to 1, where one is running or was interrupted. */
  readonly progress?: number;
  /** ISO time of the last thing that happened. */
  readonly changed: string;
  /** One sentence more, where there is something to say. */
  readonly detail?: string;
};

export type SignatureState = 'valid' | 'unsigned' | 'unknown-key' | 'invalid' | 'not-checked';

export type BundleInfo = {
  readonly directory: string;
  readonly removable: boolean;
  /** Name of the medium, `KINGSTON`, where it has one. */
  readonly medium?: string;
  readonly kubernetesVersion: string;
  readonly architectures: readonly string[];
  readonly images: number;
  readonly applications: readonly string[];
  /** Bytes. */
  readonly size: number;
  /** ISO time of the build. */
  readonly built?: string;
  readonly signature: SignatureState;
  /** Why it cannot be used. */
  readonly problem?: Problem;
};

export type BundleVerdict = {
  readonly intact: boolean;
  readonly blobs: number;
  readonly signature: SignatureState;
  readonly problem?: Problem;
};

/** A failure in words, with what to do. */
export type Problem = { readonly code: string; readonly message: string; readonly fix?: string };

export type OwnNetwork = { readonly cidr: string; readonly interface: string };

export type FoundHost = {
  readonly address: string;
  readonly port: number;
  readonly banner?: string;
  /** Of the cluster it is in; `?` when it is in one that is not known here. */
  readonly cluster?: string;
};

export type Login =
  | { readonly method: 'password'; readonly user: string; readonly password: string; readonly sudoPassword?: string }
  | { readonly method: 'key'; readonly user: string; readonly keyFile: string; readonly passphrase?: string }
  | { readonly method: 'agent'; readonly user: string };

export type HostTarget = {
  readonly address: string;
  readonly port: number;
  readonly name?: string;
  /** Its own login; absent means the one for all. */
  readonly login?: Login;
  /** `user@host:port`. */
  readonly jumpHost?: string;
  /** True for the machine the program runs on, when it shall be a node. */
  readonly local?: boolean;
};

export type HostSummary = {
  readonly hostname: string;
  readonly system: string;
  readonly kernel: string;
  readonly architecture: string;
  readonly processors: number;
  /** Bytes. */
  readonly memory: number;
  /** Bytes free where container data goes. */
  readonly diskFree: number;
  readonly addresses: readonly string[];
  /** Whether its kernel can balance connections by itself (IPVS); absent where it does not say. */
  readonly ipvs?: boolean;
};

export type HostState = {
  readonly address: string;
  readonly port: number;
  readonly condition: 'connecting' | 'ready' | 'failed' | 'key-changed';
  /** `SHA256:…` of the host's key, as soon as it is known. */
  readonly fingerprint?: string;
  readonly keyIsNew?: boolean;
  readonly summary?: HostSummary;
  readonly problem?: Problem;
};

export type CheckTarget = { readonly id: string; readonly host: string };

export type CheckResult = CheckTarget & {
  readonly title: string;
  /** What it speaks of, `Disks`; results are grouped by it. */
  readonly group: string;
  readonly outcome: 'passed' | 'failed' | 'could-not-check' | 'running';
  readonly severity: 'blocks' | 'warns' | 'informs';
  readonly seen?: string;
  readonly needed?: string;
  readonly why?: string;
  /** How to mend it by hand. */
  readonly remedy?: string;
  readonly fixable: boolean;
  /** It ends or takes away what somebody may want, so it is mended only when it is chosen by itself. */
  readonly onConsent?: true;
  /** False where going on would surely fail. */
  readonly acceptable: boolean;
};

export type ParameterSpec = {
  readonly name: string;
  readonly title: string;
  readonly kind: 'text' | 'number' | 'password' | 'choice' | 'switch' | 'size';
  readonly description?: string;
  readonly choices?: readonly string[];
  /** Absent for passwords: they are made at random and kept with the cluster's secrets. */
  readonly value?: string | number | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
};

export type CatalogueEntry = {
  readonly package: string;
  readonly title: string;
  readonly version: string;
  readonly category: string;
  readonly summary: string;
  readonly description: string;
  /** Over all replicas that so many nodes get. */
  readonly needs: (nodes: number, parameters: Readonly<Record<string, ParameterValue>>) => Needs;
  readonly parameters: readonly ParameterSpec[];
};

/** Processors, bytes of memory, bytes of disk. */
export type Needs = { readonly processors: number; readonly memory: number; readonly disk: number };

export type ParameterValue = string | number | boolean;

export type DraftHost = HostTarget & {
  readonly nodeName: string;
  readonly role: HostRole;
  readonly summary?: HostSummary;
};

export type DraftApplication = {
  readonly package: string;
  readonly parameters: Readonly<Record<string, ParameterValue>>;
};

/** What runs on every node so that it reaches any API server. */
export type BalancerDriver = 'haproxy' | 'keepalived';

/** What was chosen so far; the cluster document is made of it. */
export type WizardDraft = {
  readonly name: string;
  readonly bundle: string;
  /** The login for all hosts that have none of their own. */
  readonly login: Login;
  readonly hosts: readonly DraftHost[];
  readonly balancer: BalancerDriver;
  readonly applications: readonly DraftApplication[];
  readonly acceptedWarnings: readonly CheckTarget[];
};

/** A step by its id, for its title in another language, and its title as the engine says it. */
export type PlannedTitle = { readonly id: string; readonly title: string };

export type PlanPreview = {
  readonly phases: readonly { readonly id: string; readonly title: string; readonly steps: number }[];
  readonly hosts: readonly { readonly name: string; readonly steps: readonly PlannedTitle[] }[];
  /** Bytes sent over the network. */
  readonly bytes: number;
  readonly expectedMilliseconds?: number;
  /** What keeps the install from starting. */
  readonly problems: readonly Problem[];
};

export type SavedDocument = { readonly file: string; readonly command: string };

export type RunView = {
  readonly run: string;
  readonly cluster: string;
  /** Path of the journal, and a command that shows the log as it grows. */
  readonly journal: string;
  /** True while a process works on it. */
  readonly live: boolean;
  /** Milliseconds that steps took in earlier runs, by the part of their id before `@`. */
  readonly history: Readonly<Record<string, number>>;
  /** All events from the first on, in batches; resolves when no more will come or `signal` is aborted. */
  follow(onEvents: (events: readonly JournalEvent[]) => void, signal: AbortSignal): Promise<void>;
  answer(question: string, answer: Answer): Promise<void>;
  /** Running steps end, no new one starts. */
  stop(): Promise<void>;
};

export type AccessEntry = {
  readonly name: string;
  readonly title: string;
  readonly address?: string;
  readonly user?: string;
  readonly password?: string;
  readonly hint?: string;
};

export type ClusterAccess = {
  readonly cluster: string;
  readonly kubeconfig: string;
  readonly commands: readonly string[];
  readonly applications: readonly AccessEntry[];
  readonly document: string;
  readonly repeat: string;
};

export type ClusterState = {
  readonly name: string;
  readonly condition: ClusterCondition;
  readonly kubernetesVersion?: string;
  readonly nodes: readonly {
    readonly name: string;
    readonly address: string;
    readonly role: HostRole;
    readonly condition: 'ready' | 'not-ready' | 'unreachable' | 'checking';
    readonly detail?: string;
  }[];
  readonly applications: readonly {
    readonly name: string;
    readonly title: string;
    readonly version: string;
    /** `absent`: in the catalogue, and not installed. */
    readonly condition: 'ready' | 'not-ready' | 'unknown' | 'absent';
    readonly detail?: string;
  }[];
  readonly certificates: readonly {
    readonly host: string;
    readonly name: string;
    /** ISO time. */
    readonly expires: string;
  }[];
  readonly events: readonly {
    readonly at: string;
    readonly kind: 'normal' | 'warning';
    readonly object: string;
    readonly text: string;
  }[];
  readonly actions: readonly ClusterAction[];
};

export type ClusterAction = {
  readonly id: string;
  readonly title: string;
  /** What it applies to. */
  readonly scope: 'cluster' | 'node' | 'application';
  /** For applications: whether it is for installed ones or for those that are not. Both unless given. */
  readonly when?: 'present' | 'absent';
  readonly dangerous: boolean;
  /** The same on the command line. */
  readonly command: string;
};
