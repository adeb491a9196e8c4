import { rmSync } from 'node:fs';
import path from 'node:path';
import { forgetRestore } from '../backups/staging.ts';
import { clusterHome } from '../cluster/home.ts';
import { isRegistryRotating } from '../cluster/secrets.ts';
import { LandfallError } from '../errors.ts';
import { applicationSteps } from '../phases/applications.ts';
import { forgetPush } from '../phases/registry-push.ts';
import { applicationInstallPlan, applicationUninstallPlan } from '../workflows/applications.ts';
import { installPlan } from '../workflows/install.ts';
import {
  registryPrunePlan,
  registryPushPlan,
  registryRepairPlan,
  registryRotationPlan,
} from '../workflows/registry.ts';
import { resetPlan } from '../workflows/reset.ts';
import { restorePlan } from '../workflows/restore.ts';
import type { PreparedRun } from './execute.ts';
import { openHostPool, openInstallContext } from './open-context.ts';
import {
  keepCustody,
  prepareNames,
  prepareRenewal,
  prepareRotation,
  refuseDuringRotation,
} from './prepare-certificates.ts';
import type { RunRequest, TypedSecrets } from './request.ts';

/** Opens what a request needs and makes its plan. */
export async function prepareRun(
  request: RunRequest,
  typed: TypedSecrets,
  home: string = clusterHome(request.document.name),
): Promise<PreparedRun> {
  const { document } = request;
  if (request.workflow === 'reset') {
    const pool = openHostPool(document, home, typed);
    return {
      plan: resetPlan({ document, host: pool.host, keepData: request.keepData }),
      host: pool.host,
      secretValues: pool.secretValues,
      conclude: async () => forgetSecrets(home),
      close: pool.close,
    };
  }
  refuseDuringRegistryRotation(request.workflow, home);
  if (request.workflow === 'rotate-authorities') return prepareRotation(request, typed, home);
  refuseDuringRotation(home);
  if (request.workflow === 'add-names') return prepareNames(document, typed, home);
  if (request.workflow === 'renew-certificates') return prepareRenewal(request, typed, home);
  if (request.bundle === undefined) {
    throw new LandfallError({
      code: 'BUNDLE_MISSING',
      message: 'No bundle is known for this cluster.',
      fix: 'Name its folder with --bundle.',
      exitStatus: 2,
    });
  }
  const { context, secrets, pool } = await openInstallContext(document, request.bundle, home, typed);
  const plan = async () => {
    switch (request.workflow) {
      case 'install':
        return installPlan(context, await applicationSteps(context, document.applications));
      case 'repair-registry':
        return registryRepairPlan(context);
      case 'push-images':
        return registryPushPlan(context, request);
      case 'prune-registry':
        return registryPrunePlan(context, request.images);
      case 'rotate-registry':
        return registryRotationPlan({ ...context, rotation: secrets.rotation });
      case 'restore':
        return restorePlan({ ...context, restore: request.source }, request.manner);
      case 'install-applications':
        return applicationInstallPlan(context, request.applications);
      case 'uninstall-application':
        return applicationUninstallPlan(context, request.application, request.deleteData);
    }
  };
  return {
    plan: await plan(),
    host: pool.host,
    secretValues: () => [...pool.secretValues(), ...secrets.allValues()],
    conclude: async () => {
      if (request.workflow === 'rotate-registry') secrets.rotation.finish();
      if (workflowsWithKeys.includes(request.workflow)) keepCustody(document, home);
      if (request.workflow === 'restore') forgetRestore(home);
      if (request.workflow === 'push-images') forgetPush(home);
    },
    close: async () => {
      // What came from another registry is kept for the next try; a file is read again in no time.
      if (request.workflow === 'push-images' && request.origin.kind === 'file') forgetPush(home);
      await pool.close();
    },
  };
}

/** Workflows for which the keys of authorities may be fetched from control planes. */
const workflowsWithKeys: readonly RunRequest['workflow'][] = ['install', 'restore', 'rotate-registry'];

/** Throws REGISTRY_ROTATION_UNFINISHED for what would give hosts the password that is on its way out. */
function refuseDuringRegistryRotation(workflow: RunRequest['workflow'], home: string): void {
  if (workflow !== 'install' && workflow !== 'restore' && workflow !== 'rotate-authorities') return;
  if (!isRegistryRotating(home)) return;
  throw new LandfallError({
    code: 'REGISTRY_ROTATION_UNFINISHED',
    message: 'The registries of this cluster are on the way to a new password, and hosts may be at any stage of it.',
    fix: 'End it with landfall registry rotate, then run this command again.',
    exitStatus: 2,
  });
}

/** The secrets of a cluster that is no more; another install makes its own. */
function forgetSecrets(home: string): void {
  for (const name of [
    'secrets.json',
    'pki',
    'pki-next',
    'pki-old',
    'rotation.json',
    'renewal.json',
    'admin.conf',
    'applications.json',
  ]) {
    rmSync(path.join(home, name), { recursive: true, force: true });
  }
}
