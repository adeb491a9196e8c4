import { readAsset } from '../assets.ts';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import { apiEndpoint } from '../cluster/endpoint.ts';
import { toLandfallError } from '../errors.ts';
import { controlPlanes } from '../phases/context.ts';
import { hostPaths } from '../phases/paths.ts';
import { type CheckResult, couldNotRun, finding, pass } from '../preflight/check.ts';
import { judgeCertificates, judgeCluster, judgeNodeServices } from '../preflight/check-running.ts';
import { type ClusterAnswer, parseClusterAnswer } from '../preflight/cluster-answer.ts';
import { connectChecks } from '../preflight/connect-failure.ts';
import type { PreflightReport } from '../preflight/report.ts';
import { type ResultMaker, resultMaker } from '../preflight/results.ts';
import { type PreflightOptions, type ReachHost, runPreflight } from '../preflight/run-preflight.ts';
import { certificateList } from './certificate-list.ts';

export type DoctorOptions = Pick<PreflightOptions, 'document' | 'reach' | 'accepted' | 'signal'> & {
  /** Folder of the cluster on the operator machine. */
  readonly home: string;
};

/**
 * Looks a running cluster through: every check of the machines that makes sense on installed nodes, the nodes with each
 * other, and what runs on them. Changes nothing; needs only one control plane whose API answers to see all of it.
 */
export async function examineCluster(options: DoctorOptions): Promise<PreflightReport> {
  const { document, reach, accepted } = options;
  const start = performance.now();
  const make = resultMaker(accepted);
  const machines = await runPreflight({ ...options, diskTest: false });
  // Who could not be reached is in the report already; asking once more would only take time.
  const lost = new Set(
    machines.results
      .filter((result) => connectChecks.includes(result.id) && result.verdict.state !== 'pass')
      .map((result) => result.subject),
  );
  const hosts = document.hosts.filter((host) => !lost.has(host.name));
  const [services, cluster, certificates] = await Promise.all([
    Promise.all(hosts.map((host) => nodeServices(document, host, reach, make))),
    clusterResults(document, hosts, reach, make),
    certificateResults(document, hosts, options, make),
  ]);
  options.signal?.throwIfAborted();
  return {
    cluster: document.name,
    results: [...machines.results, ...services.flat(), ...cluster, ...certificates],
    duration: performance.now() - start,
  };
}

async function nodeServices(
  document: ClusterDocument,
  host: HostEntry,
  reach: ReachHost,
  make: ResultMaker,
): Promise<readonly CheckResult[]> {
  try {
    const { connection } = await reach(host.name);
    const { driver } = document.loadBalancer;
    const words = [host.role, host.address, apiEndpoint(document), `${document.registry.port}`, driver];
    const result = await connection.run(await readAsset('hosts/doctor/node.sh'), words, { timeout: 60_000 });
    return judgeNodeServices(host, result.stdout, make);
  } catch (thrown) {
    return [make('services-running', host.name, couldNotRun(toLandfallError(thrown).message))];
  }
}

/** What the first control plane that answers says of the cluster; undefined when none does. */
export async function askCluster(
  document: ClusterDocument,
  reach: ReachHost,
  hosts: readonly HostEntry[] = document.hosts,
): Promise<ClusterAnswer | undefined> {
  const script = await readAsset('hosts/doctor/cluster.sh');
  const words = [`${hostPaths.programs}/kubectl`, hostPaths.adminConfiguration];
  for (const plane of controlPlanes(document).filter(({ name }) => hosts.some((host) => host.name === name))) {
    const answer = await reach(plane.name)
      .then(({ connection }) => connection.run(script, words, { timeout: 90_000 }))
      .catch(() => undefined);
    if (answer?.exitCode === 0) return parseClusterAnswer(answer.stdout);
  }
  return undefined;
}

async function clusterResults(
  document: ClusterDocument,
  hosts: readonly HostEntry[],
  reach: ReachHost,
  make: ResultMaker,
): Promise<readonly CheckResult[]> {
  const answer = await askCluster(document, reach, hosts);
  if (answer === undefined) return [make('api-answers', document.name, finding('-', '/readyz'))];
  return [make('api-answers', document.name, pass), ...judgeCluster(document, answer, make)];
}

async function certificateResults(
  document: ClusterDocument,
  hosts: readonly HostEntry[],
  { reach, home }: Pick<DoctorOptions, 'reach' | 'home'>,
  make: ResultMaker,
): Promise<readonly CheckResult[]> {
  const { certificates, unreachable } = await certificateList({ ...document, hosts }, reach, home);
  const here = certificates.some(({ host }) => host === 'operator') ? [{ name: 'operator' }] : [];
  return [...hosts, ...here].flatMap(({ name }) => {
    const problem = unreachable.find((entry) => entry.host === name);
    return problem === undefined
      ? judgeCertificates(name, certificates, make)
      : [make('certificates-valid', name, couldNotRun(problem.error.message))];
  });
}
