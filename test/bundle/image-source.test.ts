import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nameInBundle } from '../../source/bundle/image-name.ts';
import { givenName, type ImageOrigin, type OwnImages, openOwnImages } from '../../source/bundle/image-source.ts';
import { digestOf, mediaTypes } from '../../source/bundle/oci.ts';
import { blobName, imageOf, indexOf, layoutOf, tarOf, writeFiles } from './fixtures/own-images.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'landfall-image-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function read(origin: ImageOrigin, name?: string): Promise<OwnImages> {
  const given = name === undefined ? undefined : givenName(name);
  return openOwnImages(origin, path.join(folder, 'push'), given, ['amd64'], new AbortController().signal, () => {});
}

function file(content: Buffer): ImageOrigin {
  writeFileSync(path.join(folder, 'image.tar'), content);
  return { kind: 'file', path: path.join(folder, 'image.tar') };
}

async function bytes(images: OwnImages, digest: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of images.openBlob(digest)) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

const shop = async () => imageOf(await tarOf({ 'shop/word': 'hello' }), 'amd64');

test('an OCI archive is read with the name it has, plain and compressed', async () => {
  const { blobs, manifest } = await shop();
  const archive = await tarOf(
    layoutOf(blobs, manifest, { 'org.opencontainers.image.ref.name': 'example.com/team/shop:2' }),
  );
  for (const content of [archive, gzipSync(archive)]) {
    const own = await read(file(content));
    const [image] = own.images;
    expect(image?.names.map(nameInBundle)).toEqual(['example.com/team/shop:2']);
    expect(image?.digest).toBe(digestOf(manifest));
    expect([...(image?.tree.architectures ?? [])]).toEqual(['amd64']);
    for (const blob of blobs) expect(await bytes(own, digestOf(blob))).toEqual(blob);
  }
});

test('a layout folder is read where it is, and gets the name that is given', async () => {
  const { blobs, manifest } = await shop();
  writeFiles(path.join(folder, 'layout'), layoutOf(blobs, manifest, {}));
  const origin = { kind: 'file', path: path.join(folder, 'layout') } as const;
  await expect(read(origin)).rejects.toMatchObject({ code: 'IMAGE_NAME_NEEDED' });
  const own = await read(origin, 'shop:2');
  expect(own.images[0]?.names.map(nameInBundle)).toEqual(['docker.io/library/shop:2']);
  expect(readdirSync(folder)).toEqual(['layout']);
});

test('an index is kept with every platform that is there, and without those that are not', async () => {
  const [amd, arm] = [await shop(), imageOf(await tarOf({ word: 'arm' }), 'arm64')];
  const missing = imageOf(await tarOf({ word: 'away' }), 's390x');
  const index = indexOf([
    { ...amd, architecture: 'amd64' },
    { ...arm, architecture: 'arm64' },
    { ...missing, architecture: 's390x' },
  ]);
  // Of the third platform there is the manifest, but not what it names.
  const blobs = [...amd.blobs, ...arm.blobs, missing.manifest, index];
  const files = layoutOf(blobs, index, { 'io.containerd.image.name': 'docker.io/team/shop:2' }, mediaTypes.index);
  const own = await read(file(await tarOf(files)));
  const [image] = own.images;
  expect(image?.digest).toBe(digestOf(index));
  expect([...(image?.tree.architectures ?? [])].sort()).toEqual(['amd64', 'arm64']);
  const manifests = image?.tree.manifests.map((part) => part.digest);
  expect(manifests).toEqual([digestOf(amd.manifest), digestOf(arm.manifest), digestOf(index)]);
});

test('what older docker save writes becomes the same image every time', async () => {
  const layer = await tarOf({ 'shop/word': 'hello' });
  const configuration = JSON.stringify({
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: [digestOf(layer), digestOf(layer)] },
  });
  const list = [{ Config: 'c.json', RepoTags: ['shop:2', 'team/shop:3'], Layers: ['a/layer.tar', 'b/layer.tar'] }];
  const entries = {
    'c.json': configuration,
    'a/layer.tar': layer,
    'b/layer.tar': '-> ../a/layer.tar',
    'manifest.json': JSON.stringify(list),
  };
  const own = await read(file(await tarOf(entries)));
  const [image] = own.images;
  expect(image?.names.map(nameInBundle)).toEqual(['docker.io/library/shop:2', 'docker.io/team/shop:3']);
  const manifest = JSON.parse((await bytes(own, image?.digest ?? '')).toString()) as {
    readonly config: { readonly digest: string };
    readonly layers: readonly { readonly digest: string }[];
  };
  expect(manifest.config.digest).toBe(digestOf(configuration));
  expect(manifest.layers.map((one) => one.digest)).toEqual([digestOf(layer), digestOf(layer)]);
  expect((await read(file(await tarOf(entries)))).images[0]?.digest).toBe(image?.digest);

  const damaged = { ...entries, 'a/layer.tar': Buffer.concat([layer, Buffer.alloc(512)]) };
  await expect(read(file(await tarOf(damaged)))).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
});

test.each(['cut', 'damaged', 'incomplete', 'foreign', 'empty', 'zstd'] as const)(
  'a %s file is refused',
  async (how) => {
    const { blobs, manifest } = await shop();
    const files = layoutOf(blobs, manifest, { 'org.opencontainers.image.ref.name': 'team/shop:2' });
    const [layer = Buffer.alloc(0)] = blobs;
    const { [blobName(layer)]: _, ...without } = files;
    const archive = await tarOf(files);
    const content = {
      cut: archive.subarray(0, archive.length / 2),
      damaged: await tarOf({ ...files, [blobName(layer)]: Buffer.from(layer).fill(7, 20, 21) }),
      incomplete: await tarOf(without),
      foreign: await tarOf({ 'readme.txt': 'nothing' }),
      empty: Buffer.alloc(0),
      zstd: Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0, 0, 0]),
    }[how];
    await expect(read(file(content))).rejects.toMatchObject({ code: 'IMAGE_UNREADABLE' });
  },
);

test('one name for several images, and a name that is none, are refused', async () => {
  const [one, two] = [await shop(), imageOf(await tarOf({ word: 'two' }), 'amd64')];
  const first = layoutOf(one.blobs, one.manifest, { 'org.opencontainers.image.ref.name': 'shop:1' });
  const second = layoutOf(two.blobs, two.manifest, { 'org.opencontainers.image.ref.name': 'shop:2' });
  const descriptors = [first, second].flatMap(
    (files) => JSON.parse(String(files['index.json'])).manifests as unknown[],
  );
  const both = { ...first, ...second, 'index.json': JSON.stringify({ schemaVersion: 2, manifests: descriptors }) };
  const origin = file(await tarOf(both));
  expect((await read(origin)).images).toHaveLength(2);
  await expect(read(origin, 'shop:3')).rejects.toMatchObject({ code: 'IMAGE_NAME_INVALID' });
  expect(() => givenName('Shop:3')).toThrow(expect.objectContaining({ code: 'IMAGE_NAME_INVALID' }));
  expect(() => givenName('shop')).toThrow(expect.objectContaining({ code: 'IMAGE_NAME_INVALID' }));
});
