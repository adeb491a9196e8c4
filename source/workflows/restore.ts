import type { Phase, Plan, Step } from '../engine/step.ts';
import { connect } from '../phases/connect.ts';
import { controlPlanes, firstControlPlane } from '../phases/context.ts';
import {
  clearControlPlane,
  finishRestore,
  type RestoreContext,
  reattach,
  replaceData,
  sendSnapshot,
  startMember,
  stopMember,
} from '../phases/restore.ts';
import { clusterReady } from '../phases/verification.ts';
import { installPlan } from './install.ts';

/**
 * `rebuild` makes the control planes anew and the state from the snapshot; `in-place` puts the snapshot into the etcd of
 * control planes that all live.
 */
export type RestoreManner = 'rebuild' | 'in-place';

export function restorePlan(context: RestoreContext, manner: RestoreManner): Plan {
  const phases = manner === 'rebuild' ? rebuildPhases(context) : inPlacePhases(context);
  return { workflow: 'restore', cluster: context.document.name, phases };
}

const ids = (action: string, hosts: readonly { readonly name: string }[]): readonly string[] =>
  hosts.map((host) => `${action}@${host.name}`);

function inPlacePhases(context: RestoreContext): readonly Phase[] {
  const { hosts } = context.document;
  const planes = controlPlanes(context.document);
  // A worker that is gone keeps no control plane from being restored.
  const connected = ids('connect/host', planes);
  const verified: Step = { ...clusterReady(context), after: ids('restore/reattach', hosts) };
  return [
    { id: 'connect', title: 'Reach the hosts', steps: hosts.map((host) => connect(context, host)) },
    {
      id: 'restore',
      title: 'Bring the old state back',
      // Each part begins when the one before has ended everywhere: no two members may ever run with different states.
      steps: [
        ...planes.map((host) => sendSnapshot(context, host, connected)),
        ...planes.map((host) => stopMember(context, host, ids('restore/snapshot', planes))),
        ...planes.map((host) => replaceData(context, host, ids('restore/stop', planes))),
        ...planes.map((host) => startMember(context, host, ids('restore/data', planes))),
        ...hosts.map((host) => reattach(context, host, [`connect/host@${host.name}`, ...ids('restore/start', planes)])),
      ],
    },
    { id: 'verification', title: 'Prove the cluster', steps: [verified] },
    {
      id: 'finish',
      title: 'Remove what the restore left',
      steps: planes.map((host) => finishRestore(context, host, [verified.id])),
    },
  ];
}

/** An install whose first control plane starts with the old state; what of the old cluster lives on reports to it. */
function rebuildPhases(context: RestoreContext): readonly Phase[] {
  const planes = controlPlanes(context.document);
  const first = firstControlPlane(context.document);
  const workers = context.document.hosts.filter((host) => host.role === 'worker');
  const cleared = ids('restore/clear', planes);
  const start = `kubernetes/init@${first.name}`;
  const verified = `verification/cluster@${first.name}`;
  const more: Readonly<Record<string, readonly string[]>> = {
    [start]: [...cleared, `restore/snapshot@${first.name}`],
    [verified]: ids('restore/reattach', workers),
  };
  const install = installPlan(context, []).phases.map((phase) => ({
    ...phase,
    steps: phase.steps.map((step) => ({ ...step, after: [...step.after, ...(more[step.id] ?? [])] })),
  }));
  const restore: Phase = {
    id: 'restore',
    title: 'Bring the old state back',
    steps: [
      ...planes.map((host) => clearControlPlane(context, host)),
      sendSnapshot(context, first, [`node/programs@${first.name}`]),
    ],
  };
  const returned: Phase = {
    id: 'return',
    title: 'Let the nodes report',
    steps: workers.map((host) => reattach(context, host, [`kubernetes/join@${host.name}`])),
  };
  const finish: Phase = {
    id: 'finish',
    title: 'Remove what the restore left',
    steps: [finishRestore(context, first, [verified])],
  };
  const place = install.findIndex((phase) => phase.id === 'kubernetes');
  const before = install.slice(0, place);
  const [kubernetes, ...after] = install.slice(place);
  return [...before, restore, ...(kubernetes === undefined ? [] : [kubernetes]), returned, ...after, finish].filter(
    (phase) => phase.steps.length > 0,
  );
}
