import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cachePath } from '../cache.ts';
import { writeArchive } from '../components/archive.ts';
import { withLock } from '../components/lock.ts';
import { must } from '../hosts/command.ts';
import { ensureDebianRoot } from './debian.ts';
import { type Layer, layerDescription, layerEntries } from './layers.ts';
import { type ImageRecipe, imageRecipes } from './recipes.ts';
import { adoptBlob, blobPath, linkImage, storeText, taggedHash } from './store.ts';

/** A stored layer. Hashes are lower-case hex, sizes bytes. */
type StoredLayer = {
  readonly sha256: string;
  readonly size: number;
  readonly contentSha256: string;
  readonly contentSize: number;
};

/** A stored image: the hash of its index and the sizes of its layers, compressed and not. */
export type StoredImage = {
  readonly name: string;
  readonly index: string;
  readonly layers: readonly StoredLayer[];
};

const created = '2026-01-01T00:00:00Z';
const architecture = 'amd64';
const types = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  configuration: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
} as const;

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 20);
}

function imageRecord(recipe: ImageRecipe): string {
  const text = JSON.stringify([recipe.name, recipe.configuration, recipe.layers.map(layerDescription)]);
  return cachePath('images', 'records', `image-${hashOf(text)}.json`);
}

function layerRecord(layer: Layer): string {
  return cachePath('images', 'records', `layer-${hashOf(layerDescription(layer))}.json`);
}

async function readRecord<Value>(file: string): Promise<Value | undefined> {
  return existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as Value) : undefined;
}

async function writeRecord(file: string, value: unknown): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(`${file}.partial`, `${JSON.stringify(value)}\n`);
  await rename(`${file}.partial`, file);
}

/** Domain and path make the repository's name in the mirror, `registry.k8s.io/pause`. */
function splitName(name: string): { readonly repository: string; readonly tag: string } {
  const colon = name.lastIndexOf(':');
  return { repository: name.slice(0, colon), tag: name.slice(colon + 1) };
}

/** The image as it is stored; undefined when it is not, or not from what the recipe says now. */
export async function storedImage(recipe: ImageRecipe): Promise<StoredImage | undefined> {
  const record = await readRecord<StoredImage>(imageRecord(recipe));
  const { repository, tag } = splitName(recipe.name);
  if (record === undefined || (await taggedHash(repository, tag)) !== record.index) return undefined;
  return record.layers.every((layer) => existsSync(blobPath(layer.sha256))) ? record : undefined;
}

async function buildLayer(layer: Layer, say: (line: string) => void): Promise<StoredLayer> {
  const record = layerRecord(layer);
  const known = await readRecord<StoredLayer>(record);
  if (known !== undefined && existsSync(blobPath(known.sha256))) return known;
  if (layer.debian) await ensureDebianRoot(layer.debian, say);
  const partial = cachePath('images', 'layer.partial');
  await rm(partial, { force: true });
  const stored = await writeArchive(await layerEntries(layer), partial);
  await adoptBlob(partial, stored.sha256);
  await writeRecord(record, stored);
  return stored;
}

async function buildImage(recipe: ImageRecipe, say: (line: string) => void): Promise<void> {
  say(`making ${recipe.name}`);
  const layers: StoredLayer[] = [];
  for (const layer of recipe.layers) layers.push(await buildLayer(layer, say));
  const configuration = await storeText(
    JSON.stringify({
      created,
      architecture,
      os: 'linux',
      config: recipe.configuration,
      rootfs: { type: 'layers', diff_ids: layers.map((layer) => `sha256:${layer.contentSha256}`) },
      history: layers.map(() => ({ created, created_by: 'landfall lab' })),
    }),
  );
  const manifest = await storeText(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: types.manifest,
      config: { mediaType: types.configuration, digest: `sha256:${configuration.sha256}`, size: configuration.size },
      layers: layers.map((layer) => ({ mediaType: types.layer, digest: `sha256:${layer.sha256}`, size: layer.size })),
    }),
  );
  const index = await storeText(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: types.index,
      manifests: [
        {
          mediaType: types.manifest,
          digest: `sha256:${manifest.sha256}`,
          size: manifest.size,
          platform: { architecture, os: 'linux' },
        },
      ],
    }),
  );
  const { repository, tag } = splitName(recipe.name);
  await linkImage(repository, tag, {
    blobs: [configuration.sha256, ...layers.map((layer) => layer.sha256)],
    manifests: [manifest.sha256, index.sha256],
    tagged: index.sha256,
  });
  const stored: StoredImage = { name: recipe.name, index: index.sha256, layers };
  await writeRecord(imageRecord(recipe), stored);
}

async function missingImages(): Promise<readonly ImageRecipe[]> {
  const found = await Promise.all(imageRecipes.map(storedImage));
  return imageRecipes.filter((_recipe, index) => found[index] === undefined);
}

/** Lays the files of an image into a folder, as a container would see them. */
export async function unpackImage(recipe: ImageRecipe, folder: string, say: (line: string) => void): Promise<void> {
  const layers = await withLock(cachePath('images', 'images.lock'), say, async () => {
    const stored: StoredLayer[] = [];
    for (const layer of recipe.layers) stored.push(await buildLayer(layer, say));
    return stored;
  });
  await mkdir(folder, { recursive: true });
  for (const layer of layers)
    await must(['tar', '--extract', '--gzip', '--file', blobPath(layer.sha256), '--directory', folder]);
}

/** Builds the images that are missing into the storage of the mirror's registry; the components must be built. */
export async function buildMissingImages(say: (line: string) => void): Promise<void> {
  if ((await missingImages()).length === 0) return;
  await withLock(cachePath('images', 'images.lock'), say, async () => {
    for (const recipe of await missingImages()) await buildImage(recipe, say);
  });
}
