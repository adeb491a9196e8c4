import { LandfallError } from '../errors.ts';
import type { Architecture, Bundle, BundleImage } from './contents.ts';
import { type Descriptor, parseManifest } from './oci.ts';

type Part = { readonly digest: string; readonly size: number };

/** What an image is made of, as far as the bundle needs it for the architectures. */
export type ImageTree = {
  /** Children before the index that names them; the root is the last. */
  readonly manifests: readonly Part[];
  /** Configurations and layers. */
  readonly blobs: readonly Part[];
  /** Architectures for which the image has a manifest. */
  readonly architectures: ReadonlySet<string>;
};

/** Content of a manifest or a configuration; undefined leaves out what lies below it. */
export type PartReader = (descriptor: Descriptor, kind: 'manifest' | 'configuration') => Promise<Buffer | undefined>;

function isWanted(child: Descriptor, architectures: readonly Architecture[]): boolean {
  if (child.platform === undefined) return true;
  const { os, architecture } = child.platform;
  return os === 'linux' && architectures.some((wanted) => wanted === architecture);
}

/** Architecture an image's configuration states. */
async function statedArchitecture(read: PartReader, config: Descriptor | undefined): Promise<string | undefined> {
  const content = config === undefined ? undefined : await read(config, 'configuration');
  if (content === undefined) return undefined;
  try {
    return (JSON.parse(content.toString('utf8')) as { architecture?: string }).architecture;
  } catch {
    return undefined;
  }
}

/** Walks an image from its root to its layers. Manifests of other platforms are left out, so a sparse index is fine. */
export async function walkImage(
  read: PartReader,
  root: Descriptor,
  architectures: readonly Architecture[],
  item: string,
): Promise<ImageTree> {
  const manifests = new Map<string, Part>();
  const blobs = new Map<string, Part>();
  const found = new Set<string>();
  const walk = async (descriptor: Descriptor): Promise<void> => {
    if (manifests.has(descriptor.digest)) return;
    const content = await read(descriptor, 'manifest');
    if (content === undefined) return;
    const manifest = parseManifest(content, item);
    for (const child of manifest.manifests ?? []) if (isWanted(child, architectures)) await walk(child);
    if (manifest.manifests === undefined) {
      const architecture = descriptor.platform?.architecture ?? (await statedArchitecture(read, manifest.config));
      if (architecture !== undefined) found.add(architecture);
    }
    for (const part of [manifest.config, ...(manifest.layers ?? [])]) {
      if (part !== undefined) blobs.set(part.digest, { digest: part.digest, size: part.size });
    }
    manifests.set(descriptor.digest, { digest: descriptor.digest, size: content.length });
  };
  await walk(root);
  return { manifests: [...manifests.values()], blobs: [...blobs.values()], architectures: found };
}

/** The tree of an image in an opened bundle; BUNDLE_ARCHITECTURE_MISSING when it is not made for one of them. */
export async function imageTree(
  bundle: Bundle,
  image: BundleImage,
  architectures: readonly Architecture[],
): Promise<ImageTree> {
  for (const architecture of architectures) {
    if (image.architectures.includes(architecture)) continue;
    throw new LandfallError({
      code: 'BUNDLE_ARCHITECTURE_MISSING',
      message: `The bundle holds ${image.name} for ${image.architectures.join(', ')}, not for ${architecture}.`,
      fix: `Build the bundle again with --arch ${[...image.architectures, architecture].join(',')}.`,
    });
  }
  const read: PartReader = async (descriptor) => {
    const chunks: Buffer[] = [];
    for await (const chunk of bundle.openBlob(descriptor.digest)) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks);
  };
  return walkImage(read, { digest: image.digest, size: 0 }, architectures, image.name);
}
