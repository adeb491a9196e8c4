import { mkdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openBundle } from '../../source/bundle/open.ts';
import { verifyBundle } from '../../source/bundle/verify.ts';
import { digest } from './fixtures/sources.ts';
import { openWorkshop, pause, readText, serveUsual, type Usual, type Workshop, web } from './fixtures/workshop.ts';

let workshop: Workshop;
let usual: Usual;

beforeEach(async () => {
  workshop = await openWorkshop();
  usual = await serveUsual(workshop.sources);
  await workshop.build();
});
afterEach(() => workshop.close());

const blobFile = (name: string): string => path.join(workshop.output, 'blobs/sha256', name.replace('sha256:', ''));

function flip(file: string, position: number): void {
  const content = readFileSync(file);
  content[position] = (content[position] ?? 0) ^ 1;
  writeFileSync(file, content);
}

async function received(stream: Readable): Promise<{ readonly bytes: number; readonly error: unknown }> {
  let bytes = 0;
  try {
    for await (const chunk of stream) bytes += (chunk as Buffer).length;
    return { bytes, error: undefined };
  } catch (error) {
    return { bytes, error };
  }
}

/** Digests of the configuration and the layers of an image. */
function partsOf(name: string): { readonly config: string; readonly layers: readonly string[]; readonly root: string } {
  const index = JSON.parse(readText(path.join(workshop.output, 'index.json')));
  const root = index.manifests.find(
    (entry: { annotations: Record<string, string> }) => entry.annotations['org.opencontainers.image.ref.name'] === name,
  ).digest;
  const manifest = JSON.parse(readText(blobFile(root)));
  return {
    root,
    config: manifest.config.digest,
    layers: manifest.layers.map((layer: { digest: string }) => layer.digest),
  };
}

test('a folder without a bundle, one that is not there, and a file are told apart from a bundle', async () => {
  await expect(openBundle(path.join(workshop.folder, 'none'))).rejects.toMatchObject({
    code: 'BUNDLE_MISSING',
    message: expect.stringContaining('There is no folder'),
  });
  mkdirSync(path.join(workshop.folder, 'empty'));
  await expect(openBundle(path.join(workshop.folder, 'empty'))).rejects.toMatchObject({
    code: 'BUNDLE_MISSING',
    message: expect.stringContaining('There is no bundle in'),
  });
  await expect(openBundle(workshop.recipeFile)).rejects.toMatchObject({ code: 'BUNDLE_MISSING' });
});

test('an index that is damaged, and a layout of somebody else, are named as such', async () => {
  const index = path.join(workshop.output, 'index.json');
  const text = readText(index);
  writeFileSync(index, text.slice(0, 300));
  await expect(openBundle(workshop.output)).rejects.toMatchObject({ code: 'BUNDLE_CORRUPT' });
  writeFileSync(index, '{"schemaVersion":2,"manifests":[]}');
  await expect(openBundle(workshop.output)).rejects.toMatchObject({
    code: 'BUNDLE_MISSING',
    message: expect.stringContaining('not a bundle of Landfall'),
  });
  writeFileSync(index, text.slice(0, 300));
  // When it was made is in it, in seconds.
  const [, made = ''] = /image\.created": "([^"]+)"/.exec(text) ?? [];
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(made) });
  await workshop.build().finally(() => vi.useRealTimers());
  expect(readText(index)).toBe(text);
});

test('a damaged blob never comes out whole, and the error names it', async () => {
  const bundle = await openBundle(workshop.output);
  const file = bundle.file('kubelet', 'amd64');
  flip(blobFile(digest(usual.kubelet)), 299_999);
  const { bytes, error } = await received(bundle.openFile(file));
  expect(bytes).toBeLessThan(300_000);
  expect(error).toMatchObject({
    code: 'BUNDLE_CORRUPT',
    message: expect.stringMatching(/^the file kubelet for amd64 in the bundle is damaged: its content does not match/),
  });
  // An other reader at the same time is not concerned.
  const other = bundle.file('cni-plugins', 'amd64');
  expect(await received(bundle.openFile(other))).toEqual({ bytes: 70_000, error: undefined });
});

test('a blob that became shorter or vanished after opening is an error, from an offset too', async () => {
  const bundle = await openBundle(workshop.output);
  const file = bundle.file('kubelet', 'amd64');
  truncateSync(blobFile(digest(usual.kubelet)), 200_000);
  expect(await received(bundle.openFile(file))).toMatchObject({ error: { code: 'BUNDLE_CORRUPT' } });
  expect(await received(bundle.openFile(file, 100_000))).toMatchObject({ error: { code: 'BUNDLE_CORRUPT' } });
  rmSync(blobFile(digest(usual.kubelet)));
  expect(await received(bundle.openFile(file))).toMatchObject({ error: { code: 'BUNDLE_READ' } });
  expect(await received(bundle.openBlob(digest('nothing')))).toMatchObject({ error: { code: 'BUNDLE_INCOMPLETE' } });
});

test('opening names what is missing or too short', async () => {
  rmSync(blobFile(partsOf(web).layers[1] ?? ''));
  truncateSync(blobFile(digest(usual.plugins)), 5);
  await expect(openBundle(workshop.output)).rejects.toMatchObject({
    code: 'BUNDLE_INCOMPLETE',
    message: expect.stringMatching(
      new RegExp(`a layer of ${web} is missing; the file cni-plugins for amd64 has 5 of 70000 bytes`),
    ),
  });
  rmSync(blobFile(partsOf(pause).root));
  await expect(openBundle(workshop.output)).rejects.toMatchObject({
    message: expect.stringContaining(`the manifest of ${pause} is missing`),
  });
});

test('verifying lists everything that is wrong, and building again fetches just that', async () => {
  const parts = partsOf(web);
  rmSync(blobFile(parts.layers[1] ?? ''));
  flip(blobFile(digest(usual.kubelet)), 150_000);
  truncateSync(blobFile(digest(usual.plugins)), 69_999);
  flip(blobFile(partsOf(pause).root), 20);
  const { whole, problems } = await verifyBundle(workshop.output);
  expect(whole).toBe(false);
  expect(problems.map(({ kind, item }) => [kind, item]).sort()).toEqual([
    ['damaged', 'the file kubelet for amd64'],
    ['damaged', `the manifest of ${pause}`],
    ['incomplete', pause],
    ['missing', `a layer of ${web}`],
    ['wrong-size', 'the file cni-plugins for amd64'],
  ]);
  expect(problems.find((problem) => problem.kind === 'wrong-size')).toEqual({
    kind: 'wrong-size',
    item: 'the file cni-plugins for amd64',
    digest: digest(usual.plugins),
    message: 'the file cni-plugins for amd64 has 69999 bytes instead of 70000.',
  });

  workshop.sources.forget();
  workshop.events.length = 0;
  const { fetched } = await workshop.build();
  expect(fetched.items).toBe(3);
  expect(workshop.fetchedPaths()).toHaveLength(3);
  expect(workshop.events.filter((event) => event.kind === 'damaged')).toHaveLength(2);
  expect(await verifyBundle(workshop.output)).toMatchObject({ whole: true, problems: [] });
});

test('what is damaged and cannot be fetched again is taken out, so that nobody trusts it', async () => {
  flip(blobFile(digest(usual.kubelet)), 150_000);
  workshop.sources.remove(/kubelet/);
  await expect(workshop.build()).rejects.toMatchObject({ code: 'BUNDLE_SOURCE_MISSING' });
  await expect(openBundle(workshop.output)).rejects.toMatchObject({
    code: 'BUNDLE_INCOMPLETE',
    message: expect.stringContaining('the file kubelet for amd64 is missing'),
  });
});

test('a damaged summary hides no other damage', async () => {
  const index = JSON.parse(readText(path.join(workshop.output, 'index.json')));
  const own = JSON.parse(readText(blobFile(index.manifests.at(-1).digest)));
  flip(blobFile(own.config.digest), 3);
  flip(blobFile(partsOf(web).layers[0] ?? ''), 3);
  await expect(openBundle(workshop.output)).rejects.toMatchObject({ code: 'BUNDLE_CORRUPT' });
  const { problems } = await verifyBundle(workshop.output);
  expect(problems.map((problem) => problem.item)).toContain(`a layer of ${web}`);
  expect(problems.map((problem) => problem.item)).toContain("the bundle's summary");
  await workshop.build();
  expect(await verifyBundle(workshop.output)).toMatchObject({ whole: true });
});

test('an index from which an image was taken is not whole', async () => {
  const file = path.join(workshop.output, 'index.json');
  const index = JSON.parse(readText(file));
  index.manifests.splice(1, 1);
  writeFileSync(file, JSON.stringify(index));
  await expect(openBundle(workshop.output)).rejects.toMatchObject({
    code: 'BUNDLE_INCOMPLETE',
    message: expect.stringContaining(`${pause} is not in the index`),
  });
  expect((await verifyBundle(workshop.output)).problems).toMatchObject([{ kind: 'missing', item: pause }]);
});

test('a bundle that was copied elsewhere opens and proves there', async () => {
  const moved = path.join(workshop.folder, 'a stick', 'bundle');
  mkdirSync(path.dirname(moved));
  renameSync(workshop.output, moved);
  expect((await openBundle(moved)).directory).toBe(moved);
  const progress: number[] = [];
  const result = await verifyBundle(moved, (event) => progress.push(event.done));
  expect(result).toMatchObject({ whole: true, bytes: progress.at(-1) });
  expect(result.bytes).toBeGreaterThan(statSync(path.join(moved, 'blobs/sha256', digest(usual.kubelet).slice(7))).size);
});
