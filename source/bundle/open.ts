import { Readable } from 'node:stream';
import { LandfallError } from '../errors.ts';
import { blobPieces, findBlob, readBlob, readSmallBlob, type StoredBlob } from './blob-store.ts';
import type { Bundle, BundleBlob } from './contents.ts';
import { imageTree } from './image-tree.ts';
import { readIndex, readSummary } from './layout.ts';
import type { BundleSummary } from './summary.ts';
import { walkLayout } from './walk-layout.ts';

/** A bundle whose parts are all there; what it is made of is in the summary. */
export type OpenedBundle = Bundle & {
  readonly summary: BundleSummary;
  /** Every blob that is in the bundle, once. */
  readonly blobs: readonly BundleBlob[];
};

const rebuild = 'Copy the bundle again, or run its `landfall bundle build` again, which fetches what is missing.';

function incomplete(directory: string, missing: readonly string[]): LandfallError {
  const unique = [...new Set(missing)];
  const shown = unique.slice(0, 5).join('; ');
  const more = unique.length > 5 ? `; and ${unique.length - 5} more` : '';
  return new LandfallError({
    code: 'BUNDLE_INCOMPLETE',
    message: `The bundle ${directory} is not whole: ${shown}${more}.`,
    fix: rebuild,
  });
}

type Known = { readonly blob: StoredBlob; readonly size: number; readonly item: string };

/**
 * Opens a bundle for reading. Every blob is looked for and its size compared; contents are proved as they are read.
 * @throws BUNDLE_MISSING, BUNDLE_INCOMPLETE, BUNDLE_CORRUPT, BUNDLE_READ
 */
export async function openBundle(directory: string): Promise<OpenedBundle> {
  const index = await readIndex(directory);
  const { summary } = await readSummary(directory, index);
  const known = new Map<string, Known>();
  const missing: string[] = [];
  const entries = await walkLayout(index, summary, async (descriptor, item) => {
    const blob = await findBlob(directory, descriptor.digest);
    if (blob === undefined) {
      missing.push(`${item} is missing`);
      return undefined;
    }
    return readSmallBlob(blob, item);
  });
  for (const entry of entries) {
    for (const architecture of entry.wanted) {
      if (!entry.architectures.has(architecture)) missing.push(`${entry.name} is not there for ${architecture}`);
    }
    for (const { digest, size, item } of entry.parts) {
      if (known.has(digest)) continue;
      const blob = await findBlob(directory, digest);
      if (blob === undefined) missing.push(`${item} is missing`);
      else if (blob.size !== size) missing.push(`${item} has ${blob.size} of ${size} bytes`);
      else known.set(digest, { blob, size, item });
    }
  }
  const named = new Set(entries.map((entry) => entry.descriptor.digest));
  for (const image of summary.images) if (!named.has(image.digest)) missing.push(`${image.name} is not in the index`);
  for (const file of summary.files) {
    if (!known.has(`sha256:${file.sha256}`)) missing.push(`the file ${file.role} for ${file.architecture} is missing`);
  }
  if (missing.length > 0) throw incomplete(directory, missing);

  const openBlob = (digest: string, offset = 0): Readable => {
    const found = known.get(digest);
    if (found !== undefined) return readBlob(found.blob, found.size, offset, found.item);
    const stream = new Readable({ read() {} });
    stream.destroy(incomplete(directory, [`${digest} is not in it`]));
    return stream;
  };
  const bundle: OpenedBundle = {
    directory,
    summary,
    blobs: [...known].map(([digest, { size }]) => ({ digest, size })),
    kubernetesVersion: summary.kubernetesVersion,
    architectures: summary.architectures,
    files: summary.files,
    images: summary.images,
    file(role, architecture) {
      const found = summary.files.find((file) => file.role === role && file.architecture === architecture);
      if (found !== undefined) return found;
      throw new LandfallError({
        code: 'BUNDLE_FILE_MISSING',
        message: `The bundle ${directory} holds no ${role} for ${architecture}.`,
        fix: `Build the bundle again from a recipe that names it, with --arch ${[...new Set([...summary.architectures, architecture])].join(',')}.`,
      });
    },
    openFile: (file, offset) => openBlob(`sha256:${file.sha256}`, offset),
    filePieces(file, offset) {
      const digest = `sha256:${file.sha256}`;
      const found = known.get(digest);
      if (found === undefined) throw incomplete(directory, [`${digest} is not in it`]);
      return blobPieces(found.blob, found.size, offset, found.item);
    },
    openBlob,
    async imageBlobs(image, architectures) {
      const tree = await imageTree(bundle, image, architectures);
      return [...tree.blobs, ...tree.manifests];
    },
  };
  return bundle;
}
