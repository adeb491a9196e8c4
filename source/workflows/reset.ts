import type { Plan } from '../engine/step.ts';
import { type ResetContext, resetHost } from '../phases/reset.ts';

/** All hosts at once; one that cannot be reached keeps no other from being given back. */
export function resetPlan(context: ResetContext): Plan {
  const { hosts, name } = context.document;
  const steps = hosts.map((host) => resetHost(context, host));
  return { workflow: 'reset', cluster: name, phases: [{ id: 'reset', title: 'Give the hosts back', steps }] };
}
