import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { LandfallError } from '../errors.ts';
import { findBlob, readSmallBlob } from './blob-store.ts';
import { writeFileWhole } from './files.ts';
import { type Descriptor, landfallTypes, type Manifest, mediaTypes, parseManifest } from './oci.ts';
import { type BundleSummary, parseSummary } from './summary.ts';

const indexFile = 'index.json';
const layoutFile = 'oci-layout';

/** Marks a folder as an image layout. */
export async function writeLayoutMark(directory: string): Promise<void> {
  await writeFileWhole(path.join(directory, layoutFile), '{"imageLayoutVersion":"1.0.0"}');
}

/** Writes the index: from here on the bundle is whole. */
export async function writeIndex(directory: string, descriptors: readonly Descriptor[]): Promise<void> {
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: descriptors };
  await writeFileWhole(path.join(directory, indexFile), `${JSON.stringify(index, null, 2)}\n`);
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new LandfallError({
      code: 'BUNDLE_READ',
      message: `${file} cannot be read: ${(cause as Error).message}.`,
      fix: 'Check its permissions and the disk or stick it lies on.',
      cause,
    });
  }
}

/** Why an index cannot be had: there is no folder, no bundle in it, or one whose build has not ended. */
async function noIndex(directory: string): Promise<LandfallError> {
  const isFolder = await stat(directory).then(
    (found) => found.isDirectory(),
    () => false,
  );
  const begun = isFolder && (await readText(path.join(directory, layoutFile))) !== undefined;
  if (begun) {
    return new LandfallError({
      code: 'BUNDLE_INCOMPLETE',
      message: `The bundle ${directory} was never finished: it has no ${indexFile}.`,
      fix: 'Run its `landfall bundle build` again, which goes on where it ended; or copy the bundle again.',
    });
  }
  return new LandfallError({
    code: 'BUNDLE_MISSING',
    message: isFolder ? `There is no bundle in ${directory}.` : `There is no folder ${directory}.`,
    fix: 'Name the folder that `landfall bundle build --output` wrote, or the mounted stick.',
  });
}

/**
 * The index of a layout.
 * @throws BUNDLE_MISSING, BUNDLE_INCOMPLETE, BUNDLE_CORRUPT
 */
export async function readIndex(directory: string): Promise<Manifest> {
  const text = await readText(path.join(directory, indexFile)).catch((error: unknown) => {
    const { cause } = error as { readonly cause?: NodeJS.ErrnoException };
    if (cause?.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (text === undefined || (await readText(path.join(directory, layoutFile))) === undefined) {
    throw await noIndex(directory);
  }
  try {
    return parseManifest(Buffer.from(text), `the bundle ${directory}`);
  } catch (cause) {
    throw new LandfallError({
      code: 'BUNDLE_CORRUPT',
      message: `The ${indexFile} of the bundle ${directory} is damaged.`,
      fix: 'Copy the bundle again, or run its `landfall bundle build` again.',
      cause,
    });
  }
}

/** The bundle's own artifact among what an index names. */
export function bundleDescriptor(index: Manifest): Descriptor | undefined {
  return index.manifests?.find((descriptor) => descriptor.artifactType === landfallTypes.bundle);
}

export type ReadSummary = {
  readonly summary: BundleSummary;
  /** The artifact's manifest. */
  readonly manifest: Manifest;
};

async function smallBlob(directory: string, digest: string, item: string): Promise<Buffer> {
  const blob = await findBlob(directory, digest);
  if (blob === undefined) {
    throw new LandfallError({
      code: 'BUNDLE_INCOMPLETE',
      message: `${item} is missing in the bundle ${directory}.`,
      fix: 'Copy the bundle again, or run its `landfall bundle build` again, which fetches what is missing.',
    });
  }
  return readSmallBlob(blob, item);
}

/**
 * What the bundle says about itself.
 * @throws BUNDLE_MISSING when the layout is not one of ours; BUNDLE_INCOMPLETE, BUNDLE_CORRUPT
 */
export async function readSummary(directory: string, index: Manifest): Promise<ReadSummary> {
  const descriptor = bundleDescriptor(index);
  if (descriptor === undefined) {
    throw new LandfallError({
      code: 'BUNDLE_MISSING',
      message: `${directory} is an image layout, but not a bundle of Landfall.`,
      fix: 'Name the folder that `landfall bundle build --output` wrote, or the mounted stick.',
    });
  }
  const item = "The bundle's summary";
  const manifest = parseManifest(await smallBlob(directory, descriptor.digest, item), item);
  const config = manifest.config;
  const text = config === undefined ? '' : (await smallBlob(directory, config.digest, item)).toString('utf8');
  const summary = parseSummary(text);
  if (summary === undefined) {
    throw new LandfallError({
      code: 'BUNDLE_CORRUPT',
      message: `The bundle ${directory} was made by another version of Landfall: its summary cannot be read.`,
      fix: 'Use the program that lies beside the bundle, or build the bundle again with this one.',
    });
  }
  return { summary, manifest };
}
