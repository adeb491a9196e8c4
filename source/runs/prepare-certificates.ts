import path from 'node:path';
import { forgetKeys } from '../certificates/authorities.ts';
import { openClusterPki } from '../certificates/cluster-pki.ts';
import { openPendingRenewal } from '../certificates/pending-renewal.ts';
import type { ClusterDocument } from '../cluster/document.ts';
import { LandfallError } from '../errors.ts';
import { certificateRenewalPlan } from '../workflows/certificates.ts';
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
