import type { ClusterPki } from '../certificates/cluster-pki.ts';
import { noteStage, type Rotation, type RotationStage } from '../certificates/rotation.ts';
import type { HostEntry } from '../cluster/document.ts';
import type { Step } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import { changeCertificates, isApplied, undoChange } from './certificate-change.ts';
import { type CertificateSource, rotatedControlPlaneItems, rotatedWorkerItems } from './certificate-items.ts';
import { type CertificateContext, lastSign, othersAreWell, signOfLife } from './certificate-renewal.ts';
import { hostStep } from './host-step.ts';
import { awaitServing } from './serving-certificates.ts';

/** `pki` is the old infrastructure, `next` the new one. */
export type RotationContext = CertificateContext & {
  readonly next: ClusterPki;
  readonly rotation: Rotation;
  readonly back: boolean;
};

/** Who signs in a stage, and who is trusted. The signer comes first, so that it is found first. */
function sourceOf(context: RotationContext, stage: RotationStage): CertificateSource {
  const { document, pki, next } = context;
  const common = { document, since: 0 };
  switch (stage) {
    case 'old':
      return { ...common, pki, trusted: [pki] };
    case 'trust':
      return { ...common, pki, trusted: [pki, next] };
    case 'switch':
      return { ...common, pki: next, trusted: [next, pki] };
    case 'retire':
      return { ...common, pki: next, trusted: [next] };
  }
}

/** PEM of the authorities of the API that are trusted in a stage. */
export function authoritiesOf(context: RotationContext, stage: RotationStage): string {
  return sourceOf(context, stage)
    .trusted.map((pki) => pki.trust['ca.crt'])
    .join('');
}

/** A host that has come to a stage has this change, or that of a later stage of the same way. */
export function rotationChange(context: RotationContext, stage: RotationStage): string {
  return `${context.rotation.id}${context.back ? '-back' : ''}-${stage}`;
}

const titles: Readonly<Record<RotationStage, string>> = {
  old: 'Trust only the authorities from before again',
  trust: 'Trust old and new authorities',
  switch: 'Take certificates of the new authorities',
  retire: 'Trust only the new authorities',
};

export type StageStep = {
  readonly stage: RotationStage;
  /** This stage and the ones that come after it on the way. */
  readonly thisAndLater: readonly RotationStage[];
  readonly after: readonly string[];
};

/** One stage on one host. It is well afterwards, or has what it had before. */
export function rotateHost(context: RotationContext, host: HostEntry, { stage, thisAndLater, after }: StageStep): Step {
  const id = rotationChange(context, stage);
  const isPlane = host.role === 'control-plane';
  return hostStep(context, {
    id: `rotation/${stage}`,
    host: host.name,
    title: titles[stage],
    kind: isPlane ? 'control-plane' : 'host',
    after,
    async probe({ connection }) {
      const reached = await Promise.all(
        thisAndLater.map((later) => isApplied(connection, rotationChange(context, later))),
      );
      return reached.some(Boolean);
    },
    async apply({ connection }, reporter) {
      if (!context.back && stage !== 'old') noteStage(context.home, stage);
      const source = sourceOf(context, stage);
      if (isPlane) {
        await othersAreWell(context, host, reporter);
        const items = await rotatedControlPlaneItems(source, host, connection);
        await changeCertificates(connection, id, [...items, { do: 'guard', address: host.address }], reporter);
        return;
      }
      const before = await lastSign(context, host.name);
      const items = await rotatedWorkerItems(source, host, connection);
      await changeCertificates(connection, id, [...items, { do: 'guard', address: '-' }], reporter);
      if (await signOfLife(context, host.name, before, reporter)) return;
      await undoChange(connection, id, reporter);
      throw new LandfallError({
        code: 'CERTIFICATES_ROLLED_BACK',
        message: 'With the new certificates the kubelet gave no sign of life; the ones from before are in place again.',
        fix: 'Look at the log of the kubelet on this host (journalctl -u kubelet), then run the same command again.',
      });
    },
  });
}

/** Every kubelet serves with a certificate of the authority that signs in this stage. */
export function rotatedServing(
  context: RotationContext,
  plane: HostEntry,
  stage: RotationStage,
  after: readonly string[],
): Step {
  return hostStep(context, {
    id: `rotation/serving-${stage}`,
    host: plane.name,
    title: 'Give the kubelets their serving certificates',
    after,
    // The kubelets removed theirs, so one that is there is of this stage.
    async probe() {
      return false;
    },
    async apply(_, reporter) {
      await awaitServing(context, context.document.hosts, reporter);
    },
    async verify() {},
  });
}
