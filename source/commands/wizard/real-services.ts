import path from 'node:path';
import { readAccess } from '../../applications/access.ts';
import { verifyBundle } from '../../bundle/verify.ts';
import { clusterHome, landfallHome } from '../../cluster/home.ts';
import { rememberCluster } from '../../cluster/known-cluster.ts';
import { LandfallError } from '../../errors.ts';
import { ownNetworks } from '../../hosts/discovery/own-networks.ts';
import { operatorKubeconfig } from '../../phases/operator-access.ts';
import { runView } from '../../practice/run-view.ts';
import { catalogueEntries } from '../../practice/services-catalogue.ts';
import type {
  BundleVerdict,
  ClusterAccess,
  OnBytes,
  RunView,
  WizardDraft,
  WizardServices,
} from '../../presenters/terminal/services.ts';
import type { RunRequest } from '../../runs/request.ts';
import { listRuns, type RunDirectory, readRequest, runningRun } from '../../runs/run-directory.ts';
import { startRun } from '../../runs/start.ts';
import { fixChecks, runChecks } from './check-hosts.ts';
import { copyTree } from './copy-tree.ts';
import { draftDocument, shortenHome, writeDraft } from './draft-document.ts';
import { bundleSearch, inspectBundle, placeOf } from './find-bundles.ts';
import { ownKeys, readHosts, scanNetwork } from './find-hosts.ts';
import { watchClusters } from './known-clusters.ts';
import { adoptKeys, forgetKey, learnHosts, wizardHome } from './learn-hosts.ts';
import { actionRequest, documentOf, watchCluster } from './manage-cluster.ts';
import { previewPlan, stepHistory } from './plan-preview.ts';
import { saveReport } from './save-report.ts';

function newestRun(cluster: string): RunDirectory {
  const run = runningRun(cluster) ?? listRuns(cluster).at(-1);
  if (run !== undefined) return run;
  throw new LandfallError({ code: 'RUN_UNKNOWN', message: `The cluster ${cluster} had no run yet.`, exitStatus: 2 });
}

function view(run: RunDirectory): RunView {
  return { ...runView(run), history: stepHistory() };
}

/** The run that goes on already, or a new one. */
async function startOrWatch(request: RunRequest, secrets: Parameters<typeof startRun>[1] = {}): Promise<RunView> {
  const running = runningRun(request.document.name);
  return view(running ?? (await startRun(request, secrets)));
}

async function verify(directory: string, onProgress: OnBytes, signal: AbortSignal): Promise<BundleVerdict> {
  const result = await verifyBundle(directory, ({ done, total }) => onProgress(done, total), { signal });
  const [first] = result.problems;
  return {
    intact: result.whole,
    blobs: result.blobs,
    signature: 'unsigned',
    ...(first === undefined
      ? {}
      : {
          problem: {
            code: 'BUNDLE_DAMAGED',
            message: first.message,
            fix: 'Copy the bundle again from where it came from.',
          },
        }),
  };
}

function save(draft: WizardDraft): ReturnType<typeof draftDocument> {
  const made = draftDocument(draft);
  writeDraft(made);
  adoptKeys(draft.hosts, clusterHome(draft.name));
  rememberCluster({ document: made.document, bundle: path.resolve(draft.bundle) });
  return made;
}

function access(cluster: string): ClusterAccess {
  const home = clusterHome(cluster);
  const kubeconfig = shortenHome(operatorKubeconfig(home));
  const document = shortenHome(path.join(home, 'cluster.yaml'));
  return {
    cluster,
    kubeconfig,
    commands: [`export KUBECONFIG=${kubeconfig}`, 'kubectl get nodes'],
    applications: readAccess(home).map((entry) => ({
      name: entry.application,
      title: entry.title.en,
      address: entry.protocol === 'http' ? entry.url : `${entry.address}:${entry.port}`,
      ...(entry.user === undefined ? {} : { user: entry.user }),
      ...(entry.password === undefined ? {} : { password: entry.password }),
      ...(entry.command === undefined ? {} : { hint: entry.command }),
    })),
    document,
    repeat: `landfall apply ${document}`,
  };
}

/** The screens' questions answered by real hosts, bundles and runs. */
export function realServices(version: string): WizardServices {
  return {
    version,
    watchClusters,
    findBundles: bundleSearch(),
    inspectBundle: (directory) => inspectBundle(placeOf(directory)),
    verifyBundle: verify,
    async copyBundle(directory, onProgress, signal) {
      const target = path.join(landfallHome(), 'bundles', path.basename(path.resolve(directory)));
      await copyTree(directory, target, onProgress, signal);
      return inspectBundle({ folder: target, removable: false });
    },
    ownNetworks: async () => ownNetworks(),
    ownKeys: async () => ownKeys().map(shortenHome),
    scanNetwork,
    readHosts: async (file) => readHosts(file),
    connectHosts: learnHosts,
    acceptHostKey: async (address, port) => forgetKey(address, port),
    runChecks: (draft, language, onResult, signal) => runChecks(draft, wizardHome(), language, onResult, signal),
    fixChecks: (draft, targets, language, onResult, signal) =>
      fixChecks(draft, targets, wizardHome(), language, onResult, signal),
    async catalogue(directory, language) {
      const { applications } = await inspectBundle(placeOf(directory));
      return catalogueEntries(language).filter((entry) => applications.includes(entry.package));
    },
    previewPlan,
    async saveDocument(draft) {
      const { file } = save(draft);
      const bundle = shortenHome(path.resolve(draft.bundle));
      return { file: shortenHome(file), command: `landfall apply ${shortenHome(file)} --bundle ${bundle}` };
    },
    async startInstall(draft) {
      const { document, secrets } = save(draft);
      const bundle = path.resolve(draft.bundle);
      return startOrWatch({ workflow: 'install', document, bundle, questions: 'ask', takeOver: false }, secrets);
    },
    openRun: async (cluster) => view(newestRun(cluster)),
    async resumeRun(cluster) {
      documentOf(cluster);
      return startOrWatch({ ...readRequest(newestRun(cluster)), questions: 'ask' });
    },
    access: async (cluster) => access(cluster),
    saveReport: async (cluster) => shortenHome(await saveReport(cluster)),
    watchCluster,
    startAction: async (cluster, action, argument) => startOrWatch(actionRequest(cluster, action, argument)),
  };
}
