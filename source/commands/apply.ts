import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { formatAccess, readAccess } from '../applications/access.ts';
import { openBundle } from '../bundle/open.ts';
import type { ClusterDocument } from '../cluster/document.ts';
import { clusterHome } from '../cluster/home.ts';
import { recallCluster, rememberCluster } from '../cluster/known-cluster.ts';
import { loadClusterDocument } from '../cluster/load-document.ts';
import { type ProbedStep, probePlan } from '../engine/runner.ts';
import { LandfallError } from '../errors.ts';
import { operatorKubeconfig } from '../phases/operator-access.ts';
import { acceptedIds } from '../preflight/accept.ts';
import { prepareRun } from '../runs/prepare.ts';
import type { RunRequest } from '../runs/request.ts';
import { listRuns } from '../runs/run-directory.ts';
import { parseOutput } from './present-run.ts';
import { print } from './print.ts';
import { runWorkflow } from './run-workflow.ts';

type ApplyOptions = {
  readonly bundle?: string;
  readonly yes?: true;
  readonly dryRun?: true;
  readonly output: string;
  readonly verbose?: true;
  readonly takeOver?: true;
};

/** `landfall apply`: makes the hosts what the cluster document says. */
export function applyCommand(): Command {
  return new Command('apply')
    .description('install the cluster that a document describes, or go on where an interrupted run stopped')
    .argument('<document>', 'the cluster document, cluster.yaml')
    .option('--bundle <folder>', 'the offline bundle; remembered for later runs')
    .option('--yes', 'do not ask before changing anything')
    .option('--dry-run', 'show what would be done on each host and change nothing')
    .option('--output <format>', 'plain or ndjson', 'plain')
    .option('--verbose', 'show the log lines of steps too')
    .option('--take-over', "take the cluster's lock from another owner who is known to be gone")
    .action(apply);
}

async function apply(file: string, options: ApplyOptions): Promise<void> {
  const output = parseOutput(options.output);
  const document = loadClusterDocument(file);
  const bundle = options.bundle === undefined ? recallCluster(document.name)?.bundle : path.resolve(options.bundle);
  if (bundle === undefined) {
    throw new LandfallError({
      code: 'BUNDLE_MISSING',
      message: 'The first run of a cluster needs a bundle.',
      fix: 'Name its folder with --bundle.',
      exitStatus: 2,
    });
  }
  acceptedIds(document.preflight?.accept ?? []);
  await openBundle(bundle);
  const request: RunRequest = {
    workflow: 'install',
    document,
    bundle,
    questions: 'skip-host',
    takeOver: options.takeOver === true,
  };
  if (options.dryRun === true) return showPlan(request);
  rememberCluster({ document, bundle });
  const hosts = document.hosts.map((host) => `${host.name} (${host.address})`).join(', ');
  await runWorkflow(
    request,
    {
      output,
      verbose: options.verbose === true,
      yes: options.yes === true,
      question: `Kubernetes will be installed on ${hosts}. Go on?`,
    },
    () => {
      if (output === 'plain') showResult(document, file);
    },
  );
}

function showResult(document: ClusterDocument, file: string): void {
  const home = clusterHome(document.name);
  print('');
  const applications = readAccess(home);
  if (applications.length > 0) print(formatAccess(applications));
  print(`kubectl:  KUBECONFIG=${operatorKubeconfig(home)} kubectl get nodes`);
  print(`The state of the cluster:  landfall status ${document.name}`);
  print(`The same again:  landfall apply ${file}`);
}

/** Plans with the cluster's own secrets where there are some, and with passing ones where there are none yet. */
async function showPlan(request: RunRequest): Promise<void> {
  const { document } = request;
  const known = listRuns(document.name).length > 0;
  const passing = known ? undefined : mkdtempSync(path.join(tmpdir(), 'landfall-plan-'));
  try {
    const prepared = await prepareRun(request, {}, passing ?? clusterHome(document.name));
    try {
      printPlan(document, await probePlan(prepared.plan, 16));
    } finally {
      await prepared.close();
    }
  } finally {
    if (passing !== undefined) rmSync(passing, { recursive: true, force: true });
  }
}

/** Phases whose steps only look: where one of them fails, the run would stop there. */
const looking: readonly string[] = ['connect', 'preflight'];

function printPlan(document: ClusterDocument, probed: readonly ProbedStep[]): void {
  const inTheWay = ({ step, failure }: ProbedStep): boolean => failure !== undefined && looking.includes(step.phase);
  const section = (title: string, entries: readonly ProbedStep[]): void => {
    if (entries.length === 0) return;
    print(title);
    for (const entry of entries) {
      const { step, needed, failure } = entry;
      const remark = failure === undefined ? '' : `   (${failure.message})`;
      if (!inTheWay(entry)) print(`  ${needed ? '+' : '='} ${step.title}${remark}`);
      else {
        print(`  ! ${step.title}: ${failure?.message}`);
        for (const line of failure?.context.output?.split('\n') ?? []) print(`    | ${line}`);
        if (failure?.fix !== undefined) print(`    what to do: ${failure.fix}`);
      }
    }
  };
  for (const host of document.hosts) {
    const own = probed.filter((entry) => entry.step.host === host.name);
    section(`${host.name} (${host.address}, ${host.role})`, own);
  }
  const names = new Set(document.hosts.map((host) => host.name));
  section(
    'from this machine',
    probed.filter((entry) => !names.has(entry.step.host)),
  );
  const stops = probed.filter(inTheWay).length;
  const count = probed.filter((entry) => entry.needed).length - stops;
  const done = probed.length - count - stops;
  print('');
  if (stops > 0) {
    print(
      `${count} steps to do (+), ${done} done already (=), ${stops} ${stops === 1 ? 'stands' : 'stand'} in the way (!). Nothing was changed.`,
    );
    process.exitCode = 1;
  } else if (count === 0) print('Nothing to change.');
  else print(`${count} steps to do (+), ${done} done already (=). Nothing was changed.`);
}
