import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { digestOf } from '../../../source/bundle/oci.ts';
import { layoutOf, tarOf } from '../../bundle/fixtures/own-images.ts';

type Descriptor = { readonly mediaType: string; readonly digest: string; readonly size: number };
type Manifest = {
  readonly manifests?: readonly (Descriptor & { readonly annotations?: Readonly<Record<string, string>> })[];
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
};

/**
 * Writes an image that no registry has as an OCI archive: the bundle's busybox and a file /word.
 * @returns the digest of its manifest
 */
export async function writeOwnImage(bundle: string, file: string, name: string, word: string): Promise<string> {
  const read = (digest: string): Promise<Buffer> =>
    readFile(path.join(bundle, 'blobs', 'sha256', digest.replace('sha256:', '')));
  const json = async <T>(digest: string): Promise<T> => JSON.parse((await read(digest)).toString('utf8')) as T;
  const index = JSON.parse(await readFile(path.join(bundle, 'index.json'), 'utf8')) as Manifest;
  const root = index.manifests?.find((one) =>
    one.annotations?.['org.opencontainers.image.ref.name']?.startsWith('docker.io/library/busybox:'),
  );
  if (root === undefined) throw new Error(`${bundle} has no busybox`);
  const top = await json<Manifest>(root.digest);
  const base = top.manifests === undefined ? top : await json<Manifest>(top.manifests[0]?.digest ?? '');
  const configuration = await json<{ readonly rootfs: { readonly diff_ids: readonly string[] } }>(base.config.digest);
  const layers = await Promise.all(base.layers.map((layer) => read(layer.digest)));
  const own = await tarOf({ word: `${word}\n` });
  const packed = gzipSync(own);
  const config = Buffer.from(
    JSON.stringify({
      ...configuration,
      history: [],
      rootfs: { type: 'layers', diff_ids: [...configuration.rootfs.diff_ids, digestOf(own)] },
    }),
  );
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length },
      layers: [
        ...base.layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
        { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digestOf(packed), size: packed.length },
      ],
    }),
  );
  const files = layoutOf([...layers, packed, config, manifest], manifest, {
    'org.opencontainers.image.ref.name': name,
  });
  await writeFile(file, await tarOf(files));
  return digestOf(manifest);
}
