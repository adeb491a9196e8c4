import type { RotationStage } from '../certificates/rotation.ts';
import type { HostEntry } from '../cluster/document.ts';
import type { Phase, Plan, Step } from '../engine/step.ts';
import { apiNames, apiNamesInConfiguration } from '../phases/api-names.ts';
import {
  type CertificateContext,
  proveCertificates,
  type RenewalContext,
  renewControlPlane,
  renewOperatorAccess,
  renewWorker,
  repairControlPlane,
} from '../phases/certificate-renewal.ts';
import { type RotationContext, rotatedServing, rotateHost } from '../phases/certificate-rotation.ts';
import { rotateInformation } from '../phases/cluster-information.ts';
import { connect, reachControlPlanes } from '../phases/connect.ts';
import { controlPlanes, firstControlPlane } from '../phases/context.ts';
import { rotateWorkloads } from '../phases/rotated-workloads.ts';

function renewalSteps(context: RenewalContext, host: HostEntry): readonly Step[] {
  return host.role === 'control-plane'
    ? [repairControlPlane(context, host), renewControlPlane(context, host)]
    : [renewWorker(context, host)];
}

/**
 * New certificates from the same authorities. Control planes that are not well come first, without a way back; then the
 * others, one at a time, each with one.
 */
export function certificateRenewalPlan(context: RenewalContext): Plan {
  const { document, chosen } = context;
  const first = firstControlPlane(document);
  const last = (host: HostEntry): string =>
    `certificates/${host.role === 'control-plane' ? 'renew' : 'kubelet'}@${host.name}`;
  const steps = chosen.flatMap((host) => renewalSteps(context, host));
  const access = chosen.some((host) => host.name === first.name)
    ? [renewOperatorAccess(context, [`certificates/renew@${first.name}`])]
    : [];
  // Other control planes are looked at before one is restarted, so they must be reachable too.
  const reached = document.hosts.filter(
    (host) => host.role === 'control-plane' || chosen.some((other) => other.name === host.name),
  );
  return {
    workflow: 'renew-certificates',
    cluster: document.name,
    phases: [
      { id: 'connect', title: 'Reach the hosts', steps: reached.map((host) => connect(context, host)) },
      { id: 'certificates', title: 'Renew the certificates', steps },
      {
        id: 'proof',
        title: 'Prove the certificates',
        steps: [...access, ...chosen.map((host) => proveCertificates(context, host, [last(host)]))],
      },
    ],
  };
}

/**
 * New authorities, with an overlap in which old and new are trusted: all hosts come through one stage before any begins the
 * next. `stages` is the way to go, forward or back.
 */
export function authorityRotationPlan(context: RotationContext, stages: readonly RotationStage[]): Plan {
  const { document } = context;
  const first = firstControlPlane(document);
  const planes = controlPlanes(document);
  const workers = document.hosts.filter((host) => host.role === 'worker');
  let before: readonly string[] = document.hosts.map((host) => `connect/host@${host.name}`);
  const phases: Phase[] = [
    { id: 'connect', title: 'Reach the hosts', steps: document.hosts.map((host) => connect(context, host)) },
  ];
  for (const [index, stage] of stages.entries()) {
    const thisAndLater = stages.slice(index);
    const steps: Step[] = [];
    for (const host of [...planes, ...workers]) {
      // Control planes one after the other; workers together, after them.
      const after = host.role === 'worker' ? planes.map((plane) => `rotation/${stage}@${plane.name}`) : [];
      const previous = host.role === 'worker' ? undefined : steps.at(-1)?.id;
      steps.push(
        rotateHost(context, host, {
          stage,
          thisAndLater,
          after: [...before, ...after, ...(previous === undefined ? [] : [previous])],
        }),
      );
    }
    const hosts = steps.map((step) => step.id);
    steps.push(rotatedServing(context, first, stage, hosts));
    steps.push(renewOperatorAccess(context, hosts, `rotation/access-${stage}`));
    steps.push(rotateInformation(context, first, stage, hosts));
    const serving = `rotation/serving-${stage}@${first.name}`;
    // What comes after the last stage trusts less than before, so nothing has to learn of it.
    const isLast = index === stages.length - 1;
    if (!isLast) steps.push(rotateWorkloads(context, first, stage, [serving]));
    before = [isLast ? serving : `rotation/workloads-${stage}@${first.name}`];
    phases.push({ id: `rotation-${stage}`, title: stageTitles[stage], steps });
  }
  phases.push({
    id: 'proof',
    title: 'Prove the certificates',
    steps: document.hosts.map((host) => proveCertificates(context, host, before)),
  });
  return { workflow: 'rotate-authorities', cluster: document.name, phases };
}

const stageTitles: Readonly<Record<RotationStage, string>> = {
  old: 'Forget the new authorities',
  trust: 'Trust old and new authorities',
  switch: 'Take certificates of the new authorities',
  retire: 'Retire the old authorities',
};

/** More names for the API: its certificate on one control plane after the other, then what kubeadm knows. */
export function apiNamesPlan(context: CertificateContext): Plan {
  const planes = controlPlanes(context.document);
  const steps: Step[] = [];
  for (const host of planes) {
    const previous = steps.at(-1)?.id;
    steps.push(apiNames(context, host, [`connect/host@${host.name}`, ...(previous === undefined ? [] : [previous])]));
  }
  steps.push(apiNamesInConfiguration(context, [steps.at(-1)?.id ?? '']));
  return {
    workflow: 'add-names',
    cluster: context.document.name,
    phases: [reachControlPlanes(context), { id: 'certificates', title: 'Give the API its names', steps }],
  };
}
