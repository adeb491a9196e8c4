import type { ClusterDocument } from '../cluster/document.ts';
import type { Step } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { firstControlPlane, type InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';
import { kubectl } from './kubernetes.ts';

const patience = 5 * 60_000;

// One question for both: starting kubectl is the dearest part of it.
const fields =
  '{range .items[*]}{.kind}{" "}{.metadata.namespace}{"/"}{.metadata.name}{" "}{.status.phase}{" "}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
const stateQuery = `${kubectl} get nodes,pods --all-namespaces -l '!landfall.dev/application' -o jsonpath='${fields}'`;

/** What keeps the cluster from being ready, from lines of "KIND NAMESPACE/NAME PHASE READY". */
export function clusterProblems(document: ClusterDocument, text: string): readonly string[] {
  const lines = text.split('\n').filter((line) => line !== '');
  const ready = new Set(
    lines.filter((line) => line.startsWith('Node ') && line.endsWith(' True')).map((line) => line.split(' ')[1]),
  );
  const missing = document.hosts
    .filter((host) => !ready.has(`/${host.name}`))
    .map((host) => `node ${host.name} is not ready`);
  const pods = lines.filter((line) => line.startsWith('Pod '));
  const waiting = pods
    .filter((line) => !line.endsWith(' True') && !line.includes(' Succeeded '))
    .map((line) => `pod ${line.split(' ')[1]} is not ready`);
  const systemPods = pods.some((line) => line.startsWith('Pod kube-system/coredns')) ? [] : ['CoreDNS has no pods yet'];
  return [...missing, ...waiting, ...systemPods];
}

/** Proves the cluster as its user would notice it: nodes ready, system pods ready, names resolved. */
export function clusterReady(context: InstallContext): Step {
  const { document } = context;
  const first = firstControlPlane(document);
  const last = document.hosts.map((host) => `kubernetes/${host.name === first.name ? 'init' : 'join'}@${host.name}`);
  const state = async (connection: HostConnection): Promise<readonly string[]> => {
    const answer = await connection.run(stateQuery);
    return answer.exitCode === 0 ? clusterProblems(document, answer.stdout) : ['the API does not answer'];
  };
  return hostStep(context, {
    id: 'verification/cluster',
    host: first.name,
    title: 'Wait until every node and system pod is ready',
    after: [
      ...last,
      `certificates/serving@${first.name}`,
      `network/flannel@${first.name}`,
      `network/dns@${first.name}`,
      `network/proxy@${first.name}`,
    ],
    async probe({ connection }) {
      return (await state(connection)).length === 0;
    },
    async apply({ connection }, reporter) {
      let previous = '';
      let problems: readonly string[] = [];
      for (const end = Date.now() + patience; Date.now() < end; ) {
        problems = await state(connection);
        if (problems.length === 0) return;
        const text = problems.join(', ');
        if (text !== previous) reporter.output(text);
        previous = text;
        reporter.signal.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
      throw new LandfallError({
        code: 'CLUSTER_NOT_READY',
        message: `After ${patience / 60_000} minutes: ${problems.join(', ')}.`,
        fix: `Look at it with kubectl on ${first.name} (kubectl describe, kubectl logs), then run the same command again.`,
      });
    },
  });
}
