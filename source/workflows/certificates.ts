import type { HostEntry } from '../cluster/document.ts';
import type { Plan, Step } from '../engine/step.ts';
import {
  proveCertificates,
  type RenewalContext,
  renewControlPlane,
  renewOperatorAccess,
  renewWorker,
  repairControlPlane,
} from '../phases/certificate-renewal.ts';
import { connect } from '../phases/connect.ts';
import { firstControlPlane } from '../phases/context.ts';

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
