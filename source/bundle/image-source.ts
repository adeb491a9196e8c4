import { mkdir, stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { LandfallError } from '../errors.ts';
import {
  blobFolder,
  findBlob,
  largestFile,
  readBlob,
  readSmallBlob,
  type StoredBlob,
  writeSmallBlob,
} from './blob-store.ts';
import { partialFolder } from './build-output.ts';
import type { Architecture } from './contents.ts';
import { dockerArchiveImages, type NamedRoot } from './docker-archive.ts';
import { followImage } from './follow-image.ts';
import { gatherer } from './gather.ts';
import { unreadable } from './image-error.ts';
import { type ImageName, nameInBundle, parseShortImageName } from './image-name.ts';
import type { ImageTree } from './image-tree.ts';
import { readIndex } from './layout.ts';
import { loadMirror, noMirror } from './mirror.ts';
import { annotations, type Descriptor, type Manifest, parseManifest } from './oci.ts';
import { stopWith } from './parallel.ts';
import { registryClient } from './registry-client.ts';
import { imageBlobDownload, resolveImage } from './resolve.ts';
import { unpackArchive } from './unpack-archive.ts';

/** Where a user's own images come from: a file or folder of this machine, or another registry. */
export type ImageOrigin =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'registry'; readonly image: string; readonly mirrorFile?: string };

/** An image of a user, with all that belongs to it and is there. */
export type OwnImage = {
  readonly names: readonly ImageName[];
  readonly digest: string;
  readonly tree: ImageTree;
};

export type OwnImages = {
  readonly images: readonly OwnImage[];
  /** Streams a part of them; proved before its last bytes are given. */
  openBlob(digest: string): Readable;
};

/** Images an index of a layout names. containerd's own annotation has the whole name where the other has the tag alone. */
function namedRoots(index: Manifest): readonly NamedRoot[] {
  const roots = new Map<string, { root: Descriptor; names: string[] }>();
  for (const root of index.manifests ?? []) {
    const known = roots.get(root.digest) ?? { root, names: [] };
    roots.set(root.digest, known);
    const name = root.annotations?.['io.containerd.image.name'] ?? root.annotations?.[annotations.name];
    if (name !== undefined) known.names.push(name);
  }
  return [...roots.values()];
}

function nameProblem(text: string, problem: string): LandfallError {
  return new LandfallError({
    code: 'IMAGE_NAME_INVALID',
    message: `"${text}" is no name of an image: it ${problem}.`,
    fix: 'Name it with --name, as team/shop:2.',
    exitStatus: 2,
  });
}

/** The name a person gives an image; IMAGE_NAME_INVALID tells what is wrong with it. */
export function givenName(text: string): ImageName {
  const name = parseShortImageName(text);
  if (typeof name === 'string') throw nameProblem(text, name);
  return name;
}

/** The names under which an image is kept: the given one, or all that its archive has. */
function namesOf(root: NamedRoot, given: ImageName | undefined, source: string): readonly ImageName[] {
  if (given !== undefined) return [given];
  // Some tools keep the tag alone.
  const names = root.names.filter((name) => /[:/]/.test(name)).map(givenName);
  if (names.length > 0) return names;
  throw new LandfallError({
    code: 'IMAGE_NAME_NEEDED',
    message: `${source} does not tell the name of the image ${root.root.digest}.`,
    fix: 'Name it with --name, as team/shop:2.',
    exitStatus: 2,
  });
}

async function readLayout(
  directory: string,
  roots: readonly NamedRoot[],
  given: ImageName | undefined,
  source: string,
): Promise<OwnImages> {
  if (roots.length === 0) throw unreadable(source, 'it holds no image');
  if (given !== undefined && roots.length > 1) {
    throw new LandfallError({
      code: 'IMAGE_NAME_INVALID',
      message: `${source} holds ${roots.length} images, which cannot all be called ${nameInBundle(given)}.`,
      fix: 'Leave out --name, so that each keeps its own, or give a file with one image.',
      exitStatus: 2,
    });
  }
  const images: OwnImage[] = [];
  const sizes = new Map<string, number>();
  for (const root of roots) {
    const names = namesOf(root, given, source);
    const tree = await followImage(directory, root.root, source);
    for (const { digest, size } of [...tree.manifests, ...tree.blobs]) sizes.set(digest, size);
    images.push({ names, digest: root.root.digest, tree });
  }
  const stored = new Map<string, { readonly size: number; readonly blob: StoredBlob | undefined }>();
  for (const [digest, size] of sizes) stored.set(digest, { size, blob: await findBlob(directory, digest) });
  return {
    images,
    openBlob(digest) {
      const { size, blob } = stored.get(digest) ?? {};
      if (size === undefined || blob === undefined) throw new TypeError(`${digest} is no part of these images`);
      return readBlob(blob, size, 0, source);
    },
  };
}

async function fromFile(
  file: string,
  directory: string,
  given: ImageName | undefined,
  signal: AbortSignal,
  onBytes: (done: number, total: number) => void,
): Promise<OwnImages> {
  const found = await stat(file).catch((cause: unknown) => {
    throw unreadable(file, (cause as Error).message, cause);
  });
  if (found.isDirectory()) {
    const index = await readIndex(file).catch((cause: unknown) => {
      throw unreadable(file, 'the folder is no OCI layout: it needs the files oci-layout and index.json', cause);
    });
    return readLayout(file, namedRoots(index), given, file);
  }
  let read = 0;
  const entries = await unpackArchive(file, directory, signal, (bytes) => {
    read += bytes;
    onBytes(read, found.size);
  });
  for (const [name, { digest }] of entries) {
    const hex = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(name)?.[1];
    if (hex === undefined || digest === `sha256:${hex}`) continue;
    throw unreadable(file, `it is damaged: ${name} has the digest ${digest}`);
  }
  const index = entries.get('index.json');
  if (index === undefined)
    return readLayout(directory, await dockerArchiveImages(file, directory, entries), given, file);
  const blob = await findBlob(directory, index.digest);
  if (blob === undefined) throw unreadable(file, 'its index.json vanished while it was read');
  return readLayout(directory, namedRoots(parseManifest(await readSmallBlob(blob, file), file)), given, file);
}

async function fromRegistry(
  origin: Extract<ImageOrigin, { readonly kind: 'registry' }>,
  directory: string,
  given: ImageName | undefined,
  architectures: readonly Architecture[],
  signal: AbortSignal,
  onBytes: (done: number, total: number) => void,
): Promise<OwnImages> {
  const reference = givenName(origin.image);
  const name = nameInBundle(reference);
  const mirror = origin.mirrorFile === undefined ? noMirror : await loadMirror(origin.mirrorFile);
  const stop = stopWith(signal);
  const settings = {
    signal: stop.signal,
    stallTimeout: 60_000,
    retryDelays: [500, 2000, 5000],
    onRetry: () => undefined,
  };
  const partials = partialFolder(directory);
  await mkdir(blobFolder(directory), { recursive: true, mode: 0o700 });
  await mkdir(partials, { recursive: true, mode: 0o700 });
  const parts = gatherer({ directory, partials, largestFile }, settings, stop, (event) => {
    if (event.kind === 'progress') onBytes(event.bytes, event.totalBytes);
  });
  const client = registryClient(mirror, settings);
  const image = { use: 'application' as const, name, reference, architectures };
  const { root, manifests, blobs } = await resolveImage(image, undefined, client, directory, (download) =>
    parts.fetchOne(download),
  );
  await parts.gather(
    blobs.map((blob) => imageBlobDownload(image, blob, client, 'layer')),
    async () => undefined,
  );
  for (const { content } of manifests) await writeSmallBlob(directory, content);
  return readLayout(directory, [{ root, names: [name] }], given, name);
}

/**
 * Reads the images of a user. What is no layout already is brought into a folder as one; what came from a registry stays
 * there, so that the same call goes on after a break.
 * @param directory a folder for this origin alone
 * @param architectures what is taken of an image in another registry; of a file everything is
 * @throws IMAGE_UNREADABLE, IMAGE_NAME_NEEDED, IMAGE_NAME_INVALID, and those of a bundle's sources
 */
export function openOwnImages(
  origin: ImageOrigin,
  directory: string,
  given: ImageName | undefined,
  architectures: readonly Architecture[],
  signal: AbortSignal,
  onBytes: (done: number, total: number) => void,
): Promise<OwnImages> {
  return origin.kind === 'file'
    ? fromFile(origin.path, directory, given, signal, onBytes)
    : fromRegistry(origin, directory, given, architectures, signal, onBytes);
}
