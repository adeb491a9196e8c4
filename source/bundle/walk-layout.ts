import type { Architecture } from './contents.ts';
import { type PartReader, walkImage } from './image-tree.ts';
import { annotations, type Descriptor, landfallTypes, type Manifest } from './oci.ts';
import { architectures } from './recipe.ts';
import type { BundleSummary } from './summary.ts';

/** One thing the index names, with everything it is made of. */
export type LayoutEntry = {
  /** How messages call it. */
  readonly name: string;
  readonly descriptor: Descriptor;
  readonly image: boolean;
  /** Every blob, manifests too. */
  readonly parts: readonly { readonly digest: string; readonly size: number; readonly item: string }[];
  readonly architectures: ReadonlySet<string>;
  /** Architectures it has to be there for. */
  readonly wanted: readonly Architecture[];
};

/** What a message calls an entry of the index. */
function entryName(descriptor: Descriptor): string {
  const own = descriptor.annotations ?? {};
  if (descriptor.artifactType === landfallTypes.file) {
    return `the file ${own[annotations.role]} for ${own[annotations.architecture]}`;
  }
  if (descriptor.artifactType === landfallTypes.bundle) return "the bundle's summary";
  return own[annotations.name] ?? descriptor.digest;
}

/**
 * Follows every entry of the index down to its blobs.
 * @param summary undefined when it is damaged: then every architecture is followed, and none has to be there
 * @param read as in `walkImage`; `item` names what is read
 */
export async function walkLayout(
  index: Manifest,
  summary: BundleSummary | undefined,
  read: (descriptor: Descriptor, item: string) => Promise<Buffer | undefined>,
): Promise<readonly LayoutEntry[]> {
  const entries: LayoutEntry[] = [];
  for (const descriptor of index.manifests ?? []) {
    const name = entryName(descriptor);
    const image = descriptor.artifactType === undefined;
    const stated = summary?.images.find((candidate) => candidate.name === descriptor.annotations?.[annotations.name]);
    const wanted = image ? (stated?.architectures ?? []) : [];
    const followed = summary === undefined ? architectures : wanted;
    const reader: PartReader = (part, kind) =>
      image || kind === 'manifest' ? read(part, `the ${kind} of ${name}`) : Promise.resolve(undefined);
    const tree = await walkImage(reader, descriptor, followed, name);
    const isFile = descriptor.artifactType === landfallTypes.file;
    const parts = [
      ...tree.manifests.map((part) => ({ ...part, item: `the manifest of ${name}` })),
      ...tree.blobs.map((part) => ({ ...part, item: isFile || !image ? name : `a layer of ${name}` })),
    ];
    entries.push({ name, descriptor, image, parts, architectures: tree.architectures, wanted });
  }
  return entries;
}
