import type { ClusterDocument } from '../cluster/document.ts';
import { LandfallError, toLandfallError } from '../errors.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { hostPaths } from '../phases/paths.ts';
import type { RestoreManner } from './restore.ts';

/**
 * How a cluster is restored: in place where every control plane lives, else anew. Changes nothing. Throws RESTORE_HOSTS
 * when a control plane does not answer: one that lives unseen would come back with another state than the others.
 */
export async function restoreManner(
  document: ClusterDocument,
  connectionTo: (name: string) => HostConnection,
  rebuild: boolean,
): Promise<RestoreManner> {
  const planes = document.hosts.filter((host) => host.role === 'control-plane');
  const states = await Promise.all(
    planes.map(async ({ name }) => {
      try {
        const script = 'test -e "$1" && test -e /etc/kubernetes/kubelet.conf';
        const { exitCode } = await connectionTo(name).run(script, [hostPaths.joined]);
        return { name, lives: exitCode === 0 };
      } catch (thrown) {
        return { name, error: toLandfallError(thrown) };
      }
    }),
  );
  const missing = states.filter((state) => 'error' in state);
  if (missing.length > 0) {
    throw new LandfallError({
      code: 'RESTORE_HOSTS',
      message: `Every control plane must answer for a restore; these do not: ${missing
        .map(({ name, error }) => `${name} (${error?.message})`)
        .join(', ')}`,
      fix: 'Put a fresh machine with the same name and address in the place of each lost one, then run the same command again.',
    });
  }
  return !rebuild && states.every((state) => state.lives === true) ? 'in-place' : 'rebuild';
}
