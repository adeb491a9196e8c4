import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RegistryContent } from '../../source/phases/registry-content.ts';
import {
  compareInventory,
  isSame,
  parseInventory,
  type RegistryInventory,
  wantedContent,
} from '../../source/phases/registry-inventory.ts';
import { listTags } from '../../source/workflows/registry.ts';

const scripts = path.resolve(import.meta.dirname, '../../assets/hosts');
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
const layer = sha('layer');
const manifest = sha('manifest');
const other = sha('other');
const bundle: RegistryContent = {
  blobs: [
    { digest: `sha256:${layer}`, size: 5, repository: 'docker.io/web' },
    { digest: `sha256:${manifest}`, size: 8, repository: 'docker.io/web' },
  ],
  links: [`layer docker.io/web ${layer}`, `manifest docker.io/web ${manifest}`, `tag docker.io/web 1.0 ${manifest}`],
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'landfall-registry-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function script(name: string, storage: string, input = ''): string {
  return execFileSync('sh', [path.join(scripts, name), storage], { input, encoding: 'utf8' });
}

const blobFile = (storage: string, hex: string): string =>
  path.join(storage, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');

function put(storage: string, hex: string, text: string): void {
  mkdirSync(path.dirname(blobFile(storage, hex)), { recursive: true });
  writeFileSync(blobFile(storage, hex), text);
}

/** A registry's storage with the bundle's content, made by the scripts that hosts run. */
function registry(name: string): string {
  const storage = path.join(folder, name);
  put(storage, layer, 'layer');
  put(storage, manifest, 'manifest');
  script('registry-link.sh', storage, bundle.links.map((line) => `${line}\n`).join(''));
  return storage;
}

const inventory = (storage: string): RegistryInventory => parseInventory(script('registry-inventory.sh', storage));

test('a registry that holds the bundle is the same; one that is empty lacks everything', () => {
  expect(isSame(compareInventory(inventory(registry('a')), bundle))).toBe(true);
  const empty = compareInventory(inventory(path.join(folder, 'none')), bundle);
  expect(empty).toEqual({ missing: [layer, manifest], damaged: [], links: bundle.links, changedTags: [] });
});

test('a blob changed within its size is damaged, taken out, and then missing', () => {
  const storage = registry('a');
  put(storage, layer, 'lAyer');
  expect(compareInventory(inventory(storage), bundle)).toMatchObject({ damaged: [layer], missing: [], links: [] });
  script('registry-discard.sh', storage, `${layer}\n`);
  expect(compareInventory(inventory(storage), bundle)).toMatchObject({ damaged: [], missing: [layer], links: [] });
});

test('a tag of the bundle that names another image is found and set right, whatever most registries say', () => {
  const storages = ['a', 'b', 'c'].map(registry);
  for (const storage of storages) {
    put(storage, other, 'other');
    script('registry-link.sh', storage, `manifest docker.io/web ${other}\ntag docker.io/web 1.0 ${other}\n`);
  }
  const [first = ''] = storages;
  const wanted = wantedContent(bundle, storages.map(inventory));
  const difference = compareInventory(inventory(first), wanted);
  expect(difference.changedTags).toEqual(['docker.io/web:1.0']);
  script('registry-link.sh', first, difference.links.map((line) => `${line}\n`).join(''));
  expect(compareInventory(inventory(first), wanted)).toMatchObject({ changedTags: [], links: [] });
});

test('what was pushed to one registry is wanted by all, and its manifest can be given as a blob', () => {
  const [one, two] = [registry('a'), registry('b')];
  const pushed = [`layer team/shop ${layer}`, `manifest team/shop ${other}`, `tag team/shop 2 ${other}`];
  put(one, other, 'other');
  script('registry-link.sh', one, pushed.map((line) => `${line}\n`).join(''));
  const wanted = wantedContent(bundle, [inventory(one), inventory(two)]);
  expect([...wanted.foreign]).toEqual([other]);
  const difference = compareInventory(inventory(two), wanted);
  expect(difference.missing).toEqual([other]);
  expect([...difference.links].sort()).toEqual([...pushed, `layer team/shop ${other}`].sort());
  const tags = listTags(
    [
      { host: 'one', inventory: inventory(one) },
      { host: 'two', inventory: inventory(two) },
    ],
    bundle.links,
  );
  expect(tags).toEqual([
    {
      repository: 'docker.io/web',
      tag: '1.0',
      digest: `sha256:${manifest}`,
      bundle: true,
      hosts: ['one', 'two'],
    },
    { repository: 'team/shop', tag: '2', digest: `sha256:${other}`, bundle: false, hosts: ['one'] },
  ]);
});

test("a user's tag that differs is what most registries say", () => {
  const storages = ['a', 'b', 'c'].map(registry);
  const newer = sha('newer');
  for (const [index, storage] of storages.entries()) {
    put(storage, other, 'other');
    put(storage, newer, 'newer');
    const named = index === 0 ? other : newer;
    script('registry-link.sh', storage, `manifest team/shop ${named}\ntag team/shop 2 ${named}\n`);
  }
  const wanted = wantedContent(bundle, storages.map(inventory));
  expect(wanted.links.filter((line) => line.startsWith('tag team/'))).toEqual([`tag team/shop 2 ${newer}`]);
});

test('a damaged link is missing', () => {
  const storage = registry('a');
  const link = path.join(storage, 'docker/registry/v2/repositories/docker.io/web/_layers/sha256', layer, 'link');
  for (const text of ['', `sha256:${other}`, 'nonsense']) {
    writeFileSync(link, text);
    expect(compareInventory(inventory(storage), bundle).links).toEqual([`layer docker.io/web ${layer}`]);
  }
});
