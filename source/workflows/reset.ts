import type { Plan } from '../engine/step.ts';
import { firstControlPlane } from '../phases/context.ts';
import { type ResetContext, resetHost } from '../phases/reset.ts';

/** All hosts at once, but the first control plane, which holds the lock, after them. */
export function resetPlan(context: ResetContext): Plan {
  const { hosts, name } = context.document;
  const first = firstControlPlane(context.document);
  const others = hosts.filter((host) => host.name !== first.name);
  const steps = [
    ...others.map((host) => resetHost(context, host, [])),
    resetHost(
      context,
      first,
      others.map((host) => `reset/host@${host.name}`),
    ),
  ];
  return { workflow: 'reset', cluster: name, phases: [{ id: 'reset', title: 'Give the hosts back', steps }] };
}
