import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { openBundle } from '../../source/bundle/open.ts';
import { verifyBundle } from '../../source/bundle/verify.ts';
import { layer, serveImage } from './fixtures/images.ts';
import { digest, sha256 } from './fixtures/sources.ts';
import {
  kubelet,
  openWorkshop,
  pause,
  plugins,
  readText,
  serveUsual,
  type Usual,
  usualImages,
  type Workshop,
  web,
} from './fixtures/workshop.ts';

let workshop: Workshop;
let usual: Usual;

beforeEach(async () => {
  workshop = await openWorkshop();
  usual = await serveUsual(workshop.sources);
});
afterEach(() => workshop.close());

const collect = async (stream: AsyncIterable<Buffer>): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};

test('a bundle holds what its recipe names, is an image layout, and proves whole', async () => {
  const result = await workshop.build();
  expect(result.fetched.items).toBe(6);
  expect(JSON.parse(readText(path.join(workshop.output, 'oci-layout')))).toEqual({ imageLayoutVersion: '1.0.0' });
  const index = JSON.parse(readText(path.join(workshop.output, 'index.json')));
  const names = index.manifests.map(
    (entry: { annotations: Record<string, string> }) => entry.annotations['org.opencontainers.image.ref.name'],
  );
  expect(names).toEqual([
    web,
    pause,
    'bundle.landfall/files/kubelet:1.36.3-amd64',
    'bundle.landfall/files/cni-plugins:1.9.1-amd64',
    'bundle.landfall/bundle:test-recipe',
  ]);
  expect(workshop.listing().filter((file) => file.startsWith('.partial'))).toEqual([]);

  const bundle = await openBundle(workshop.output);
  expect(bundle.kubernetesVersion).toBe('v1.36.3');
  expect(bundle.architectures).toEqual(['amd64']);
  expect(bundle.file('cni-plugins', 'amd64')).toMatchObject({ archive: true, version: '1.9.1', source: plugins });
  const file = bundle.file('kubelet', 'amd64');
  expect(file).toMatchObject({ size: 300_000, sha256: sha256(usual.kubelet), archive: false, source: kubelet });
  expect((await collect(bundle.openFile(file))).equals(usual.kubelet)).toBe(true);
  expect((await collect(bundle.openFile(file, 299_990))).equals(usual.kubelet.subarray(299_990))).toBe(true);
  expect(() => bundle.file('helm', 'amd64')).toThrow(expect.objectContaining({ code: 'BUNDLE_FILE_MISSING' }));

  const image = bundle.images.find((candidate) => candidate.name === web);
  expect(image).toMatchObject({ use: 'application', architectures: ['amd64'] });
  const blobs = image === undefined ? [] : await bundle.imageBlobs(image, ['amd64']);
  expect(blobs).toHaveLength(4);
  expect(blobs.at(-1)?.digest).toBe(image?.digest);
  // Several at a time, as an install reads them.
  const contents = await Promise.all(blobs.map((blob) => collect(bundle.openBlob(blob.digest))));
  expect(contents.map(digest)).toEqual(blobs.map((blob) => blob.digest));
  expect(contents.map((content) => content.length)).toEqual(blobs.map((blob) => blob.size));
  expect(await verifyBundle(workshop.output)).toMatchObject({ whole: true, problems: [] });
});

test('names resolve to digests in a lock beside the bundle, and recipe and lock are inside too', async () => {
  const { summary } = await workshop.build();
  const lock = parse(readText(`${workshop.output}.lock.yaml`));
  expect(lock).toMatchObject({ kind: 'BundleLock', recipe: 'test-recipe' });
  expect(lock.images).toEqual(Object.fromEntries(summary.images.map((image) => [image.name, image.digest])));
  expect(lock.files[kubelet]).toEqual({ sha256: sha256(usual.kubelet), size: 300_000 });
  expect(lock.files[plugins]).toEqual({ sha256: sha256(usual.plugins), size: 70_000 });
  const index = JSON.parse(readText(path.join(workshop.output, 'index.json')));
  const own = index.manifests.at(-1);
  expect(own.artifactType).toBe('application/vnd.landfall.bundle.v1');
  const blob = (name: string): string => readText(path.join(workshop.output, 'blobs/sha256', name.slice(7)));
  const manifest = JSON.parse(blob(own.digest));
  expect(blob(manifest.layers[0].digest)).toBe(readText(workshop.recipeFile));
  expect(blob(manifest.layers[1].digest)).toBe(readText(`${workshop.output}.lock.yaml`));
});

test('a file in the bundle is an artifact that names role, version, architecture, archive and source', async () => {
  await workshop.build();
  const index = JSON.parse(readText(path.join(workshop.output, 'index.json')));
  const descriptor = index.manifests[3];
  const manifest = JSON.parse(
    readText(path.join(workshop.output, 'blobs/sha256', descriptor.digest.replace('sha256:', ''))),
  );
  expect(manifest).toMatchObject({
    artifactType: 'application/vnd.landfall.file.v1',
    config: { mediaType: 'application/vnd.oci.empty.v1+json', size: 2 },
    layers: [
      {
        digest: digest(usual.plugins),
        size: 70_000,
        annotations: { 'org.opencontainers.image.title': 'plugins-amd64.tgz' },
      },
    ],
    annotations: {
      'landfall.file.role': 'cni-plugins',
      'landfall.file.version': '1.9.1',
      'landfall.file.architecture': 'amd64',
      'landfall.file.archive': 'true',
      'landfall.file.source': plugins,
    },
  });
});

test('a repeated build fetches nothing and changes no byte', async () => {
  await workshop.build();
  const before = readText(path.join(workshop.output, 'index.json'));
  const listing = workshop.listing();
  workshop.sources.forget();
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
  const result = await workshop.build().finally(() => vi.useRealTimers());
  expect(result.fetched).toEqual({ items: 0, bytes: 0 });
  expect(result.present.items).toBe(6);
  expect(workshop.sources.seen).toEqual([]);
  expect(readText(path.join(workshop.output, 'index.json'))).toBe(before);
  expect(workshop.listing()).toEqual(listing);
});

test('a recipe with one more image fetches only that; one less is removed with its blobs', async () => {
  await workshop.build();
  const extra = await layer('extra', Buffer.alloc(5000, 'x'));
  serveImage(workshop.sources, 'quay.io/some/extra:2', [...usual.layers, extra]);
  workshop.writeRecipe({ images: [...usualImages, { use: 'cluster', name: 'quay.io/some/extra:2' }] });
  workshop.sources.forget();
  const grown = await workshop.build();
  expect(grown.fetched.items).toBe(2);
  expect(workshop.fetchedPaths()).toHaveLength(2);
  const before = workshop.listing().length;
  workshop.writeRecipe({ images: [...usualImages.slice(1)] });
  workshop.sources.forget();
  const shrunk = await workshop.build();
  expect(workshop.sources.seen).toEqual([]);
  expect(shrunk.removedBytes).toBeGreaterThan(250_000);
  expect(workshop.listing().length).toBeLessThan(before);
  expect((await openBundle(workshop.output)).images.map((image) => image.name)).toEqual([pause]);
  expect(parse(readText(`${workshop.output}.lock.yaml`)).images).not.toHaveProperty([web]);
  expect(await verifyBundle(workshop.output)).toMatchObject({ whole: true });
});

test('the longest source that matches decides where a file is taken from', async () => {
  const source = 'https://elsewhere.example/deep/tool';
  workshop.sources.serve('/files/deep/tool', 'deep');
  workshop.writeRecipe({ images: [], files: [{ role: 'helm', version: '3', source }] });
  await workshop.build();
  const bundle = await openBundle(workshop.output);
  expect((await collect(bundle.openFile(bundle.file('helm', 'amd64')))).toString()).toBe('deep');
});

test('a text that the recipe names lies in the folder of the bundle', async () => {
  writeFileSync(path.join(workshop.folder, 'hello.md'), '# Hello\n');
  writeFileSync(
    workshop.recipeFile,
    readText(workshop.recipeFile).replace('kubernetesVersion', 'readme: hello.md\n  kubernetesVersion'),
  );
  await workshop.build();
  expect(readText(path.join(workshop.output, 'README.md'))).toBe('# Hello\n');
});

test('progress ends at all of all, and never passes it', async () => {
  await workshop.build();
  const progress = workshop.events.filter((event) => event.kind === 'progress');
  const last = progress.at(-1);
  expect(last).toMatchObject({ items: 6, totalItems: 6, bytes: last?.totalBytes });
  expect(progress.every((event) => event.bytes <= event.totalBytes)).toBe(true);
  expect(workshop.events.find((event) => event.kind === 'resolved')).toMatchObject({ images: 2, files: 2, items: 6 });
});

test('a folder that holds something else is refused and left alone', async () => {
  await workshop.build();
  const index = path.join(workshop.output, 'index.json');
  writeFileSync(index, '{"schemaVersion":2,"manifests":[]}');
  const listing = workshop.listing();
  await expect(workshop.build()).rejects.toMatchObject({ code: 'BUNDLE_OUTPUT_FOREIGN', exitStatus: 2 });
  expect(workshop.listing()).toEqual(listing);
  expect(readFileSync(index, 'utf8')).toBe('{"schemaVersion":2,"manifests":[]}');
});

test('a second build of the same folder is refused while one runs', async () => {
  await workshop.build();
  const owner = path.join(workshop.output, '.partial/owner');
  workshop.sources.faults.push({ match: /plugins/, times: 99, act: { kind: 'stall', bytes: 10 } });
  const stop = new AbortController();
  const running = workshop.build({ updateLock: true, signal: stop.signal, stallTimeout: 20_000 });
  const ended = running.catch((error: unknown) => error);
  await expect.poll(() => existsSync(owner)).toBe(true);
  // The first process of the machine is not the one that builds here.
  writeFileSync(owner, '1\n');
  await expect(workshop.build()).rejects.toMatchObject({ code: 'BUNDLE_BUSY' });
  stop.abort();
  expect(await ended).toMatchObject({ code: 'ABORTED' });
});
