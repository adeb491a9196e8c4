import path from 'node:path';
import { forgetKeys } from '../certificates/authorities.ts';
import { openClusterPki } from '../certificates/cluster-pki.ts';
import { openPendingRenewal } from '../certificates/pending-renewal.ts';
import {
  backStages,
  beginRotation,
  currentFolder,
  currentRotation,
  forgetRotation,
  forwardStages,
  mendPromotion,
  nextFolder,
  promote,
} from '../certificates/rotation.ts';
import type { ClusterDocument } from '../cluster/document.ts';
import { LandfallError } from '../errors.ts';
import { apiNamesPlan, authorityRotationPlan, certificateRenewalPlan } from '../workflows/certificates.ts';
import type { PreparedRun } from './execute.ts';
import { keyCustody, openHostPool } from './open-context.ts';
import type { RunRequest, TypedSecrets } from './request.ts';

/** Once control planes have the keys, this machine keeps none where the document says so. */
export function keepCustody(document: ClusterDocument, home: string): void {
  if (document.certificates.authorityKeys === 'control-planes') forgetKeys(path.join(home, 'pki'));
}

type RequestOf<Workflow extends RunRequest['workflow']> = Extract<RunRequest, { readonly workflow: Workflow }>;

/** Opens what a renewal of certificates needs: the authorities on this machine and the hosts, but no bundle. */
export async function prepareRenewal(
  request: RequestOf<'renew-certificates'>,
  typed: TypedSecrets,
  home: string,
): Promise<PreparedRun> {
  const { document } = request;
  const chosen =
    request.host === undefined ? document.hosts : document.hosts.filter(({ name }) => name === request.host);
  if (chosen.length === 0) {
    throw new LandfallError({
      code: 'HOST_UNKNOWN',
      message: `The cluster document has no host named ${request.host}.`,
      exitStatus: 2,
    });
  }
  const pool = openHostPool(document, home, typed);
  const pki = await openClusterPki(path.join(home, 'pki'), document, keyCustody(document, pool));
  const pending = openPendingRenewal(home);
  return {
    plan: certificateRenewalPlan({ document, home, pki, host: pool.host, pending, chosen, all: request.all }),
    host: pool.host,
    secretValues: pool.secretValues,
    conclude: async () => {
      pending.finish();
      keepCustody(document, home);
    },
    close: pool.close,
  };
}

/** Throws ROTATION_UNFINISHED while hosts may trust authorities that are not the cluster's only ones. */
export function refuseDuringRotation(home: string): void {
  mendPromotion(home);
  if (currentRotation(home) === undefined) return;
  throw new LandfallError({
    code: 'ROTATION_UNFINISHED',
    message:
      'The authorities of this cluster are being rotated, and nothing else may touch its certificates meanwhile.',
    fix: 'End it with landfall certificates rotate-ca, or go back with landfall certificates rotate-ca --back.',
    exitStatus: 2,
  });
}

/** Opens the old authorities and makes the new ones on the first call. */
export async function prepareRotation(
  request: RequestOf<'rotate-authorities'>,
  typed: TypedSecrets,
  home: string,
): Promise<PreparedRun> {
  const { document, back, until } = request;
  mendPromotion(home);
  const known = currentRotation(home);
  if (back && known === undefined) {
    throw new LandfallError({
      code: 'ROTATION_UNKNOWN',
      message: 'No rotation of authorities has begun, so there is no way back from one.',
      exitStatus: 2,
    });
  }
  if (!back && known?.back === true) {
    throw new LandfallError({
      code: 'ROTATION_UNFINISHED',
      message: 'This rotation of authorities is on its way back, and hosts may be at any stage of it.',
      fix: 'Go the way back to its end first: landfall certificates rotate-ca --back.',
      exitStatus: 2,
    });
  }
  const pool = openHostPool(document, home, typed);
  const custody = keyCustody(document, pool);
  const pki = await openClusterPki(currentFolder(home), document, { ...custody, keepFetched: true });
  const next = await openClusterPki(nextFolder(home), document, {
    ...(custody.passphrase === undefined ? {} : { passphrase: custody.passphrase }),
    ...(request.authorityFolder === undefined ? {} : { given: request.authorityFolder }),
  });
  const rotation = beginRotation(home, back);
  const stages = back
    ? backStages.slice({ trust: 2, switch: 1, retire: 0 }[rotation.furthest])
    : forwardStages.slice(0, forwardStages.indexOf(until) + 1);
  return {
    plan: authorityRotationPlan({ document, home, pki, next, host: pool.host, rotation, back }, stages),
    host: pool.host,
    secretValues: pool.secretValues,
    async conclude() {
      if (back) forgetRotation(home);
      else if (until === 'retire') promote(home);
      else return;
      keepCustody(document, home);
    },
    close: pool.close,
  };
}

/** Opens what new names of the API need. */
export async function prepareNames(document: ClusterDocument, typed: TypedSecrets, home: string): Promise<PreparedRun> {
  const pool = openHostPool(document, home, typed);
  const pki = await openClusterPki(currentFolder(home), document, keyCustody(document, pool));
  return {
    plan: apiNamesPlan({ document, home, pki, host: pool.host }),
    host: pool.host,
    secretValues: pool.secretValues,
    conclude: async () => keepCustody(document, home),
    close: pool.close,
  };
}
