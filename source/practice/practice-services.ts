import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { stringify } from 'yaml';
import { loadCatalogue } from '../applications/catalogue.ts';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import { clusterHome, landfallHome } from '../cluster/home.ts';
import { recallCluster, rememberCluster } from '../cluster/known-cluster.ts';
import { writePrivateFile } from '../cluster/secrets.ts';
import { stepsOf } from '../engine/plan.ts';
import { LandfallError } from '../errors.ts';
import type {
  BundleInfo,
  ClusterAccess,
  OnBytes,
  PlanPreview,
  RunView,
  WizardDraft,
  WizardServices,
} from '../presenters/terminal/services.ts';
import type { TypedSecrets } from '../runs/request.ts';
import { listRuns, type RunDirectory, runningRun } from '../runs/run-directory.ts';
import { installPlan } from '../workflows/install.ts';
import { uploadBytes } from './actions.ts';
import { activeRun, type FleetRecord, startPracticeRun } from './fleet-process.ts';
import { practiceApplicationSteps } from './practice-applications.ts';
import { practiceContext } from './practice-context.ts';
import { practiceDocument } from './practice-document.ts';
import { runView } from './run-view.ts';
import { catalogueEntries } from './services-catalogue.ts';
import { checkHosts, repairHosts } from './services-checks.ts';
import { doneSteps, practiceClusterState, watchPracticeClusters } from './services-clusters.ts';
import { connectedHosts, loginOf, scanFleet } from './services-hosts.ts';

const bundleSize = 1_900_000_000;
const bundleMilliseconds = 3000;

function practiceBundleInfo(directory: string, removable: boolean): BundleInfo {
  const applications = loadCatalogue().packages.filter((entry) => entry.role === 'application');
  return {
    directory,
    removable,
    ...(removable ? { medium: 'PRACTICE' } : {}),
    kubernetesVersion: 'v1.36.3',
    architectures: ['amd64'],
    images: 23,
    applications: applications.map((entry) => entry.name),
    size: bundleSize,
    signature: 'unsigned',
  };
}

/** The document and the typed logins of a draft. */
function documentOf(draft: WizardDraft): { readonly document: ClusterDocument; readonly secrets: TypedSecrets } {
  const logins = draft.hosts.map((host) => ({ host, login: loginOf(host.login ?? draft.login) }));
  const hosts = logins.map(
    ({ host, login }): HostEntry => ({
      name: host.nodeName,
      address: host.address,
      role: host.role,
      connection: 'ssh',
      ssh: {
        user: login.user,
        port: host.port,
        ...(login.keyFile === undefined ? {} : { keyFile: login.keyFile }),
      },
    }),
  );
  return {
    document: {
      ...practiceDocument(hosts),
      name: draft.name,
      applications: draft.applications.map((entry) => ({
        package: entry.package,
        name: entry.package,
        parameters: entry.parameters,
      })),
    },
    secrets: Object.fromEntries(logins.map(({ host, login }) => [host.nodeName, login.secrets])),
  };
}

function writtenDocument(document: ClusterDocument): string {
  const { name, hosts, kubernetesVersion, network, applications } = document;
  return stringify({
    apiVersion: 'landfall/v1',
    kind: 'Cluster',
    metadata: { name },
    spec: {
      kubernetes: { version: kubernetesVersion },
      network,
      hosts: hosts.map(({ connection: _, ...host }) => host),
      ...(applications.length === 0 ? {} : { applications }),
    },
  });
}

function preview(draft: WizardDraft, fleet: FleetRecord): PlanPreview {
  const { document } = documentOf(draft);
  const unreachable = async (): Promise<never> => {
    throw new TypeError('a preview reaches no host');
  };
  const context = practiceContext(document, clusterHome(document.name), unreachable);
  const plan = installPlan(context, practiceApplicationSteps(document));
  const steps = stepsOf(plan);
  return {
    phases: plan.phases.map((phase) => ({ id: phase.id, title: phase.title, steps: phase.steps.length })),
    hosts: document.hosts.map((host) => ({
      name: host.name,
      steps: steps.filter((step) => step.host === host.name).map(({ id, title }) => ({ id, title })),
    })),
    bytes: Math.round(uploadBytes(steps.map((step) => step.id)) * fleet.scale),
    problems: [],
  };
}

/** Logins for hosts of a document that nobody typed in this process: the fleet's own. */
function fleetSecrets(fleet: FleetRecord, document: ClusterDocument): TypedSecrets {
  const names = new Map(fleet.document.hosts.map((host) => [host.ssh.port, host.name]));
  return Object.fromEntries(
    document.hosts.map((host) => {
      const password = fleet.otherPasswords[names.get(host.ssh.port) ?? ''] ?? fleet.password;
      return [host.name, { password }];
    }),
  );
}

function newestRun(cluster: string): RunDirectory {
  const run = runningRun(cluster) ?? listRuns(cluster).at(-1);
  if (run !== undefined) return run;
  throw new LandfallError({ code: 'RUN_UNKNOWN', message: `The cluster ${cluster} had no run yet.`, exitStatus: 2 });
}

async function passTime(speed: number, onBytes: OnBytes, signal: AbortSignal): Promise<void> {
  const parts = 30;
  for (let part = 1; part <= parts; part++) {
    await wait(bundleMilliseconds / speed / parts, undefined, { signal });
    onBytes(Math.round((bundleSize * part) / parts), bundleSize);
  }
}

function accessOf(cluster: string): ClusterAccess {
  const document = recallCluster(cluster)?.document;
  const catalogue = loadCatalogue();
  const file = path.join(clusterHome(cluster), 'cluster.yaml');
  return {
    cluster,
    kubeconfig: path.join(clusterHome(cluster), 'admin.conf'),
    commands: ['PRACTICE: on real hosts, kubectl works from here now.'],
    applications: (document?.applications ?? []).map((entry) => ({
      name: entry.name,
      title: catalogue.find(entry.package).title.en,
      address: '127.0.0.1:30000',
      user: 'practice',
      password: 'practice',
      hint: 'PRACTICE: nothing answers there.',
    })),
    document: file,
    repeat: 'landfall demo --yes',
  };
}

/** What the screens ask of the program, answered by a practice fleet: real SSH, facts, checks, plans, runs and journals. */
export function practiceServices(fleet: FleetRecord, version: string): WizardServices {
  const speed = fleet.options.speed ?? 1;
  const hosts = connectedHosts('practice');
  const stick = path.join(landfallHome(), 'stick', 'landfall-bundle');
  const start = async (document: ClusterDocument, secrets: TypedSecrets): Promise<RunView> => {
    const running = activeRun(document.name);
    if (running !== undefined) return runView(running);
    return runView(
      await startPracticeRun({ workflow: 'install', document, questions: 'ask', takeOver: false }, secrets),
    );
  };
  const save = (draft: WizardDraft): string => {
    const { document } = documentOf(draft);
    const file = path.join(clusterHome(document.name), 'cluster.yaml');
    rememberCluster({ document });
    writePrivateFile(file, writtenDocument(document));
    return file;
  };
  return {
    version,
    practice: { ranges: ['127.0.0.1/32'], user: fleet.user, password: fleet.password },
    watchClusters: watchPracticeClusters,

    async findBundles(onFound) {
      onFound(practiceBundleInfo(stick, true));
    },
    inspectBundle: async (directory) => practiceBundleInfo(directory, directory === stick),
    async verifyBundle(_directory, onProgress, signal) {
      await passTime(speed, onProgress, signal);
      return { intact: true, blobs: 187, signature: 'unsigned' };
    },
    async copyBundle(_directory, onProgress, signal) {
      await passTime(speed, onProgress, signal);
      return practiceBundleInfo(path.join(landfallHome(), 'bundles', 'landfall-bundle'), false);
    },

    ownNetworks: async () => [{ cidr: '127.0.0.1/32', interface: 'practice' }],
    ownKeys: async () => [],
    scanNetwork: (_ranges, onFound, onProgress, signal) => scanFleet(fleet, onFound, onProgress, signal),
    readHosts: async () => fleet.document.hosts.map(({ name, address, ssh }) => ({ name, address, port: ssh.port })),
    connectHosts: (targets, onState, signal) => hosts.connect(targets, onState, signal),
    async acceptHostKey() {
      throw new LandfallError({
        code: 'PRACTICE_LIMIT',
        message: 'The keys of practice hosts never change.',
        fix: 'Start the demo again.',
      });
    },

    runChecks: (draft, _language, onResult, signal) =>
      checkHosts(hosts, draft, documentOf(draft).document, onResult, signal),
    fixChecks: (draft, targets, _language, onResult, signal) =>
      repairHosts(hosts, draft, documentOf(draft).document, targets, onResult, signal),

    catalogue: async (_directory, language) => catalogueEntries(language),
    previewPlan: async (draft) => preview(draft, fleet),
    saveDocument: async (draft) => ({ file: save(draft), command: 'landfall demo --yes' }),
    async startInstall(draft) {
      save(draft);
      const { document, secrets } = documentOf(draft);
      return start(document, secrets);
    },
    openRun: async (cluster) => runView(newestRun(cluster)),
    async resumeRun(cluster) {
      const document = recallCluster(cluster)?.document;
      if (document === undefined) return runView(newestRun(cluster));
      return start(document, fleetSecrets(fleet, document));
    },
    access: async (cluster) => accessOf(cluster),
    async saveReport(cluster) {
      const file = path.join(landfallHome(), `report-${cluster}.ndjson`);
      copyFileSync(newestRun(cluster).journal, file);
      return file;
    },
    async watchCluster(cluster, onChange, signal) {
      let shown = '';
      while (!signal.aborted) {
        const state = practiceClusterState(cluster, doneSteps(cluster));
        const text = JSON.stringify(state);
        if (text !== shown) onChange(state);
        shown = text;
        await wait(2000, undefined, { signal }).catch(() => undefined);
      }
    },
    async startAction(_cluster, action) {
      throw new LandfallError({
        code: 'PRACTICE_LIMIT',
        message: `"${action}" cannot be practised.`,
        fix: 'Use it on a real cluster.',
      });
    },
  };
}
