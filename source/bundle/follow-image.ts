import { findBlob, readSmallBlob } from './blob-store.ts';
import { unreadable } from './image-error.ts';
import type { ImageTree } from './image-tree.ts';
import { type Descriptor, type Manifest, parseManifest } from './oci.ts';

type Part = { readonly digest: string; readonly size: number };
type Branch = { readonly manifests: readonly Part[]; readonly blobs: readonly Part[]; readonly missing?: string };

/**
 * Follows an image in a layout to its layers. Of an index, what is not there is left out: archives often hold one platform
 * and the index of all.
 */
export async function followImage(directory: string, root: Descriptor, item: string): Promise<ImageTree> {
  const architectures = new Set<string>();
  const follow = async (descriptor: Descriptor): Promise<Branch> => {
    const blob = await findBlob(directory, descriptor.digest);
    if (blob === undefined) return { manifests: [], blobs: [], missing: descriptor.digest };
    const content = await readSmallBlob(blob, item);
    const manifest: Manifest = parseManifest(content, item);
    const own = { digest: descriptor.digest, size: content.length };
    if (manifest.manifests !== undefined) {
      const children = await Promise.all(manifest.manifests.map(follow));
      const whole = children.filter((child) => child.missing === undefined);
      const [lost] = children;
      if (whole.length === 0) return { manifests: [], blobs: [], missing: lost?.missing ?? descriptor.digest };
      return {
        manifests: [...whole.flatMap((child) => child.manifests), own],
        blobs: whole.flatMap((child) => child.blobs),
      };
    }
    const blobs: Part[] = [];
    for (const { digest, size } of [manifest.config, ...(manifest.layers ?? [])].filter((part) => part !== undefined)) {
      const found = await findBlob(directory, digest);
      if (found?.size !== size) return { manifests: [], blobs: [], missing: digest };
      blobs.push({ digest, size });
    }
    architectures.add(descriptor.platform?.architecture ?? (await statedArchitecture(directory, manifest, item)));
    return { manifests: [own], blobs };
  };
  const branch = await follow(root);
  if (branch.missing !== undefined) throw unreadable(item, `${branch.missing} is not in it, or not whole`);
  const distinct = (parts: readonly Part[]): readonly Part[] => [
    ...new Map(parts.map((part) => [part.digest, part])).values(),
  ];
  return { manifests: distinct(branch.manifests), blobs: distinct(branch.blobs), architectures };
}

/** The architecture the configuration names; empty for what is no image, such as a signature. */
async function statedArchitecture(directory: string, manifest: Manifest, item: string): Promise<string> {
  const blob = manifest.config === undefined ? undefined : await findBlob(directory, manifest.config.digest);
  if (blob === undefined) return '';
  const text = (await readSmallBlob(blob, item)).toString('utf8');
  try {
    return (JSON.parse(text) as { readonly architecture?: string }).architecture ?? '';
  } catch {
    return '';
  }
}
