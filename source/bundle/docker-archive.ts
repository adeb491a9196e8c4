import { z } from 'zod';
import { findBlob, readSmallBlob, writeSmallBlob } from './blob-store.ts';
import { unreadable } from './image-error.ts';
import { type Descriptor, digestOf, mediaTypes } from './oci.ts';
import type { ArchiveEntry } from './unpack-archive.ts';

const schema = z.array(
  z.looseObject({
    Config: z.string(),
    RepoTags: z.array(z.string()).nullish(),
    Layers: z.array(z.string()),
  }),
);

const configurationSchema = z.looseObject({ rootfs: z.looseObject({ diff_ids: z.array(z.string()) }) });

/** An image of an archive with all names it has there. */
export type NamedRoot = { readonly root: Descriptor; readonly names: readonly string[] };

async function readJson(directory: string, entry: ArchiveEntry, item: string): Promise<unknown> {
  const blob = await findBlob(directory, entry.digest);
  if (blob === undefined) throw unreadable(item, 'a part of it vanished while it was read');
  try {
    return JSON.parse((await readSmallBlob(blob, item)).toString('utf8'));
  } catch (cause) {
    throw unreadable(item, 'it is not JSON', cause);
  }
}

/**
 * Images of what older `docker save` writes: it has configurations and layers, but no manifests, which are made here. They
 * come out the same every time, so pushing the file again changes nothing.
 * @throws IMAGE_UNREADABLE
 */
export async function dockerArchiveImages(
  file: string,
  directory: string,
  entries: ReadonlyMap<string, ArchiveEntry>,
): Promise<readonly NamedRoot[]> {
  const list = entries.get('manifest.json');
  if (list === undefined) throw unreadable(file, 'it holds neither an index.json nor a manifest.json');
  const parsed = schema.safeParse(await readJson(directory, list, `${file} (manifest.json)`));
  if (!parsed.success) throw unreadable(file, 'its manifest.json is not one that `docker save` writes');
  const part = (name: string): ArchiveEntry => {
    const found = entries.get(name);
    if (found === undefined) throw unreadable(file, `${name} is not in it`);
    return found;
  };
  const images: NamedRoot[] = [];
  for (const image of parsed.data) {
    const config = part(image.Config);
    const layers = image.Layers.map(part);
    const known = configurationSchema.safeParse(await readJson(directory, config, `${file} (${image.Config})`));
    if (!known.success) throw unreadable(file, `${image.Config} is no configuration of an image`);
    const wanted = known.data.rootfs.diff_ids;
    if (wanted.length !== layers.length) throw unreadable(file, `it has ${layers.length} of ${wanted.length} layers`);
    for (const [index, layer] of layers.entries()) {
      if (layer.gzip || layer.digest === wanted[index]) continue;
      throw unreadable(file, `${image.Layers[index]} is damaged: ${layer.digest} instead of ${wanted[index]}`);
    }
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: config.digest, size: config.size },
        layers: layers.map(({ digest, size, gzip }) => ({
          mediaType: `application/vnd.oci.image.layer.v1.tar${gzip ? '+gzip' : ''}`,
          digest,
          size,
        })),
      }),
    );
    await writeSmallBlob(directory, manifest);
    images.push({
      root: { mediaType: mediaTypes.manifest, digest: digestOf(manifest), size: manifest.length },
      names: image.RepoTags ?? [],
    });
  }
  return images;
}
