import { readAsset } from '../assets.ts';
import type { HostEntry } from '../cluster/document.ts';
import type { Step, StepReporter } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { controlPlanes, type InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';
import { hostPaths } from './paths.ts';
import { bundleBlobs, sendBlobs, wholeContent } from './registry.ts';
import type { RegistryContent } from './registry-content.ts';
import {
  compareInventory,
  isSame,
  parseInventory,
  type RegistryInventory,
  wantedContent,
} from './registry-inventory.ts';

/** Writes links into a registry's storage; one that is there is written again. */
export async function writeLinkLines(connection: HostConnection, lines: readonly string[]): Promise<void> {
  await connection.check('Link the images', await readAsset('hosts/registry-link.sh'), [hostPaths.registryStorage], {
    stdin: lines.map((line) => `${line}\n`).join(''),
  });
}

/** Reads and hashes everything that a control plane's registry holds. */
export async function takeInventory(connection: HostConnection): Promise<RegistryInventory> {
  const script = await readAsset('hosts/registry-inventory.sh');
  return parseInventory(await connection.check('Read the registry', script, [hostPaths.registryStorage]));
}

const hexOf = (digest: string): string => digest.replace('sha256:', '');

type Wanted = ReturnType<typeof wantedContent>;

/** What all registries shall hold, learned once a run; a registry that cannot be asked has no say in it. */
export function openWanted(context: InstallContext): () => Promise<Wanted> {
  let known: Promise<Wanted> | undefined;
  const learn = async (): Promise<Wanted> => {
    const asked = await Promise.allSettled(
      controlPlanes(context.document).map(async (plane) => takeInventory((await context.host(plane.name)).connection)),
    );
    const inventories = asked.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    return wantedContent(await wholeContent(context), inventories);
  };
  return () => {
    known ??= learn();
    return known;
  };
}

/** Brings blobs from other registries; returns the hex digests of those that none could give. */
export async function fetchFromPeers(
  context: InstallContext,
  peers: readonly HostEntry[],
  connection: HostConnection,
  blobs: RegistryContent['blobs'],
  reporter: StepReporter,
): Promise<ReadonlySet<string>> {
  if (peers.length === 0) return new Set(blobs.map((blob) => hexOf(blob.digest)));
  const total = blobs.reduce((sum, blob) => sum + blob.size, 0);
  const failed = new Set<string>();
  let fetched = 0;
  await connection.check(
    'Take blobs from other registries',
    await readAsset('hosts/registry-fetch.sh'),
    [hostPaths.registryStorage, ...peers.map((plane) => `${plane.address}:${context.document.registry.port}`)],
    {
      stdin: blobs.map((blob) => `${blob.repository} ${hexOf(blob.digest)} ${blob.size}\n`).join(''),
      signal: reporter.signal,
      onLine: (line) => {
        const missed = /^failed ([0-9a-f]{64})$/.exec(line)?.[1];
        if (missed !== undefined) failed.add(missed);
        else reporter.output(line);
        fetched += Number(/^fetched (\d+) /.exec(line)?.[1] ?? 0);
        reporter.progress(fetched, total, 'bytes');
      },
    },
  );
  return failed;
}

/** Takes out what is damaged, and brings what is missing: from another registry, else from the bundle. */
async function repair(
  context: InstallContext,
  host: HostEntry,
  connection: HostConnection,
  wanted: Wanted,
  reporter: StepReporter,
): Promise<void> {
  const difference = compareInventory(await takeInventory(connection), wanted);
  for (const tag of difference.changedTags) reporter.output(`${tag} names another image and is set right`);
  const lines = (items: readonly string[]): string => items.map((item) => `${item}\n`).join('');
  const storage = [hostPaths.registryStorage];
  await connection.check('Take out damaged blobs', await readAsset('hosts/registry-discard.sh'), storage, {
    stdin: lines(difference.damaged),
  });
  await writeLinkLines(connection, difference.links);
  const needed = new Set([...difference.missing, ...difference.damaged]);
  const blobs = wanted.blobs.filter((blob) => needed.has(hexOf(blob.digest)));
  if (blobs.length === 0) return;
  const peers = controlPlanes(context.document).filter((plane) => plane.name !== host.name);
  const failed = await fetchFromPeers(context, peers, connection, blobs, reporter);
  if (failed.size === 0) return;
  const lost = [...failed].filter((hex) => wanted.foreign.has(hex));
  await sendBlobs(
    bundleBlobs(context),
    connection,
    { blobs: wanted.blobs.filter((blob) => !wanted.foreign.has(hexOf(blob.digest))), links: [] },
    reporter,
  );
  if (lost.length === 0) return;
  throw new LandfallError({
    code: 'REGISTRY_BLOBS_LOST',
    message: `No registry holds ${lost.length} blobs of your own images whole, the first is sha256:${lost[0]}.`,
    fix: 'Push the images again that need them; those of the bundle are whole.',
    context: { host: host.name },
  });
}

/** The registry of a control plane holds what the bundle and the others hold, whole; done when every hash says so. */
export function repairRegistry(context: InstallContext, host: HostEntry, wanted: () => Promise<Wanted>): Step {
  return hostStep(context, {
    id: 'registry/repair',
    host: host.name,
    title: 'Repair what the registry holds',
    kind: 'upload',
    after: [`connect/host@${host.name}`],
    probe: async ({ connection }) => isSame(compareInventory(await takeInventory(connection), await wanted())),
    apply: async ({ connection }, reporter) => repair(context, host, connection, await wanted(), reporter),
  });
}
