import { readAsset } from '../assets.ts';
import type { Step } from '../engine/step.ts';
import { firstControlPlane, type InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';

/**
 * Every member of etcd votes. kubeadm lets a new one join as a learner, which may fall behind without harm, and promotes
 * it; one that kubeadm left behind adds nothing to what the cluster survives, so it is promoted here.
 */
export function etcdVoters(context: InstallContext): Step {
  const first = firstControlPlane(context.document);
  return hostStep(context, {
    id: 'etcd/voters',
    host: first.name,
    title: 'Let every member of etcd vote',
    kind: 'control-plane',
    after: [`node/tools@${first.name}`, `verification/cluster@${first.name}`],
    async probe({ connection }) {
      return (await connection.run(await readAsset('hosts/promote-members.sh'), ['look'])).exitCode === 0;
    },
    async apply({ connection }, reporter) {
      await connection.check('Promote the learners', await readAsset('hosts/promote-members.sh'), ['promote'], {
        onLine: (line) => reporter.output(line),
        signal: reporter.signal,
      });
    },
  });
}
