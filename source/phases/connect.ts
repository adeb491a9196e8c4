import type { HostEntry } from '../cluster/document.ts';
import type { Phase, Step } from '../engine/step.ts';
import { controlPlanes, type InstallContext } from './context.ts';

/**
 * Reaches a host and learns its facts. It changes nothing, so it is never more than probed.
 * @param reach reaches it, where more is to be said of it than usual
 */
export function connect(
  context: Pick<InstallContext, 'host'>,
  host: HostEntry,
  reach: () => Promise<unknown> = () => context.host(host.name),
): Step {
  return {
    id: `connect/host@${host.name}`,
    phase: 'connect',
    host: host.name,
    title: 'Connect and look at the host',
    kind: 'host',
    after: [],
    async probe() {
      await reach();
      return { state: 'done' };
    },
    async apply() {
      await reach();
    },
    async verify() {
      await reach();
    },
  };
}

/** The phase of workflows that need the control planes only. */
export function reachControlPlanes(context: Pick<InstallContext, 'document' | 'host'>): Phase {
  const steps = controlPlanes(context.document).map((host) => connect(context, host));
  return { id: 'connect', title: 'Reach the control planes', steps };
}
