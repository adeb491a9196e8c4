import type { Answer, EventBody, JournalEvent } from '../../source/engine/events.ts';
import { LandfallError } from '../../source/errors.ts';
import type {
  BundleInfo,
  CatalogueEntry,
  CheckResult,
  ClusterAccess,
  ClusterState,
  HostState,
  HostTarget,
  KnownCluster,
  RunView,
  WizardDraft,
  WizardServices,
} from '../../source/presenters/terminal/services.ts';

const gibibyte = 1024 ** 3;

/** The moment at which the tests of screens take place. */
export const testNow = Date.parse('2026-11-25T12:00:00.000Z');

const ago = (hours: number): string => new Date(testNow - hours * 3_600_000).toISOString();

export const someClusters: readonly KnownCluster[] = [
  { name: 'warehouse', condition: 'interrupted', nodes: 5, progress: 0.43, changed: ago(2) },
  { name: 'shop', condition: 'ready', nodes: 12, changed: ago(80) },
  { name: 'lab-frankfurt', condition: 'running', nodes: 3, progress: 0.7, changed: ago(0.01) },
  { name: 'old', condition: 'unreachable', nodes: 1, changed: ago(2000) },
];

export const someBundles: readonly BundleInfo[] = [
  {
    directory: '/media/operator/LANDFALL/landfall-bundle',
    removable: true,
    medium: 'LANDFALL',
    kubernetesVersion: 'v1.36.3',
    architectures: ['amd64', 'arm64'],
    images: 61,
    applications: ['mysql', 'redis', 'kafka', 'prometheus', 'clickhouse', 'nginx'],
    size: 4.2 * gibibyte,
    built: ago(26),
    signature: 'valid',
  },
  {
    directory: '/srv/bundles/landfall-1.35',
    removable: false,
    kubernetesVersion: 'v1.35.9',
    architectures: ['amd64'],
    images: 40,
    applications: ['mysql', 'redis'],
    size: 2.7 * gibibyte,
    built: ago(24 * 90),
    signature: 'unsigned',
  },
  {
    directory: '/home/operator/Downloads/half',
    removable: false,
    kubernetesVersion: 'v1.36.3',
    architectures: ['amd64'],
    images: 12,
    applications: [],
    size: 0.4 * gibibyte,
    signature: 'not-checked',
    problem: {
      code: 'BUNDLE_INCOMPLETE',
      message: 'The copy of this bundle is not complete: 28 of 40 images are there.',
      fix: 'Copy it again from where it came from; what is there already is kept.',
    },
  },
];

export function fakeHost(index: number, ipvs?: boolean): HostState {
  const address = `10.0.${Math.floor(index / 250)}.${(index % 250) + 11}`;
  return {
    address,
    port: 22,
    condition: 'ready',
    fingerprint: `SHA256:${'q7Fv2nKx0LwZ3bT9'.repeat(2)}${index}`,
    keyIsNew: true,
    summary: {
      hostname: `server-${String(index + 1).padStart(2, '0')}.example.org`,
      system: index % 2 === 0 ? 'Debian GNU/Linux 12' : 'Ubuntu 24.04 LTS',
      kernel: '6.1.0-28-amd64',
      architecture: 'amd64',
      processors: index < 3 ? 4 : 16,
      memory: (index < 3 ? 7.7 : 31.3) * gibibyte,
      diskFree: (index < 3 ? 84 : 420) * gibibyte,
      addresses: [address, `192.168.7.${(index % 250) + 1}`],
      ...(ipvs === undefined ? {} : { ipvs }),
    },
  };
}

export const someChecks: readonly CheckResult[] = [
  {
    id: 'time-skew',
    host: 'server-02',
    title: 'The clocks of all hosts agree',
    group: 'Time',
    outcome: 'failed',
    severity: 'blocks',
    seen: '41 seconds ahead of the others',
    needed: 'less than 2 seconds apart',
    why: 'Certificates and etcd do not work when clocks disagree: a host would refuse what another one signed.',
    remedy: 'Set the clock and start a time service: timedatectl set-ntp true',
    fixable: true,
    acceptable: false,
  },
  {
    id: 'swap',
    host: 'server-01',
    title: 'No swap is used',
    group: 'Memory',
    outcome: 'failed',
    severity: 'warns',
    seen: '2.0 GiB of swap on /dev/sda3',
    needed: 'no swap',
    why: 'With swap a node looks healthy while it is far too slow.',
    remedy: 'swapoff -a, and remove the line from /etc/fstab',
    fixable: true,
    acceptable: true,
  },
  {
    id: 'disk-speed',
    host: 'server-03',
    title: 'The disk is fast enough for etcd',
    group: 'Disks',
    outcome: 'failed',
    severity: 'warns',
    seen: '99 of 100 writes are safe within 18 ms',
    needed: 'less than 10 ms',
    why: 'Slow writes make the control plane change its leader again and again.',
    remedy: 'Put /var/lib/etcd on an SSD.',
    fixable: false,
    acceptable: true,
  },
  ...['server-01', 'server-02', 'server-03'].map(
    (host): CheckResult => ({
      id: 'kernel',
      host,
      title: 'The kernel is new enough',
      group: 'System',
      outcome: 'passed',
      severity: 'blocks',
      seen: '6.1.0-28-amd64',
      fixable: false,
      acceptable: false,
    }),
  ),
];

export const someCatalogue: readonly CatalogueEntry[] = (
  [
    ['mysql', 'MySQL', '8.4.6', 'Database', 'Relational database with a standby copy', 1.5, 3, 20],
    ['redis', 'Redis', '8.2.1', 'Database', 'Fast key-value store', 0.6, 1.5, 6],
    ['kafka', 'Kafka', '4.1.0', 'Messages', 'Streams of messages between programs', 3, 6, 60],
    ['prometheus', 'Prometheus', '3.5.0', 'Monitoring', 'Measures and alerts', 1, 2, 40],
    ['clickhouse', 'ClickHouse', '25.8', 'Database', 'Analytics over large tables', 6, 48, 200],
    ['nginx', 'NGINX', '1.29', 'Web', 'Web server', 0.2, 0.3, 0],
  ] as const
).map(([name, title, version, category, summary, processors, memory, disk]) => ({
  package: name,
  title,
  version,
  category,
  summary,
  description: `${title}: ${summary.toLowerCase()}. Runs on every node and keeps its data when a machine is lost.`,
  needs: () => ({ processors, memory: memory * gibibyte, disk: disk * gibibyte }),
  parameters: [
    { name: 'storage', title: 'Storage', kind: 'size', value: `${disk}Gi`, description: 'Size of each copy on disk' },
    { name: 'replicas', title: 'Copies', kind: 'number', value: 3, minimum: 1, maximum: 9 },
    { name: 'password', title: 'Password', kind: 'password' },
  ],
}));

const phases = [
  { id: 'connect', title: 'Reach the hosts' },
  { id: 'prepare', title: 'Prepare the hosts' },
  { id: 'node', title: 'Bring programs and images to the nodes' },
  { id: 'kubernetes', title: 'Start Kubernetes' },
] as const;

const stepTitles: Readonly<Record<string, string>> = {
  connect: 'Log in and look at the host',
  prepare: 'Set kernel parameters and modules',
  node: 'Send programs and images',
  kubernetes: 'Join the cluster',
};

/** Events with times from `start` on, `every` milliseconds apart. */
export function journal(
  bodies: readonly EventBody[],
  start = testNow - 83_000,
  every = 80_000 / bodies.length,
): readonly JournalEvent[] {
  return bodies.map((body, sequence) => ({
    ...body,
    at: new Date(start + sequence * every).toISOString(),
    sequence,
  }));
}

export function planEvents(hosts: readonly string[]): readonly EventBody[] {
  return [
    { type: 'run-started', run: '20261125-115837-install', workflow: 'install', cluster: 'shop', processId: 4711 },
    {
      type: 'planned',
      phases,
      steps: phases.flatMap(({ id }) =>
        hosts.map((host) => ({
          id: `${id}@${host}`,
          phase: id,
          host,
          title: stepTitles[id] ?? id,
          kind:
            id === 'node' ? ('upload' as const) : id === 'kubernetes' ? ('control-plane' as const) : ('host' as const),
        })),
      ),
    },
  ];
}

/** A run in its middle: two phases done, three hosts sending, one of them failed and asking. */
export function middleOfRun(hosts: readonly string[], withFailure: boolean): readonly EventBody[] {
  const finished = (['connect', 'prepare'] as const).flatMap((id) =>
    hosts.flatMap((host): readonly EventBody[] => [
      { type: 'step-started', step: `${id}@${host}`, attempt: 1 },
      { type: 'step-output', step: `${id}@${host}`, line: `${id} is done on ${host}` },
      { type: 'step-finished', step: `${id}@${host}`, outcome: 'applied', milliseconds: 1200 },
    ]),
  );
  const sending = hosts.slice(0, 4).flatMap((host, index): readonly EventBody[] => [
    { type: 'step-started', step: `node@${host}`, attempt: 1 },
    { type: 'step-progress', step: `node@${host}`, done: 1e8, total: 7e8, unit: 'bytes' },
    { type: 'step-progress', step: `node@${host}`, done: (2 + index) * 1e8, total: 7e8, unit: 'bytes' },
    { type: 'step-output', step: `node@${host}`, line: 'registry.k8s.io/kube-apiserver:v1.36.3' },
  ]);
  const failure: readonly EventBody[] = [
    {
      type: 'step-failed',
      step: `node@${hosts[2]}`,
      failure: {
        code: 'DISK_FULL',
        message: 'The disk of /var/lib/containerd is full: 12 MiB are left of 20 GiB.',
        fix: 'Make room on it, then answer "Try again".',
        command: 'unpack.sh images.tar /var/lib/containerd',
        exitCode: 1,
        output: 'tar: write error\nNo space left on device',
      },
    },
    {
      type: 'question',
      question: `node@${hosts[2]}#1`,
      step: `node@${hosts[2]}`,
      choices: ['retry', 'skip-host', 'abort'],
    },
  ];
  return [...planEvents(hosts), ...finished, ...sending, ...(withFailure ? failure : [])];
}

export function endOfRun(hosts: readonly string[]): readonly EventBody[] {
  const all = phases.flatMap(({ id }) =>
    hosts.flatMap((host): readonly EventBody[] => [
      { type: 'step-started', step: `${id}@${host}`, attempt: 1 },
      { type: 'step-finished', step: `${id}@${host}`, outcome: 'applied', milliseconds: 1000 },
    ]),
  );
  const changed = phases.length * hosts.length;
  return [
    ...planEvents(hosts),
    ...all,
    { type: 'run-finished', outcome: 'succeeded', changed, unchanged: 0, failed: 0, skipped: 0, milliseconds: 186_000 },
  ];
}

export const someAccess: ClusterAccess = {
  cluster: 'shop',
  kubeconfig: '~/.landfall/clusters/shop/admin.conf',
  commands: ['export KUBECONFIG=~/.landfall/clusters/shop/admin.conf', 'kubectl get pods -A'],
  applications: [
    {
      name: 'mysql',
      title: 'MySQL',
      address: '10.0.0.11:30306',
      user: 'root',
      password: 'Vh4mKq7RtzWn',
      hint: 'mysql -h 10.0.0.11 -P 30306 -u root -p',
    },
    { name: 'prometheus', title: 'Prometheus', address: 'http://10.0.0.11:30090' },
  ],
  document: '~/.landfall/clusters/shop/cluster.yaml',
  repeat: 'landfall apply ~/.landfall/clusters/shop/cluster.yaml',
};

export const someState: ClusterState = {
  name: 'shop',
  condition: 'degraded',
  kubernetesVersion: 'v1.36.3',
  nodes: [
    { name: 'server-01', address: '10.0.0.11', role: 'control-plane', condition: 'ready' },
    { name: 'server-02', address: '10.0.0.12', role: 'control-plane', condition: 'ready' },
    {
      name: 'server-03',
      address: '10.0.0.13',
      role: 'control-plane',
      condition: 'not-ready',
      detail: 'kubelet gave no sign of life for 3 minutes.',
    },
    { name: 'server-04', address: '10.0.0.14', role: 'worker', condition: 'ready' },
  ],
  applications: [{ name: 'mysql', title: 'MySQL', version: '8.4.6', condition: 'ready' }],
  certificates: [
    { host: 'server-01', name: 'API server', expires: new Date(testNow + 400 * 86_400_000).toISOString() },
    { host: 'server-02', name: 'etcd peer', expires: new Date(testNow + 12 * 86_400_000).toISOString() },
  ],
  events: [{ at: ago(0.2), kind: 'warning', object: 'node/server-03', text: 'Node is not ready' }],
  actions: [
    {
      id: 'add-applications',
      title: 'Install applications',
      scope: 'cluster',
      dangerous: false,
      command: 'landfall app install NAME',
    },
    {
      id: 'reset',
      title: 'Give the machines back as they were',
      scope: 'cluster',
      dangerous: true,
      command: 'landfall reset shop',
    },
    {
      id: 'remove-node',
      title: 'Take the node out of the cluster',
      scope: 'node',
      dangerous: true,
      command: 'landfall node remove NAME',
    },
  ],
};

export type FakeOptions = {
  /** Private keys of the person. */
  readonly keys?: readonly string[];
  readonly practice?: boolean;
  /** Whether the kernels of the hosts have IPVS; unless given they do not say. */
  readonly ipvs?: boolean;
  readonly clusters?: readonly KnownCluster[];
  readonly bundles?: readonly BundleInfo[];
  readonly checks?: readonly CheckResult[];
  readonly catalogue?: readonly CatalogueEntry[];
  /** Hosts whose login fails until the password is this one. */
  readonly password?: string;
  readonly run?: (hosts: readonly string[]) => readonly EventBody[];
  readonly live?: boolean;
  /** Following a run ends with the events that are there. */
  readonly followEnds?: boolean;
};

export type FakeServices = WizardServices & {
  readonly calls: string[];
  readonly drafts: WizardDraft[];
  readonly answers: { readonly question: string; readonly answer: Answer }[];
  /** Sends more events to whoever follows the run. */
  emit(bodies: readonly EventBody[]): void;
};

/** Services without any machine behind them, for tests of screens only. */
export function fakeServices(options: FakeOptions = {}): FakeServices {
  const calls: string[] = [];
  const drafts: WizardDraft[] = [];
  const answers: { question: string; answer: Answer }[] = [];
  const listeners = new Set<(events: readonly JournalEvent[]) => void>();
  const fixed = new Set<string>();
  const untilAborted = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  const stateOf = (target: HostTarget): HostState => {
    const parts = target.address.split('.').map(Number);
    const index = (parts[2] ?? 0) * 250 + (parts[3] ?? 11) - 11;
    const state = { ...fakeHost(index, options.ipvs), address: target.address, port: target.port };
    if (options.password === undefined) return state;
    if (target.login?.method === 'password' && target.login.password === options.password) return state;
    const { summary: _, ...rest } = state;
    return {
      ...rest,
      condition: 'failed',
      problem: {
        code: 'SSH_AUTH',
        message: `${target.address} refuses this login. It offers: publickey, password.`,
        fix: 'Correct the user or the password, or use a key file.',
      },
    };
  };
  const view = (hosts: readonly string[]): RunView => ({
    run: '20261125-115837-install',
    cluster: 'shop',
    journal: '~/.landfall/clusters/shop/runs/20261125-115837-install/journal.ndjson',
    live: options.live ?? true,
    history: {},
    async follow(onEvents, signal) {
      listeners.add(onEvents);
      onEvents(journal((options.run ?? ((names) => middleOfRun(names, false)))(hosts)));
      if (options.followEnds !== true) await untilAborted(signal);
      listeners.delete(onEvents);
    },
    async answer(question, answer) {
      answers.push({ question, answer });
    },
    async stop() {
      calls.push('stop');
    },
  });
  const defaultHosts = ['server-01', 'server-02', 'server-03', 'server-04', 'server-05'];
  return {
    calls,
    drafts,
    answers,
    emit(bodies) {
      for (const listener of listeners) listener(journal(bodies, testNow));
    },
    version: '0.1.0',
    ...(options.practice === true
      ? { practice: { ranges: ['127.0.0.1-127.0.0.5'], user: 'root', password: 'practice' } }
      : {}),
    async watchClusters(onChange, signal) {
      onChange(options.clusters ?? []);
      await untilAborted(signal);
    },
    async findBundles(onFound) {
      for (const bundle of options.bundles ?? someBundles) onFound(bundle);
    },
    async inspectBundle(directory) {
      const found = someBundles.find((bundle) => bundle.directory === directory);
      if (found !== undefined) return found;
      throw new LandfallError({
        code: 'BUNDLE_MISSING',
        message: `There is no bundle in ${directory}.`,
        fix: 'Name the folder that holds "index.json".',
      });
    },
    async verifyBundle(directory, onProgress) {
      calls.push(`verify ${directory}`);
      onProgress(2 * gibibyte, 4 * gibibyte);
      return { intact: true, blobs: 412, signature: 'valid' };
    },
    async copyBundle(directory, onProgress, signal) {
      calls.push(`copy ${directory}`);
      onProgress(1.2 * gibibyte, 4.2 * gibibyte);
      await untilAborted(signal);
      throw new Error('stopped');
    },
    async ownNetworks() {
      return [{ cidr: '10.0.0.0/24', interface: 'eth0' }];
    },
    async ownKeys() {
      return options.keys ?? [];
    },
    async scanNetwork(ranges, onFound, onProgress) {
      calls.push(`scan ${ranges.join(' ')}`);
      for (let index = 0; index < 5; index++) {
        onFound({ address: `10.0.0.${11 + index}`, port: 22, banner: 'SSH-2.0-OpenSSH_9.2p1' });
      }
      onProgress(254, 254);
    },
    async readHosts() {
      return [{ address: '10.0.0.11', port: 22, name: 'web' }];
    },
    async connectHosts(targets, onState) {
      for (const target of targets) onState(stateOf(target));
    },
    async acceptHostKey(address) {
      calls.push(`accept ${address}`);
    },
    async runChecks(_, __, onResult) {
      calls.push('checks');
      for (const result of options.checks ?? []) onResult(result);
    },
    async fixChecks(_, targets, __, onResult) {
      for (const target of targets) {
        fixed.add(target.id);
        const result = (options.checks ?? []).find(
          (candidate) => candidate.id === target.id && candidate.host === target.host,
        );
        if (result !== undefined) onResult({ ...result, outcome: 'passed' });
      }
    },
    async catalogue() {
      return options.catalogue ?? someCatalogue;
    },
    async previewPlan(draft) {
      return {
        phases: phases.map((phase) => ({ ...phase, steps: draft.hosts.length })),
        hosts: draft.hosts.map((host) => ({
          name: host.nodeName,
          steps: Object.entries(stepTitles).map(([id, title]) => ({ id: `${id}@${host.nodeName}`, title })),
        })),
        bytes: 1.2 * gibibyte * draft.hosts.length,
        expectedMilliseconds: 240_000,
        problems: [],
      };
    },
    async saveDocument(draft) {
      drafts.push(draft);
      return {
        file: `/home/operator/.landfall/clusters/${draft.name}/cluster.yaml`,
        command: `landfall apply ${draft.name}`,
      };
    },
    async startInstall(draft) {
      drafts.push(draft);
      return view(draft.hosts.map((host) => host.nodeName));
    },
    async openRun() {
      return view(defaultHosts);
    },
    async resumeRun(cluster) {
      calls.push(`resume ${cluster}`);
      return view(defaultHosts);
    },
    async access() {
      return someAccess;
    },
    async saveReport(cluster) {
      return `/home/operator/landfall-report-${cluster}.tar.gz`;
    },
    async watchCluster(_, onChange, signal) {
      onChange(someState);
      await untilAborted(signal);
    },
    async startAction(cluster, action, argument) {
      calls.push(`${action} ${argument ?? cluster}`);
      return view(defaultHosts);
    },
  };
}
