import type { Step } from '../engine/step.ts';
import { nameExactly, namesOnlyTag } from './addon-image.ts';
import { bundleImage } from './bundle-image.ts';
import { firstControlPlane, type InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';

const workload = 'daemonset/kube-proxy';

/** kube-proxy, which `kubeadm init` sets up, by the digest of the bundle. */
export function kubeProxy(context: InstallContext): Step {
  const first = firstControlPlane(context.document);
  return hostStep(context, {
    id: 'network/proxy',
    host: first.name,
    title: 'Name the image of kube-proxy by its digest',
    after: [`kubernetes/init@${first.name}`],
    probe: async ({ connection }) => !(await namesOnlyTag(connection, workload, bundleImage(context, '/kube-proxy'))),
    apply: ({ connection }) => nameExactly(connection, workload, 'kube-proxy', bundleImage(context, '/kube-proxy')),
  });
}
