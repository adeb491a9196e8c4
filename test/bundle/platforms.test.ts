import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBundle } from '../../source/bundle/open.ts';
import { verifyBundle } from '../../source/bundle/verify.ts';
import { layer, type MadeManifest, serveImage, serveIndex } from './fixtures/images.ts';
import { filePath, openWorkshop, pause, type Workshop, web } from './fixtures/workshop.ts';

let workshop: Workshop;
let index: MadeManifest;
let dockerIndex: MadeManifest;

beforeEach(async () => {
  workshop = await openWorkshop();
  const own = async (name: string): Promise<Buffer[]> => [await layer(name, randomBytes(20_000))];
  index = serveIndex(workshop.sources, pause, {
    'linux/amd64': await own('amd64'),
    'linux/arm64': await own('arm64'),
    'linux/s390x': await own('s390x'),
    'windows/amd64': await own('windows'),
  });
  dockerIndex = serveIndex(
    workshop.sources,
    web,
    { 'linux/amd64': await own('amd64'), 'linux/arm64': await own('arm64') },
    true,
  );
  for (const architecture of ['amd64', 'arm64']) {
    workshop.sources.serve(filePath(`https://dl.k8s.io/v1.36.3/bin/linux/${architecture}/kubelet`), randomBytes(1000));
    workshop.sources.serve(
      filePath(`https://github.com/plugins/releases/plugins-${architecture}.tgz`),
      randomBytes(900),
    );
  }
});
afterEach(() => workshop.close());

test('of an index only the wanted platforms are fetched, and its digest stays', async () => {
  await workshop.build();
  const asked = workshop.sources.seen.filter((request) => request.path.includes('/manifests/sha256:'));
  expect(asked).toHaveLength(2);
  const bundle = await openBundle(workshop.output);
  expect(bundle.images.map((image) => [image.name, image.digest, image.architectures])).toEqual([
    [web, dockerIndex.digest, ['amd64']],
    [pause, index.digest, ['amd64']],
  ]);
  const kept = readFileSync(path.join(workshop.output, 'blobs/sha256', index.digest.slice(7)));
  expect(kept.equals(index.content)).toBe(true);
  expect(await verifyBundle(workshop.output)).toMatchObject({ whole: true });
  const [, image] = bundle.images;
  if (image === undefined) throw new Error('the bundle has no second image');
  // Index, manifest, configuration, layer: nothing of Windows, which also says amd64.
  expect(await bundle.imageBlobs(image, ['amd64'])).toHaveLength(4);
  await expect(bundle.imageBlobs(image, ['arm64'])).rejects.toMatchObject({ code: 'BUNDLE_ARCHITECTURE_MISSING' });
  expect(() => bundle.file('kubelet', 'arm64')).toThrow(expect.objectContaining({ code: 'BUNDLE_FILE_MISSING' }));
});

test('another architecture fetches only what is its own; the lock keeps both', async () => {
  await workshop.build();
  workshop.sources.forget();
  const both = await workshop.build({ architectures: ['amd64', 'arm64'] });
  expect(both.summary.architectures).toEqual(['amd64', 'arm64']);
  expect(workshop.fetchedPaths().every((found) => !found.includes('amd64'))).toBe(true);
  expect(both.fetched.items).toBe(6);
  const bundle = await openBundle(workshop.output);
  const [, image] = bundle.images;
  if (image === undefined) throw new Error('the bundle has no second image');
  expect(await bundle.imageBlobs(image, ['amd64', 'arm64'])).toHaveLength(7);
  expect(bundle.file('kubelet', 'arm64').source).toContain('/arm64/');
  expect(await verifyBundle(workshop.output)).toMatchObject({ whole: true });

  await workshop.build({ architectures: ['arm64'] });
  workshop.sources.forget();
  rmSync(workshop.output, { recursive: true });
  workshop.sources.serve(filePath('https://dl.k8s.io/v1.36.3/bin/linux/amd64/kubelet'), randomBytes(1000));
  await expect(workshop.build({ architectures: ['amd64'] })).rejects.toMatchObject({ code: 'BUNDLE_DIGEST_MISMATCH' });
});

test('an image that is not made for an architecture is refused, unless the recipe says so', async () => {
  const single = 'quay.io/some/single:1';
  serveImage(workshop.sources, single, [await layer('single', randomBytes(500))], { docker: true });
  const refused = { code: 'BUNDLE_ARCHITECTURE_MISSING', message: `${single} is not made for arm64, only for amd64.` };
  workshop.writeRecipe({ images: [{ use: 'cluster', name: single }], architectures: ['amd64', 'arm64'] });
  await expect(workshop.build()).rejects.toMatchObject(refused);
  workshop.writeRecipe({
    images: [{ use: 'cluster', name: single, architectures: ['amd64'] }],
    architectures: ['amd64', 'arm64'],
  });
  const { summary } = await workshop.build();
  expect(summary.images[0]?.architectures).toEqual(['amd64']);
  expect(await verifyBundle(workshop.output)).toMatchObject({ whole: true });
});

test('verifying finds a platform that should be there and is not', async () => {
  await workshop.build({ architectures: ['amd64', 'arm64'] });
  const children = JSON.parse(index.content.toString()).manifests;
  rmSync(path.join(workshop.output, 'blobs/sha256', children[1].digest.slice(7)));
  const { problems } = await verifyBundle(workshop.output);
  expect(problems.map(({ kind, item }) => [kind, item])).toEqual([
    ['missing', `the manifest of ${pause}`],
    ['incomplete', pause],
  ]);
  expect(problems[1]?.message).toBe(`${pause} is not there for arm64.`);
});
