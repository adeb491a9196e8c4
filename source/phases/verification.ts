import type { Step } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import { firstControlPlane, type InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';
import { kubectl } from './kubernetes.ts';

const patience = 5 * 60_000;

/** Proves the cluster as its user would notice it: nodes ready, system pods ready, names resolved. */
export function clusterReady(context: InstallContext): Step {
  const { document } = context;
  const first = firstControlPlane(document);
  const last = document.hosts.map((host) => `kubernetes/${host.name === first.name ? 'init' : 'join'}@${host.name}`);
  const readyNodes = `${kubectl} get nodes -o jsonpath='{range .items[*]}{.metadata.name}{" "}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'`;
  const unready = `${kubectl} get pods -A -l '!landfall.dev/application' -o jsonpath='{range .items[*]}{.metadata.namespace}{"/"}{.metadata.name}{" "}{.status.phase}{" "}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}'`;
  const state = async (
    connection: Awaited<ReturnType<InstallContext['host']>>['connection'],
  ): Promise<readonly string[]> => {
    const [nodes, pods] = await Promise.all([connection.run(readyNodes), connection.run(unready)]);
    if (nodes.exitCode !== 0 || pods.exitCode !== 0) return ['the API does not answer'];
    const ready = new Set(
      nodes.stdout
        .split('\n')
        .filter((line) => line.endsWith(' True'))
        .map((line) => line.split(' ')[0]),
    );
    const missing = document.hosts
      .filter((host) => !ready.has(host.name))
      .map((host) => `node ${host.name} is not ready`);
    const waiting = pods.stdout
      .split('\n')
      .filter((line) => line !== '' && !line.endsWith(' True') && !line.includes(' Succeeded '))
      .map((line) => `pod ${line.split(' ')[0]} is not ready`);
    const systemPods = pods.stdout.includes('kube-system/coredns') ? [] : ['CoreDNS has no pods yet'];
    return [...missing, ...waiting, ...systemPods];
  };
  return hostStep(context, {
    id: 'verification/cluster',
    host: first.name,
    title: 'Wait until every node and system pod is ready',
    after: [...last, `network/flannel@${first.name}`, `network/dns@${first.name}`],
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
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      throw new LandfallError({
        code: 'CLUSTER_NOT_READY',
        message: `After ${patience / 60_000} minutes: ${problems.join(', ')}.`,
        fix: `Look at it with kubectl on ${first.name} (kubectl describe, kubectl logs), then run the same command again.`,
      });
    },
  });
}
