import { LandfallError } from '../errors.ts';
import type { Architecture, Bundle, BundleImage } from './contents.ts';

/** What an image is made of, as far as the bundle needs it for the architectures. */
export type ImageTree = {
  readonly manifests: readonly { readonly digest: string; readonly size: number }[];
  /** Configurations and layers. */
  readonly blobs: readonly { readonly digest: string; readonly size: number }[];
};

type Descriptor = {
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string };
};
type Manifest = {
  readonly manifests?: readonly Descriptor[];
  readonly config?: Descriptor;
  readonly layers?: readonly Descriptor[];
};

async function readManifest(
  bundle: Bundle,
  digest: string,
): Promise<{ readonly manifest: Manifest; readonly size: number }> {
  const chunks: Buffer[] = [];
  for await (const chunk of bundle.openBlob(digest)) chunks.push(Buffer.from(chunk));
  const content = Buffer.concat(chunks);
  try {
    return { manifest: JSON.parse(content.toString('utf8')) as Manifest, size: content.length };
  } catch (cause) {
    throw new LandfallError({
      code: 'BUNDLE_CORRUPT',
      message: `The manifest ${digest} of the bundle is not JSON.`,
      cause,
    });
  }
}

/** Walks an image from its index to its layers. Child manifests of other architectures are left out. */
export async function imageTree(
  bundle: Bundle,
  image: BundleImage,
  architectures: readonly Architecture[],
): Promise<ImageTree> {
  const manifests: { digest: string; size: number }[] = [];
  const blobs = new Map<string, { digest: string; size: number }>();
  const walk = async (digest: string): Promise<void> => {
    const { manifest, size } = await readManifest(bundle, digest);
    for (const child of manifest.manifests ?? []) {
      const wanted =
        child.platform === undefined ||
        architectures.some((architecture) => architecture === child.platform?.architecture);
      if (wanted) await walk(child.digest);
    }
    for (const part of [manifest.config, ...(manifest.layers ?? [])]) {
      if (part !== undefined) blobs.set(part.digest, { digest: part.digest, size: part.size });
    }
    manifests.push({ digest, size });
  };
  await walk(image.digest);
  return { manifests, blobs: [...blobs.values()] };
}
