import { statfs } from 'node:fs/promises';
import type { Bundle, BundleImage, ImageUse } from '../bundle/contents.ts';
import type { ClusterDocument, HostRole } from '../cluster/document.ts';
import type { HostFacts } from '../hosts/facts.ts';
import { type CheckResult, couldNotRun, finding, findingWhen, pass, type Verdict } from './check.ts';
import type { LookedAtHost } from './check-together.ts';
import { spaceOf } from './checks/disk.ts';
import type { ResultMaker } from './results.ts';
import { gibibytes, mebibyte } from './sizes.ts';

// Programs in archives, and layers of images, on the disk of a host in relation to their packed size.
const unpacked = 3;
const reserve = 1024 * mebibyte;

const usedOn: Readonly<Record<ImageUse, readonly HostRole[]>> = {
  'every-node': ['control-plane', 'worker'],
  network: ['control-plane', 'worker'],
  'load-balancer': ['control-plane', 'worker'],
  cluster: ['control-plane', 'worker'],
  application: ['control-plane', 'worker'],
  'control-plane': ['control-plane'],
};

/** Bytes a host needs at each path to take its part of a bundle. */
export type SpaceNeed = { readonly path: string; readonly bytes: number };

async function imageBytes(bundle: Bundle, images: readonly BundleImage[], facts: HostFacts): Promise<number> {
  const blobs = new Map<string, number>();
  for (const image of images) {
    const architectures = image.architectures.filter((architecture) => architecture === facts.architecture);
    for (const blob of await bundle.imageBlobs(image, architectures)) blobs.set(blob.digest, blob.size);
  }
  return [...blobs.values()].reduce((sum, size) => sum + size, 0);
}

/** What a host of this role needs; `workloads` says whether applications run there. */
export async function spaceNeeds(
  bundle: Bundle,
  role: HostRole,
  facts: HostFacts,
  workloads: boolean,
): Promise<readonly SpaceNeed[]> {
  const programs = bundle.files
    .filter((file) => file.architecture === facts.architecture && file.role !== 'landfall')
    .filter((file) => role === 'control-plane' || !['registry', 'etcdctl', 'helm'].includes(file.role))
    .reduce((sum, file) => sum + file.size * (file.archive ? unpacked : 1), 0);
  const images = bundle.images.filter(
    (image) => usedOn[image.use].includes(role) && (workloads || image.use !== 'application'),
  );
  const layers = await imageBytes(bundle, images, facts);
  const everything = role === 'control-plane' ? await imageBytes(bundle, bundle.images, facts) : 0;
  return [
    { path: '/usr/local/bin', bytes: programs },
    { path: '/var/lib/containerd', bytes: layers * unpacked },
    // The registry's content, and archives while they are sent.
    { path: '/var/lib/landfall', bytes: everything + Math.max(0, ...bundle.files.map((file) => file.size)) },
    { path: '/var/lib/kubelet', bytes: reserve },
  ];
}

/** Mounts on which the needs of all paths together do not fit. */
export function judgeSpace(facts: HostFacts, needs: readonly SpaceNeed[]): Verdict {
  const mounts = new Map<string, { free: number; bytes: number }>();
  for (const { path, bytes } of needs) {
    const place = spaceOf(facts, path);
    if (place === undefined) return couldNotRun(`df ${path}`);
    const known = mounts.get(place.mount) ?? { free: place.free, bytes: 0 };
    known.bytes += bytes;
    mounts.set(place.mount, known);
  }
  const full = [...mounts].filter(([, { free, bytes }]) => bytes > free);
  return findingWhen(
    full.map(([mount, { free }]) => `${mount} ${gibibytes(free)}`),
    full.map(([mount, { bytes }]) => `${mount} ≥ ${gibibytes(bytes)}`).join('; '),
  );
}

// MSDOS_SUPER_MAGIC of Linux.
const fat = 0x4d44;

/** How the medium of the bundle keeps files. */
async function judgeMedium(directory: string): Promise<Verdict> {
  const { type } = await statfs(directory);
  return type === fat ? finding('FAT', 'exFAT, ext4, NTFS') : pass;
}

const sampleBytes = 32 * mebibyte;
const sampleMilliseconds = 1500;
const leastSpeed = 15 * mebibyte;

/** Reads a part of the biggest file of the bundle and looks how fast that goes. */
export async function judgeSpeed(bundle: Bundle): Promise<Verdict> {
  const biggest = [...bundle.files].sort((left, right) => right.size - left.size)[0];
  if (biggest === undefined) return couldNotRun('0');
  const stream = bundle.openFile(biggest);
  const start = performance.now();
  let bytes = 0;
  try {
    for await (const chunk of stream) {
      bytes += (chunk as Buffer).length;
      if (bytes >= sampleBytes || performance.now() - start > sampleMilliseconds) break;
    }
  } catch (error) {
    return couldNotRun(error instanceof Error ? error.message : String(error));
  }
  const seconds = (performance.now() - start) / 1000;
  // A small file says more about the time it takes to open one.
  if (bytes < 4 * mebibyte && seconds * 1000 < sampleMilliseconds) return pass;
  const speed = bytes / seconds;
  return speed >= leastSpeed
    ? pass
    : finding(`${(speed / mebibyte).toFixed(1)} MiB/s`, `≥ ${leastSpeed / mebibyte} MiB/s`);
}

/** Whether the host has room for its part of the bundle. One that is in the cluster already has what it needs. */
export async function checkBundleSpace(
  bundle: Bundle,
  document: ClusterDocument,
  { host, facts, own }: Pick<LookedAtHost, 'host' | 'facts' | 'own'>,
  make: ResultMaker,
): Promise<readonly CheckResult[]> {
  if (own || !bundle.architectures.includes(facts.architecture)) return [];
  const workloads = host.role === 'worker' || !document.hosts.some((other) => other.role === 'worker');
  const needs = await spaceNeeds(bundle, host.role, facts, workloads);
  return [make('bundle-space', host.name, judgeSpace(facts, needs))];
}

/** Whether this bundle fits this cluster, and its medium; `readMedium` false leaves out what takes time. */
export async function checkBundle(
  bundle: Bundle,
  document: ClusterDocument,
  hosts: readonly Pick<LookedAtHost, 'host' | 'facts'>[],
  make: ResultMaker,
  readMedium = true,
): Promise<readonly CheckResult[]> {
  const foreign = hosts.filter(({ facts }) => !bundle.architectures.includes(facts.architecture));
  const wanted = document.kubernetesVersion;
  const medium = async (): Promise<readonly CheckResult[]> => {
    const [type, speed] = await Promise.all([
      judgeMedium(bundle.directory).catch((error: Error) => couldNotRun(error.message)),
      judgeSpeed(bundle),
    ]);
    return [make('bundle-media-type', bundle.directory, type), make('bundle-media-speed', bundle.directory, speed)];
  };
  return [
    make('bundle-opens', bundle.directory, pass),
    make('bundle-complete', bundle.directory, pass),
    make(
      'bundle-architecture',
      bundle.directory,
      findingWhen(
        foreign.map(({ host, facts }) => `${host.name} ${facts.architecture}`),
        bundle.architectures.join(', '),
      ),
    ),
    make(
      'bundle-version',
      bundle.directory,
      wanted === undefined || wanted === bundle.kubernetesVersion ? pass : finding(bundle.kubernetesVersion, wanted),
    ),
    ...(readMedium ? await medium() : []),
  ];
}
