import { loadCatalogue } from '../applications/catalogue.ts';
import { type SelectedApplication, selectApplications } from '../applications/selection.ts';
import { readAsset } from '../assets.ts';
import type { ApplicationEntry } from '../cluster/document.ts';
import type { Step, StepReporter } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import type { HostFacts } from '../hosts/facts.ts';
import { gatherFacts } from '../hosts/gather-facts.ts';
import { acceptedIds } from '../preflight/accept.ts';
import { judgeFit, roomInCluster } from '../preflight/check-applications.ts';
import { parseClusterAnswer } from '../preflight/cluster-answer.ts';
import { resultMaker } from '../preflight/results.ts';
import { inParallel } from '../preflight/run-preflight.ts';
import { firstControlPlane, type InstallContext } from './context.ts';
import { hostPaths } from './paths.ts';
import { concludeChecks } from './preflight.ts';

/**
 * Whether applications fit into what a running cluster has left, before anything of them is brought. What is installed
 * already needs no room anew. Throws PREFLIGHT_BLOCKED when they do not.
 */
export function applicationRoom(context: InstallContext, entries: readonly ApplicationEntry[]): Step {
  const { document } = context;
  const first = firstControlPlane(document);
  const make = resultMaker(acceptedIds(document.preflight?.accept ?? []));

  const check = async (reporter: StepReporter): Promise<void> => {
    const { connection } = await context.host(first.name);
    const words = [`${hostPaths.programs}/kubectl`, hostPaths.adminConfiguration];
    const asked = await connection.run(await readAsset('hosts/doctor/cluster.sh'), words, {
      signal: reporter.signal,
      timeout: 90_000,
    });
    if (asked.exitCode !== 0) {
      throw new LandfallError({
        code: 'CLUSTER_NOT_READY',
        message: `The Kubernetes API does not answer on ${first.name}.`,
        fix: 'landfall doctor says why; then run the same command again.',
      });
    }
    const answer = parseClusterAnswer(asked.stdout);
    const facts = new Map<string, HostFacts>();
    await inParallel(document.hosts, 32, async ({ name }) => {
      const known = await context
        .host(name)
        .then((host) => gatherFacts(host.connection))
        .catch(() => undefined);
      if (known !== undefined) facts.set(name, known);
    });
    const selected = selectApplications(loadCatalogue(), entries);
    const names = new Set(selected.map((application) => application.name));
    const room = roomInCluster(answer, facts, names);
    const present = new Set(answer.pods.map((pod) => pod.application));
    // Its volumes are there already, whatever else of it is changed.
    const isNew = (application: SelectedApplication): boolean => !present.has(application.name);
    const results = judgeFit(selected, room, document.name, make).filter(
      (result) => result.id !== 'application-fit-disk' || selected.every(isNew),
    );
    concludeChecks(document.name, results, reporter);
  };

  return {
    id: `preflight/applications@${first.name}`,
    phase: 'preflight',
    host: first.name,
    title: 'Check that the applications fit',
    kind: 'host',
    after: [`connect/host@${first.name}`],
    async probe(reporter) {
      await check(reporter);
      return { state: 'done' };
    },
    apply: check,
    verify: async () => {},
  };
}
