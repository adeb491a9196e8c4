import type { BundleImage } from '../bundle/contents.ts';
import { exactName } from '../bundle/image-name.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { kubectl } from './kubernetes.ts';

/**
 * Whether an addon that kubeadm made needs its image named with the digest of the bundle. One that somebody gave another
 * image keeps it.
 * @param workload in kube-system, such as `daemonset/kube-proxy`.
 */
export async function namesOnlyTag(connection: HostConnection, workload: string, image: BundleImage): Promise<boolean> {
  const found = await connection.check(
    `Read the image of ${workload}`,
    `${kubectl} -n kube-system get "$1" --ignore-not-found -o jsonpath='{.spec.template.spec.containers[0].image}'`,
    [workload],
  );
  return found.trim() === image.name;
}

/** Names it with the digest; `container` is the one container of its pods. */
export async function nameExactly(
  connection: HostConnection,
  workload: string,
  container: string,
  image: BundleImage,
): Promise<void> {
  await connection.check(`Name the image of ${workload}`, `${kubectl} -n kube-system set image "$1" "$2"`, [
    workload,
    `${container}=${exactName(image)}`,
  ]);
}
