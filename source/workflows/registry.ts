import type { RegistryStage } from '../cluster/secrets.ts';
import type { Phase, Plan, Step } from '../engine/step.ts';
import { type LandfallError, toLandfallError } from '../errors.ts';
import { connect, reachControlPlanes } from '../phases/connect.ts';
import { controlPlanes, type InstallContext } from '../phases/context.ts';
import { wholeContent } from '../phases/registry.ts';
import {
  compareInventory,
  isSame,
  type RegistryDifference,
  type RegistryInventory,
  wantedContent,
} from '../phases/registry-inventory.ts';
import { lookForPrune, openPrune, pruneRegistry, reachForPrune } from '../phases/registry-prune.ts';
import { openPush, type PushRequest, pushImages, readImages } from '../phases/registry-push.ts';
import type { Removal } from '../phases/registry-reach.ts';
import { openWanted, repairRegistry, takeInventory } from '../phases/registry-repair.ts';
import {
  type RegistryRotationContext,
  remainingStages,
  rotateNode,
  rotateRegistry,
} from '../phases/registry-rotation.ts';

/** Makes what the registries of all control planes hold the same again, and whole. */
export function registryRepairPlan(context: InstallContext): Plan {
  const planes = controlPlanes(context.document);
  const wanted = openWanted(context);
  return {
    workflow: 'repair-registry',
    cluster: context.document.name,
    phases: [
      reachControlPlanes(context),
      {
        id: 'registry',
        title: 'Repair the registries',
        steps: planes.map((host) => repairRegistry(context, host, wanted)),
      },
    ],
  };
}

/** Brings a user's own images into the registries of all control planes. */
export function registryPushPlan(context: InstallContext, request: PushRequest): Plan {
  const planes = controlPlanes(context.document);
  const push = openPush(context, request);
  return {
    workflow: 'push-images',
    cluster: context.document.name,
    phases: [
      reachControlPlanes(context),
      {
        id: 'registry',
        title: 'Bring the images into the registries',
        steps: [readImages(context, push), ...planes.map((host) => pushImages(context, push, host))],
      },
    ],
  };
}

/**
 * Takes out of all registries what nothing reaches, and the images of these names. Every control plane must be there: one
 * that is away would bring it back.
 */
export function registryPrunePlan(context: InstallContext, names: readonly string[]): Plan {
  const planes = controlPlanes(context.document);
  const prune = openPrune(context, names);
  const reach = planes.map((host) => connect(context, host, () => reachForPrune(context, host)));
  const look = lookForPrune(
    context,
    prune,
    reach.map((step) => step.id),
  );
  return {
    workflow: 'prune-registry',
    cluster: context.document.name,
    phases: [
      { id: 'connect', title: 'Reach the control planes', steps: reach },
      {
        id: 'registry',
        title: 'Take out what nothing reaches',
        steps: [look, ...planes.map((host) => pruneRegistry(context, prune, host))],
      },
    ],
  };
}

/** What a pruning would take out of each registry. */
export async function registryPrunePreview(
  context: InstallContext,
  names: readonly string[],
): Promise<readonly (Removal & { readonly host: string })[]> {
  const prune = openPrune(context, names);
  return Promise.all(
    controlPlanes(context.document).map(async (host) => ({ host: host.name, ...(await prune.removal(host)).removal })),
  );
}

const rotationTitles: Readonly<Record<RegistryStage, string>> = {
  certificate: 'New certificates, one registry at a time',
  accept: 'Accept old and new password',
  introduce: 'Give nodes the new password',
  replace: 'Change the password of the usual user',
  settle: 'Let nodes ask as the usual user',
  retire: 'Retire the old password',
};

/** New certificates and a new password for the registries: all hosts come through one stage before any begins the next. */
export function registryRotationPlan(context: RegistryRotationContext): Plan {
  const { hosts } = context.document;
  const planes = controlPlanes(context.document);
  const phases: Phase[] = [
    { id: 'connect', title: 'Reach the hosts', steps: hosts.map((host) => connect(context, host)) },
  ];
  let before: readonly string[] = hosts.map((host) => `connect/host@${host.name}`);
  for (const stage of remainingStages(context.rotation.current())) {
    const steps: Step[] = [];
    if (stage === 'introduce' || stage === 'settle') {
      steps.push(...hosts.map((host) => rotateNode(context, host, stage, before)));
    } else {
      for (const host of planes) {
        // One registry after the other, so that one that is not well stops the rest.
        const previous = steps.at(-1)?.id;
        steps.push(rotateRegistry(context, host, stage, [...before, ...(previous === undefined ? [] : [previous])]));
      }
    }
    phases.push({ id: `registry-${stage}`, title: rotationTitles[stage], steps });
    before = steps.map((step) => step.id);
  }
  return { workflow: 'rotate-registry', cluster: context.document.name, phases };
}

export type RegistryReport = {
  readonly registries: readonly {
    readonly host: string;
    readonly same: boolean;
    readonly difference: RegistryDifference;
  }[];
  /** Control planes that could not be asked. */
  readonly unreachable: readonly { readonly host: string; readonly error: LandfallError }[];
  /** Every tag there is. */
  readonly tags: readonly RegistryTag[];
};

export type RegistryTag = {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  /** Whether it comes from the bundle. */
  readonly bundle: boolean;
  /** Control planes whose registry has the tag with this digest, and the manifest whole. */
  readonly hosts: readonly string[];
};

type Asked = { readonly host: string; readonly inventory: RegistryInventory };

/** All tags of these registries, each with the control planes that have it. */
export function listTags(asked: readonly Asked[], bundleLinks: readonly string[]): readonly RegistryTag[] {
  const own = new Set(bundleLinks);
  const tags = new Map<string, string[]>();
  for (const { host, inventory } of asked) {
    for (const line of inventory.links) {
      if (!line.startsWith('tag ')) continue;
      const hosts = tags.get(line) ?? [];
      tags.set(line, hosts);
      if (inventory.blobs.get(line.split(' ').at(-1) ?? '')?.whole === true) hosts.push(host);
    }
  }
  return [...tags]
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([line, hosts]) => {
      const [, repository = '', tag = '', hex = ''] = line.split(' ');
      return { repository, tag, digest: `sha256:${hex}`, bundle: own.has(line), hosts };
    });
}

/** Reads and hashes what all registries hold, and compares it with the bundle and with one another. */
export async function registryReport(context: InstallContext): Promise<RegistryReport> {
  const unreachable: { host: string; error: LandfallError }[] = [];
  const asked: Asked[] = [];
  await Promise.all(
    controlPlanes(context.document).map(async ({ name }) => {
      try {
        asked.push({ host: name, inventory: await takeInventory((await context.host(name)).connection) });
      } catch (thrown) {
        unreachable.push({ host: name, error: toLandfallError(thrown, { host: name }) });
      }
    }),
  );
  asked.sort((left, right) => left.host.localeCompare(right.host));
  const bundle = await wholeContent(context);
  const wanted = wantedContent(
    bundle,
    asked.map((each) => each.inventory),
  );
  return {
    registries: asked.map(({ host, inventory }) => {
      const difference = compareInventory(inventory, wanted);
      return { host, same: isSame(difference), difference };
    }),
    unreachable,
    tags: listTags(asked, bundle.links),
  };
}
