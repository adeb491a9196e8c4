import type { ApplicationEntry } from '../cluster/document.ts';
import type { Plan, Step } from '../engine/step.ts';
import { applicationRoom } from '../phases/application-room.ts';
import { applicationRemoval, applicationSteps } from '../phases/applications.ts';
import { connect, reachControlPlanes } from '../phases/connect.ts';
import { controlPlanes, firstControlPlane, type InstallContext } from '../phases/context.ts';
import { registry } from '../phases/registry.ts';

/** The registry's content as an installed cluster needs it: no service is set up anew, only images are brought. */
function imageSteps(context: InstallContext): readonly Step[] {
  const first = firstControlPlane(context.document).name;
  return controlPlanes(context.document).flatMap((host) =>
    registry(context, host)
      .filter((step) => /^registry\/(images|copy)@/.test(step.id))
      .map((step) => ({
        ...step,
        after: [
          `connect/host@${host.name}`,
          `preflight/applications@${first}`,
          ...step.after.filter((id) => id.startsWith('registry/images@')),
        ],
      })),
  );
}

/** Installs applications on a running cluster: their images into its registries, then each of them, tried as its user would. */
export function applicationInstallPlan(context: InstallContext, entries: readonly ApplicationEntry[]): Plan {
  const first = firstControlPlane(context.document);
  return {
    workflow: 'install-applications',
    cluster: context.document.name,
    phases: [
      reachControlPlanes(context),
      {
        id: 'preflight',
        title: 'Check before anything is changed',
        steps: [applicationRoom(context, entries)],
      },
      { id: 'registry', title: 'Bring the images', steps: imageSteps(context) },
      {
        id: 'applications',
        title: 'Install the applications',
        steps: applicationSteps(context, entries, [`registry/images@${first.name}`]),
      },
    ],
  };
}

/** Removes an application from a running cluster; its data only with `deleteData`. */
export function applicationUninstallPlan(context: InstallContext, name: string, deleteData: boolean): Plan {
  const first = firstControlPlane(context.document);
  return {
    workflow: 'uninstall-application',
    cluster: context.document.name,
    phases: [
      { id: 'connect', title: 'Reach the first control plane', steps: [connect(context, first)] },
      {
        id: 'applications',
        title: 'Uninstall the application',
        steps: [applicationRemoval(context, name, deleteData, [`connect/host@${first.name}`])],
      },
    ],
  };
}
