import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { LandfallError } from '../errors.ts';
import { findBlob, largestFile, removeOtherBlobs, writeSmallBlob } from './blob-store.ts';
import type { BuildEvent } from './build-events.ts';
import { formerSummary, partialFolder, prepareOutput, releaseOutput } from './build-output.ts';
import type { Architecture, BundleFile } from './contents.ts';
import { syncFolder, writeFileWhole } from './files.ts';
import { connections, type Gatherer, gatherer } from './gather.ts';
import type { HttpSettings } from './http.ts';
import { writeIndex } from './layout.ts';
import { type Lock, lockFileOf, lockText, readLock, writeLock } from './lock.ts';
import { loadMirror, type Mirror, noMirror } from './mirror.ts';
import { annotations, type Descriptor, digestOf } from './oci.ts';
import { settleInParallel, stopWith, throwIfStopped } from './parallel.ts';
import { loadRecipe, type Recipe } from './recipe.ts';
import { registryClient } from './registry-client.ts';
import {
  allFailures,
  fileDownload,
  imageBlobDownload,
  type ResolvedFile,
  type ResolvedImage,
  resolveFile,
  resolveImage,
} from './resolve.ts';
import { type BundleSummary, bundleArtifact, emptyConfig, fileArtifact, summaryText } from './summary.ts';

export type BuildOptions = {
  readonly recipeFile: string;
  /** Folder of the bundle; made when it is not there. */
  readonly output: string;
  readonly mirrorFile?: string | undefined;
  /** Instead of the recipe's own. */
  readonly architectures?: readonly Architecture[] | undefined;
  /** Resolves every name anew instead of taking what the lock holds. */
  readonly updateLock?: boolean | undefined;
  readonly onProgress?: ((event: BuildEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes a file in the bundle may have; what FAT32 takes unless set. */
  readonly largestFile?: number | undefined;
  /** Milliseconds before each further try of a source that fails in passing. */
  readonly retryDelays?: readonly number[] | undefined;
  /** Milliseconds without a byte after which a connection counts as lost. */
  readonly stallTimeout?: number | undefined;
};

export type BuildResult = {
  readonly directory: string;
  readonly lockFile: string;
  readonly summary: BundleSummary;
  /** Blobs and files that came over the network, and those that were there already. */
  readonly fetched: { readonly items: number; readonly bytes: number };
  readonly present: { readonly items: number; readonly bytes: number };
  /** Bytes of blobs that the bundle no longer needs and that were removed. */
  readonly removedBytes: number;
};

type Sources = {
  readonly recipe: Recipe;
  readonly readme: Buffer | undefined;
  readonly mirror: Mirror;
  /** What names stood for when the bundle was last built. */
  readonly former: Lock | undefined;
};

async function readSources(options: BuildOptions, lockFile: string): Promise<Sources> {
  const recipe = await loadRecipe(options.recipeFile, options.architectures);
  const mirror = options.mirrorFile === undefined ? noMirror : await loadMirror(options.mirrorFile);
  const former = options.updateLock === true ? undefined : await readLock(lockFile, recipe);
  if (recipe.readme === undefined) return { recipe, mirror, former, readme: undefined };
  const file = path.resolve(path.dirname(options.recipeFile), recipe.readme);
  const readme = await readFile(file).catch((cause: unknown) => {
    throw new LandfallError({
      code: 'BUNDLE_RECIPE_MISSING',
      message: `The text ${file} that the recipe names cannot be read.`,
      fix: 'Correct `readme` in the recipe.',
      cause,
      exitStatus: 2,
    });
  });
  return { recipe, mirror, former, readme };
}

/**
 * Builds a bundle from a recipe, or completes one that is there. The index is written last, so a build that ends early
 * leaves nothing that looks whole; what it fetched is kept and proved by the next one.
 * @throws DOCUMENT_INVALID, BUNDLE_SOURCE_*, BUNDLE_LOGIN_REQUIRED, BUNDLE_DIGEST_MISMATCH, BUNDLE_TRUNCATED,
 * BUNDLE_LOCK*, BUNDLE_ARCHITECTURE_MISSING, BUNDLE_DISK_FULL, BUNDLE_WRITE, BUNDLE_OUTPUT_FOREIGN, BUNDLE_BUSY, ABORTED
 */
export async function buildBundle(options: BuildOptions): Promise<BuildResult> {
  const directory = path.resolve(options.output);
  const lockFile = lockFileOf(directory);
  const sources = await readSources(options, lockFile);
  await prepareOutput(directory);
  try {
    return await build(options, sources, directory, lockFile);
  } finally {
    await releaseOutput(directory);
  }
}

async function build(
  options: BuildOptions,
  sources: Sources,
  directory: string,
  lockFile: string,
): Promise<BuildResult> {
  const { recipe, mirror } = sources;
  const tell = options.onProgress ?? (() => undefined);
  const stop = stopWith(options.signal);
  const settings: HttpSettings = {
    signal: stop.signal,
    stallTimeout: options.stallTimeout ?? 60_000,
    retryDelays: options.retryDelays ?? [500, 2000, 5000],
    onRetry: (item, reason) => tell({ kind: 'retry', item, reason }),
  };
  const target = { directory, partials: partialFolder(directory), largestFile: options.largestFile ?? largestFile };
  const parts = gatherer(target, settings, stop, tell);
  const client = registryClient(mirror, settings);

  const { images, files } = await resolveAll(sources, directory, settings, client, parts);
  const fileDownloads = new Map(files.map((file) => [file, fileDownload(file, mirror, settings)]));
  const downloads = [
    ...images.flatMap((resolved) =>
      resolved.blobs.map((blob) => imageBlobDownload(resolved.image, blob, client, 'layer')),
    ),
    ...fileDownloads.values(),
  ];
  const known = new Map(downloads.map((download) => [download.key, download.size ?? 0]));
  tell({
    kind: 'resolved',
    images: images.length,
    files: files.length,
    items: known.size,
    bytes: [...known.values()].reduce((sum, size) => sum + size, 0),
  });

  // The lock is kept up to date while files arrive, so that a build that goes on knows them by their digest.
  const lock = lockKeeper(lockFile, recipe, sources.former, images);
  await lock.save();
  const contents = await parts.gather(downloads, async (key, { digest, size }) => {
    const own = [...fileDownloads].filter(([, download]) => download.key === key);
    for (const [{ file }] of own) lock.add(file.source, { sha256: digest.replace('sha256:', ''), size });
    if (own.length > 0) await lock.save();
  });
  throwIfStopped(stop.signal);

  const bundleFiles = [...fileDownloads].map(([{ file, item }, download]): BundleFile => {
    const content = contents.get(download.key);
    if (content === undefined) throw new TypeError(`${item} was gathered without content`);
    const { role, version, architecture, archive, source } = file;
    const sha256 = content.digest.replace('sha256:', '');
    return { role, version, architecture, archive, source, size: content.size, sha256 };
  });
  const digests = [...contents.values()].map((content) => content.digest);
  const summary = await summarize(recipe, directory, images, bundleFiles, digests);
  const removedBytes = await complete(directory, sources, images, summary, lockText(lock.current()), digests);
  return { directory, lockFile, summary, ...parts.counts(), removedBytes };
}

/** Finds out what everything is before anything large is fetched: what is misspelt or missing shows at once. */
async function resolveAll(
  { recipe, mirror, former }: Sources,
  directory: string,
  settings: HttpSettings,
  client: ReturnType<typeof registryClient>,
  parts: Gatherer,
): Promise<{ readonly images: readonly ResolvedImage[]; readonly files: readonly ResolvedFile[] }> {
  const images = await settleInParallel(recipe.images, connections, (image) =>
    resolveImage(image, former, client, directory, (download) => parts.fetchOne(download)),
  );
  const files = await settleInParallel(recipe.files, connections, (file) =>
    resolveFile(file, former, mirror, directory, settings),
  );
  throwIfStopped(settings.signal);
  const failure = allFailures([...images, ...files]);
  if (failure !== undefined) throw failure;
  return {
    images: images.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
    files: files.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])),
  };
}

type LockKeeper = {
  readonly add: (source: string, content: { readonly sha256: string; readonly size: number }) => void;
  readonly save: () => Promise<void>;
  readonly current: () => Lock;
};

/** The lock of this build: keeps what the recipe still names, also for architectures that are not built this time. */
function lockKeeper(
  lockFile: string,
  recipe: Recipe,
  former: Lock | undefined,
  images: readonly ResolvedImage[],
): LockKeeper {
  const kept = <T>(entries: ReadonlyMap<string, T> | undefined): readonly [string, T][] =>
    [...(entries ?? [])].filter(([name]) => recipe.everyName.has(name));
  const ofImages = new Map([
    ...kept(former?.images),
    ...images.map(({ image, root }): [string, string] => [image.name, root.digest]),
  ]);
  const ofFiles = new Map(kept(former?.files));
  let writing: Promise<void> = Promise.resolve();
  const current = (): Lock => ({ recipe: recipe.name, images: ofImages, files: ofFiles });
  return {
    current,
    add: (source, content) => {
      ofFiles.set(source, content);
    },
    save: () => {
      writing = writing.then(() => writeLock(lockFile, current()));
      return writing;
    },
  };
}

async function summarize(
  recipe: Recipe,
  directory: string,
  images: readonly ResolvedImage[],
  files: readonly BundleFile[],
  digests: readonly string[],
): Promise<BundleSummary> {
  const split: { digest: string; pieces: number }[] = [];
  for (const digest of [...new Set(digests)].sort()) {
    const pieces = (await findBlob(directory, digest))?.pieces.length ?? 0;
    if (pieces > 1) split.push({ digest, pieces });
  }
  const summary: BundleSummary = {
    apiVersion: 'landfall/v1',
    kind: 'Bundle',
    name: recipe.name,
    kubernetesVersion: recipe.kubernetesVersion,
    created: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
    architectures: recipe.architectures,
    images: images.map(({ image, root, size }) => ({
      name: image.name,
      digest: root.digest,
      use: image.use,
      architectures: image.architectures,
      size,
    })),
    files,
    split,
  };
  // The same content keeps its date, so that building again changes no byte of the bundle.
  const former = await formerSummary(directory);
  const same = former !== undefined && summaryText({ ...summary, created: former.created }) === summaryText(former);
  return same ? { ...summary, created: former.created } : summary;
}

/** Writes all that is small, the index last of all; then removes what no longer belongs to the bundle. */
async function complete(
  directory: string,
  { recipe, readme }: Sources,
  images: readonly ResolvedImage[],
  summary: BundleSummary,
  lock: string,
  digests: readonly string[],
): Promise<number> {
  const recipeText = Buffer.from(recipe.text);
  const files = summary.files.map(fileArtifact);
  const own = bundleArtifact(summary, recipeText, Buffer.from(lock));
  const small = [
    ...images.flatMap((resolved) => resolved.manifests.map((manifest) => manifest.content)),
    ...(files.length > 0 ? [emptyConfig] : []),
    ...files.map((artifact) => artifact.manifest),
    Buffer.from(summaryText(summary)),
    recipeText,
    Buffer.from(lock),
    own.manifest,
  ];
  for (const content of small) await writeSmallBlob(directory, content);
  if (readme !== undefined) await writeFileWhole(path.join(directory, 'README.md'), readme);
  const descriptors = images.map(
    ({ image, root }): Descriptor => ({
      ...root,
      annotations: { [annotations.name]: image.name, [annotations.use]: image.use },
    }),
  );
  await syncFolder(path.join(directory, 'blobs', 'sha256'));
  await writeIndex(directory, [...descriptors, ...files.map((artifact) => artifact.descriptor), own.descriptor]);
  await syncFolder(directory);
  const removed = await removeOtherBlobs(directory, new Set([...digests, ...small.map(digestOf)]));
  await rm(partialFolder(directory), { recursive: true, force: true });
  return removed;
}
