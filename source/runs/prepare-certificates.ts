import path from 'node:path';
import { openClusterPki } from '../certificates/cluster-pki.ts';
import { openPendingRenewal } from '../certificates/pending-renewal.ts';
import { LandfallError } from '../errors.ts';
import { certificateRenewalPlan } from '../workflows/certificates.ts';
import type { PreparedRun } from './execute.ts';
import { openHostPool } from './open-context.ts';
import type { RunRequest, TypedSecrets } from './request.ts';

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
  const pki = await openClusterPki(path.join(home, 'pki'), document);
  const pool = openHostPool(document, home, typed);
  const pending = openPendingRenewal(home);
  return {
    plan: certificateRenewalPlan({ document, home, pki, host: pool.host, pending, chosen, all: request.all }),
    host: pool.host,
    secretValues: pool.secretValues,
    conclude: async () => pending.finish(),
    close: pool.close,
  };
}
