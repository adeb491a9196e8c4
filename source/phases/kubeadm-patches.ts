import { stringify } from 'yaml';
import { exactName } from '../bundle/image-name.ts';
import type { PlacedFile } from '../hosts/placed-files.ts';
import { bundleImage } from './bundle-image.ts';
import type { InstallContext } from './context.ts';
import { hostPaths } from './paths.ts';

const staticPods = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'] as const;

/**
 * What kubeadm lays over its manifests of a control plane: each names its image with the digest of the bundle. kubeadm itself
 * reads versions from tags and takes no digest. Names of the files:
 * https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/control-plane-flags/#patches
 */
export function kubeadmPatches(context: Pick<InstallContext, 'bundle'>): readonly PlacedFile[] {
  return staticPods.map((name) => ({
    path: `${hostPaths.kubeadmPatches}/${name}+strategic.yaml`,
    content: stringify({ spec: { containers: [{ name, image: exactName(bundleImage(context, `/${name}`)) }] } }),
    mode: 0o644,
  }));
}
