import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { layer, serveIndex } from './fixtures/images.ts';
import { digest } from './fixtures/sources.ts';
import { openWorkshop, serveUsual, type Usual, type Workshop } from './fixtures/workshop.ts';

const hasSkopeo = spawnSync('skopeo', ['--version']).status === 0;
const why = 'skopeo is not installed; it judges whether others can read the bundle';

let workshop: Workshop;
let usual: Usual;

beforeEach(async () => {
  workshop = await openWorkshop();
  usual = await serveUsual(workshop.sources);
});
afterEach(() => workshop.close());

function skopeo(...args: readonly string[]): string {
  const result = spawnSync('skopeo', args, { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`skopeo ${args.join(' ')}: ${result.stderr}`);
  return result.stdout;
}

test('skopeo reads each image of a bundle by its name', async ({ skip }) => {
  if (!hasSkopeo) skip(why);
  const { summary } = await workshop.build();
  for (const image of summary.images) {
    const seen = JSON.parse(skopeo('inspect', `oci:${workshop.output}:${image.name}`));
    expect(seen).toMatchObject({ Digest: image.digest, Architecture: 'amd64', Os: 'linux' });
    const copy = path.join(workshop.folder, `copy-${image.use}`);
    skopeo('copy', '--insecure-policy', '--preserve-digests', `oci:${workshop.output}:${image.name}`, `dir:${copy}`);
    expect(digest(readFileSync(path.join(copy, 'manifest.json')))).toBe(image.digest);
  }
  expect(readdirSync(path.join(workshop.folder, 'copy-application')).length).toBe(5);
});

test('skopeo copies the wanted platform out of an index whose others are not there', async ({ skip }) => {
  if (!hasSkopeo) skip(why);
  const platforms = {
    'linux/arm64': [await layer('arm64', Buffer.from('arm64'))],
    'linux/amd64': [await layer('amd64', Buffer.from('amd64'))],
  };
  const name = 'quay.io/some/index:1';
  const index = serveIndex(workshop.sources, name, platforms);
  workshop.writeRecipe({ images: [{ use: 'cluster', name }] });
  await workshop.build();
  const from = `oci:${workshop.output}:${name}`;
  expect(skopeo('inspect', '--raw', from)).toBe(index.content.toString());
  const platform = ['--override-os', 'linux', '--override-arch', 'amd64'];
  skopeo(...platform, 'copy', '--insecure-policy', from, `dir:${path.join(workshop.folder, 'copy')}`);
  const manifest = JSON.parse(readFileSync(path.join(workshop.folder, 'copy/manifest.json'), 'utf8'));
  const config = readFileSync(path.join(workshop.folder, 'copy', manifest.config.digest.slice(7)), 'utf8');
  expect(JSON.parse(config).architecture).toBe('amd64');
});

test('skopeo reads a release file as an artifact', async ({ skip }) => {
  if (!hasSkopeo) skip(why);
  await workshop.build();
  const raw = skopeo('inspect', '--raw', `oci:${workshop.output}:bundle.landfall/files/kubelet:1.36.3-amd64`);
  expect(JSON.parse(raw).layers).toMatchObject([{ digest: digest(usual.kubelet), size: 300_000 }]);
});
