import { LandfallError, toLandfallError } from '../errors.ts';
import { findBlob, readSmallBlob } from './blob-store.ts';
import type { Download, Downloaded } from './download.ts';
import { type HttpSettings, refusal, request, withRetries } from './http.ts';
import { walkImage } from './image-tree.ts';
import type { Lock } from './lock.ts';
import type { Mirror } from './mirror.ts';
import { type Descriptor, digestOf, isDigest, mediaTypeOf, parseManifest } from './oci.ts';
import type { RecipeFile, RecipeImage } from './recipe.ts';
import type { RegistryClient } from './registry-client.ts';

/** An image whose manifests are at hand and whose other blobs are known. */
export type ResolvedImage = {
  readonly image: RecipeImage;
  /** Digest, size and media type of the image's root. */
  readonly root: Descriptor;
  readonly manifests: readonly { readonly digest: string; readonly content: Buffer }[];
  /** Configurations and layers. */
  readonly blobs: readonly { readonly digest: string; readonly size: number }[];
  /** Bytes of all of them. */
  readonly size: number;
};

export type ResolvedFile = {
  readonly file: RecipeFile;
  readonly item: string;
  /** `sha256:…` when recipe or lock pin it. */
  readonly digest: string | undefined;
  readonly pinnedBy: 'the recipe' | 'the lock';
  /** Bytes; undefined when its source does not tell. */
  readonly size: number | undefined;
};

/** Fetches one blob into the layout; the same one asked for twice is fetched once. */
export type FetchOne = (download: Download) => Promise<Downloaded>;

export function fileItem(file: RecipeFile): string {
  return `the file ${file.role} for ${file.architecture}`;
}

/** Reads what is whole in the layout already; anything else counts as absent. */
async function present(directory: string, digest: string, item: string): Promise<Buffer | undefined> {
  const blob = await findBlob(directory, digest);
  return blob === undefined ? undefined : readSmallBlob(blob, item).catch(() => undefined);
}

function conflict(item: string, recipe: string, lock: string): LandfallError {
  return new LandfallError({
    code: 'BUNDLE_LOCK_CONFLICT',
    message: `The recipe pins ${item} to ${recipe}, the lock to ${lock}.`,
    fix: 'Take what the recipe says with --update-lock, or correct the recipe.',
    exitStatus: 2,
  });
}

/**
 * Finds out what an image is made of. What a lock or a name pins is taken by digest, and nothing is asked of the network
 * for manifests that are there.
 * @throws BUNDLE_ARCHITECTURE_MISSING, BUNDLE_LOCK_CONFLICT, BUNDLE_LOCKED_MISSING and errors of the registry client
 */
export async function resolveImage(
  image: RecipeImage,
  lock: Lock | undefined,
  client: RegistryClient,
  directory: string,
  fetchOne: FetchOne,
): Promise<ResolvedImage> {
  const { name, reference } = image;
  const locked = lock?.images.get(name);
  if (locked !== undefined && reference.digest !== undefined && locked !== reference.digest) {
    throw conflict(name, reference.digest, locked);
  }
  const pinned = reference.digest ?? locked;
  const manifests: { digest: string; content: Buffer }[] = [];
  let root: Descriptor | undefined;

  const take = async (wanted: string): Promise<Buffer> => {
    const here = isDigest(wanted) ? await present(directory, wanted, name) : undefined;
    if (here !== undefined) {
      manifests.push({ digest: wanted, content: here });
      root ??= { mediaType: mediaTypeOf(parseManifest(here, name)), digest: wanted, size: here.length };
      return here;
    }
    const fetched = await client.manifest(reference, wanted, `the image ${name}`).catch((error: unknown) => {
      if (!(error instanceof LandfallError) || error.code !== 'BUNDLE_SOURCE_MISSING' || locked === undefined) {
        throw error;
      }
      throw new LandfallError({
        code: 'BUNDLE_LOCKED_MISSING',
        message: `The lock holds ${name} at ${locked}, which its source no longer has: ${error.message}`,
        fix: 'Take it from a source that still has it with --mirror FILE, or what the tag stands for now with --update-lock.',
        cause: error,
      });
    });
    const stated = fetched.mediaType.includes('json') ? fetched.mediaType : undefined;
    const mediaType = parseManifest(fetched.content, name).mediaType ?? stated;
    manifests.push({ digest: fetched.digest, content: fetched.content });
    root ??= {
      mediaType: mediaType ?? mediaTypeOf(parseManifest(fetched.content, name)),
      digest: fetched.digest,
      size: fetched.content.length,
    };
    return fetched.content;
  };
  const configuration = async (descriptor: Descriptor): Promise<Buffer> => {
    const here = await present(directory, descriptor.digest, name);
    if (here !== undefined) return here;
    await fetchOne(imageBlobDownload(image, descriptor, client, 'configuration'));
    const fetched = await present(directory, descriptor.digest, name);
    if (fetched === undefined) throw new TypeError(`${descriptor.digest} was fetched but is not there`);
    return fetched;
  };

  let first = true;
  const tree = await walkImage(
    (descriptor, kind) => {
      if (kind === 'configuration') return configuration(descriptor);
      const wanted = first ? (pinned ?? reference.tag ?? 'latest') : descriptor.digest;
      first = false;
      return take(wanted);
    },
    { digest: pinned ?? name, size: 0 },
    image.architectures,
    name,
  );
  if (root === undefined) throw new TypeError(`${name} was resolved without a manifest`);
  for (const architecture of image.architectures) {
    if (tree.architectures.has(architecture)) continue;
    throw new LandfallError({
      code: 'BUNDLE_ARCHITECTURE_MISSING',
      message: `${name} is not made for ${architecture}, only for ${[...tree.architectures].join(', ') || 'others'}.`,
      fix: `Name another image, leave ${architecture} out with --arch, or give the image its own \`architectures\` in the recipe.`,
    });
  }
  const size = [...manifests.map((manifest) => manifest.content.length), ...tree.blobs.map((blob) => blob.size)];
  return { image, root, manifests, blobs: tree.blobs, size: size.reduce((sum, part) => sum + part, 0) };
}

/** How a blob of an image is fetched. */
export function imageBlobDownload(
  image: RecipeImage,
  blob: { readonly digest: string; readonly size: number },
  client: RegistryClient,
  kind: 'configuration' | 'layer',
): Download {
  const item = `a ${kind} of ${image.name}`;
  return {
    item,
    key: blob.digest.replace('sha256:', ''),
    digest: blob.digest,
    pinnedBy: 'its manifest',
    size: blob.size,
    open: (headers) => client.blob(image.reference, blob.digest, headers, item),
  };
}

/**
 * Finds out what pins a file and how large it is.
 * @throws BUNDLE_LOCK_CONFLICT, BUNDLE_SOURCE_MISSING, BUNDLE_SOURCE_UNREACHABLE
 */
export async function resolveFile(
  file: RecipeFile,
  lock: Lock | undefined,
  mirror: Mirror,
  directory: string,
  settings: HttpSettings,
): Promise<ResolvedFile> {
  const item = fileItem(file);
  const locked = lock?.files.get(file.source);
  if (locked !== undefined && file.sha256 !== undefined && locked.sha256 !== file.sha256) {
    throw conflict(item, file.sha256, locked.sha256);
  }
  const hex = file.sha256 ?? locked?.sha256;
  const digest = hex === undefined ? undefined : `sha256:${hex}`;
  const pinnedBy = file.sha256 === undefined ? 'the lock' : 'the recipe';
  const here = digest === undefined ? undefined : await findBlob(directory, digest);
  if (locked !== undefined) return { file, item, digest, pinnedBy, size: locked.size };
  if (here !== undefined) return { file, item, digest, pinnedBy, size: here.size };
  const url = mirror.file(file.source);
  const size = await withRetries(item, settings, async () => {
    const answer = await request(url, item, settings, { method: 'HEAD' });
    await answer.discard();
    const length = Number(answer.headers.get('content-length') ?? Number.NaN);
    if (answer.status === 200) return Number.isSafeInteger(length) ? length : undefined;
    const error = refusal(answer, url, item);
    // Some servers answer only GET; whether the file is there shows when it is fetched.
    if (error.code === 'BUNDLE_SOURCE_MISSING' || error.transient) throw error;
    return undefined;
  });
  return { file, item, digest, pinnedBy, size };
}

/** How a release file is fetched. */
export function fileDownload(resolved: ResolvedFile, mirror: Mirror, settings: HttpSettings): Download {
  const { file, item, digest } = resolved;
  const url = mirror.file(file.source);
  return {
    item,
    // Without a digest the address stands for the content; the two kinds of names cannot meet.
    key: digest?.replace('sha256:', '') ?? `source-${digestOf(file.source).slice('sha256:'.length)}`,
    digest,
    pinnedBy: resolved.pinnedBy,
    size: resolved.size,
    open: async (headers) => {
      const answer = await request(url, item, settings, { headers });
      if ([200, 206, 416].includes(answer.status)) return answer;
      await answer.discard();
      throw refusal(answer, url, item);
    },
  };
}

/** One error for several, so that a person can mend everything at once. */
export function allFailures(results: readonly PromiseSettledResult<unknown>[]): LandfallError | undefined {
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [toLandfallError(result.reason)] : []));
  const [first] = errors;
  if (first === undefined || errors.length === 1) return first;
  const distinct = (texts: readonly (string | undefined)[]): string =>
    [...new Set(texts.filter((text) => text !== undefined))].join('\n');
  return new LandfallError({
    code: errors.every((error) => error.code === first.code) ? first.code : 'BUNDLE_SOURCES',
    message: distinct(errors.map((error) => error.message)),
    fix: distinct(errors.map((error) => error.fix)),
    cause: first,
    exitStatus: Math.max(...errors.map((error) => error.exitStatus)),
  });
}
