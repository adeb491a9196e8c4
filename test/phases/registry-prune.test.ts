import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digestOf } from '../../source/bundle/oci.ts';
import type { RegistryContent } from '../../source/phases/registry-content.ts';
import { parseUsed, refuseUsed, tagsNamed, usedDigests } from '../../source/phases/registry-prune.ts';
import {
  mergeSurveys,
  parseSurvey,
  planRemoval,
  type RegistrySurvey,
  type Removal,
  removalFrom,
} from '../../source/phases/registry-reach.ts';
import { imageOf, indexOf } from '../bundle/fixtures/own-images.ts';

const scripts = path.resolve(import.meta.dirname, '../../assets/hosts');
const hexOf = (content: Buffer): string => digestOf(content).replace('sha256:', '');
const nothing: RegistryContent = { blobs: [], links: [] };

let storage: string;
beforeEach(() => {
  storage = mkdtempSync(path.join(tmpdir(), 'landfall-prune-'));
});
afterEach(() => rmSync(storage, { recursive: true, force: true }));

function script(name: string, words: readonly string[] = [], input = '', meanwhile?: string): string {
  const gone = path.join(storage, 'removed/gone');
  const later = meanwhile === undefined ? '' : `{ until [ -s '${gone}' ]; do sleep 0.02; done; ${meanwhile}; } &`;
  const text = `${later} exec sh '${path.join(scripts, name)}' "$@"`;
  return execFileSync('sh', ['-c', text, 'sh', storage, ...words], { input, encoding: 'utf8' });
}

const root = (): string => path.join(storage, 'docker/registry/v2');

/** Puts blobs and links into the registry; two hours ago unless told otherwise. */
function put(blobs: readonly Buffer[], links: readonly string[], age = 7200): void {
  for (const blob of blobs) {
    const file = path.join(root(), 'blobs/sha256', hexOf(blob).slice(0, 2), hexOf(blob), 'data');
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, blob);
  }
  script('registry-link.sh', [], links.map((line) => `${line}\n`).join(''));
  const time = Date.now() / 1000 - age;
  for (const file of execFileSync('find', [root(), '-type', 'f', '-newermt', '-1 hour'], { encoding: 'utf8' }).split(
    '\n',
  )) {
    if (file !== '') utimesSync(file, time, time);
  }
}

/** An image with its links in a repository; the tag only where one is given. */
function image(word: string, repository: string, tag?: string) {
  const { blobs, manifest } = imageOf(Buffer.from(word.repeat(600)), 'amd64');
  const hexes = blobs.map(hexOf);
  const links = [
    ...hexes.map((hex) => `layer ${repository} ${hex}`),
    `manifest ${repository} ${hexOf(manifest)}`,
    ...(tag === undefined ? [] : [`tag ${repository} ${tag} ${hexOf(manifest)}`]),
  ];
  return { blobs, manifest, links, hexes };
}

const survey = (): RegistrySurvey => parseSurvey(script('registry-survey.sh'));
const plan = (used: readonly string[] = [], removed: readonly string[] = [], bundle = nothing): Removal =>
  planRemoval(survey(), bundle, new Set(used), new Set(removed));
const blobsOf = (removal: Removal): readonly string[] =>
  removal.lines.flatMap((line) => (line.startsWith('blob ') ? [line.slice(5)] : []));

test('what a tag reaches stays; what none reaches goes, links and bytes and the folders of a repository', () => {
  const [kept, gone] = [image('kept', 'team/shop', '2'), image('gone', 'example.com/other/shop')];
  put([...kept.blobs, ...gone.blobs], [...kept.links, ...gone.links]);
  const removal = plan();
  expect(new Set(blobsOf(removal))).toEqual(new Set(gone.hexes));
  expect(script('registry-remove.sh', [survey().state], removal.lines.map((line) => `${line}\n`).join(''))).toBe('');
  const after = survey();
  expect([...after.blobs.keys()].sort()).toEqual([...kept.hexes].sort());
  expect([...after.links].sort()).toEqual([...kept.links].sort());
  expect(plan().lines).toEqual([]);
  expect(readdirSync(path.join(root(), 'repositories'))).toEqual(['team']);
});

test('what the cluster runs stays without a tag: by its manifest, its index, or the id of its configuration', () => {
  const own = image('runs', 'team/shop');
  const index = indexOf([{ manifest: own.manifest, architecture: 'amd64' }]);
  put([...own.blobs, index], [...own.links, `manifest team/shop ${hexOf(index)}`]);
  const [, configuration = Buffer.alloc(0)] = own.blobs;
  expect(plan([hexOf(index)]).lines).toEqual([]);
  expect(blobsOf(plan([hexOf(own.manifest)]))).toEqual([hexOf(index)]);
  expect(blobsOf(plan([hexOf(configuration)]))).toEqual([hexOf(index)]);
  expect(blobsOf(plan())).toHaveLength(4);
});

test('what the bundle holds stays without anything that names it', () => {
  const own = image('bundle', 'docker.io/library/web');
  put(own.blobs, own.links);
  const blobs = own.blobs.map((blob) => ({
    digest: digestOf(blob),
    size: blob.length,
    repository: 'docker.io/library/web',
  }));
  expect(plan([], [], { blobs, links: own.links }).lines).toEqual([]);
});

test('what is young stays, because a push may be about to name it, unless it belongs to a tag that shall go', () => {
  const [young, tagged] = [image('young', 'team/shop'), image('tagged', 'team/other', '1')];
  put([...young.blobs, ...tagged.blobs], [...young.links, ...tagged.links], 60);
  expect(plan().lines).toEqual([]);
  const removal = plan([], ['team/other 1']);
  expect(removal.tags).toEqual(['team/other:1']);
  expect(new Set(blobsOf(removal))).toEqual(new Set(tagged.hexes));
});

test('layers that two images share stay while one of them does', () => {
  const one = image('same', 'team/one', '1');
  put(one.blobs, [...one.links, ...one.links.map((line) => line.replace('team/one', 'team/two'))]);
  const removal = plan([], ['team/two 1']);
  expect(blobsOf(removal)).toEqual([]);
  expect(removal.lines.every((line) => line.includes('team/two'))).toBe(true);
});

test('of a manifest that cannot be read nothing goes', () => {
  const own = image('whole', 'team/shop', '2');
  put(own.blobs, own.links);
  const hex = hexOf(own.manifest);
  put([], []);
  writeFileSync(path.join(root(), 'blobs/sha256', hex.slice(0, 2), hex, 'data'), 'damaged');
  put([], []);
  expect(plan().lines).toEqual([]);
});

test('a push in between is noticed, and nothing is taken out', () => {
  const [kept, gone] = [image('kept', 'team/shop', '2'), image('gone', 'team/shop')];
  put([...kept.blobs, ...gone.blobs], [...kept.links, ...gone.links]);
  const { state } = survey();
  const lines = plan()
    .lines.map((line) => `${line}\n`)
    .join('');
  put([], [`tag team/shop 3 ${hexOf(gone.manifest)}`]);
  expect(script('registry-remove.sh', [state], lines)).toBe('changed\n');
  expect(survey().blobs.size).toBe(6);
});

test('a manifest that is linked while the links of its parts go is whole afterwards', () => {
  const [kept, gone] = [image('kept', 'team/shop', '2'), image('gone', 'team/shop')];
  put([...kept.blobs, ...gone.blobs], [...kept.links, ...gone.links]);
  const before = survey();
  const lines = plan().lines.map((line) => `${line}\n`);
  const folder = path.join(root(), 'repositories/team/shop/_manifests/tags/3/current');
  const late = `mkdir -p '${folder}'; printf sha256:${hexOf(gone.manifest)} >'${folder}/link'`;
  expect(script('registry-remove.sh', [before.state], lines.join(''), late)).toBe('changed\n');
  const after = survey();
  expect(after.blobs).toEqual(before.blobs);
  expect([...after.links].sort()).toEqual([...before.links, `tag team/shop 3 ${hexOf(gone.manifest)}`].sort());
  expect([...after.fresh]).toEqual([`tag team/shop 3 ${hexOf(gone.manifest)}`]);
  expect(readdirSync(storage)).toEqual(['docker']);
  expect(plan().lines).toEqual([]);
});

test('blobs that nothing names go alone', () => {
  const kept = image('kept', 'team/shop', '2');
  const lost = Buffer.from('lost');
  put([...kept.blobs, lost], kept.links);
  const { lines } = plan();
  expect(lines).toEqual([`blob ${hexOf(lost)}`]);
  expect(script('registry-remove.sh', [survey().state], `${lines.join('')}\n`)).toBe('');
  expect([...survey().blobs.keys()].sort()).toEqual([...kept.hexes].sort());
});

test('what one registry has reason to keep stays in all, and each loses only what it has', () => {
  const gone = image('gone', 'team/shop');
  put(gone.blobs, gone.links, 60);
  const young = survey();
  put([Buffer.from('lost')], []);
  execFileSync('find', [root(), '-type', 'f', '-exec', 'touch', '-d', '2 hours ago', '{}', '+']);
  const old = survey();
  const nobody = new Set<string>();
  expect(planRemoval(old, nothing, nobody, nobody).blobs).toBe(4);
  const all = planRemoval(mergeSurveys([young, old]), nothing, nobody, nobody);
  expect(all.lines).toEqual([`blob ${hexOf(Buffer.from('lost'))}`]);
  expect(removalFrom(young, all)).toEqual({ lines: [], tags: [], blobs: 0, bytes: 0 });
  expect(removalFrom(old, all)).toEqual({ ...all, blobs: 1, bytes: 4 });
});

test('a tag that differs between registries goes from each of them', () => {
  const [one, other] = [image('one', 'team/shop', '2'), image('other', 'team/shop', '2')];
  put(one.blobs, one.links);
  const left = survey();
  put(other.blobs, other.links);
  const both = [left, survey()];
  const all = planRemoval(mergeSurveys(both), nothing, new Set(), new Set(['team/shop 2']));
  expect(all.tags).toEqual(['team/shop:2']);
  expect(both.map((each) => removalFrom(each, all).blobs)).toEqual([3, 6]);
});

test('a push into another repository keeps the links it has made to what leaves', () => {
  const shop = image('shop', 'team/shop', '2');
  const [layer = ''] = shop.links;
  put(shop.blobs, [...shop.links, layer.replace('team/shop', 'team/other')], 60);
  const removal = plan([], ['team/shop 2']);
  expect(removal.tags).toEqual(['team/shop:2']);
  expect(removal.lines.filter((line) => line.includes('team/other'))).toEqual([]);
  expect(blobsOf(removal)).toHaveLength(2);
});

test('a name is found as people write it, with the bare path that belongs to it', () => {
  const shop = image('shop', 'example.com/team/shop', '2');
  const bare = shop.links.map((line) => line.replace('example.com/', ''));
  const library = image('web', 'docker.io/library/web', '1');
  put([...shop.blobs, ...library.blobs], [...shop.links, ...bare, ...library.links]);
  const surveys = [survey()];
  expect(tagsNamed('example.com/team/shop:2', surveys)).toEqual(['example.com/team/shop 2', 'team/shop 2']);
  expect(tagsNamed('team/shop:2', surveys)).toEqual(['team/shop 2']);
  expect(tagsNamed('web:1', surveys)).toEqual(['docker.io/library/web 1']);
  expect(() => tagsNamed('web:2', surveys)).toThrow(expect.objectContaining({ code: 'REGISTRY_TAG_UNKNOWN' }));
  put(
    [],
    shop.links.map((line) => line.replace('example.com', 'other.org')),
  );
  expect(tagsNamed('example.com/team/shop:2', [survey()])).toEqual(['example.com/team/shop 2']);
});

test('a tag that something names or runs is not taken away', () => {
  const shop = image('shop', 'example.com/team/shop', '2');
  put(shop.blobs, shop.links);
  const surveys = [survey()];
  const [, configuration = Buffer.alloc(0)] = shop.blobs;
  const keys = ['example.com/team/shop 2'];
  const inUse = expect.objectContaining({ code: 'REGISTRY_TAG_IN_USE' });
  for (const words of [
    'CronJob a/nightly example.com/team/shop:2',
    'Deployment a/b other.org/team/shop:2',
    `Pod a/c example.com/team/shop@${digestOf(shop.manifest)}`,
    `Pod a/d x:1 ${digestOf(configuration)}`,
  ]) {
    expect(() => refuseUsed(keys, surveys, parseUsed(`${words}\n`), new Set()), words).toThrow(inUse);
  }
  const others = parseUsed('Pod a/e example.com/team/shop:3 team/other:2 shop\n');
  expect(() => refuseUsed(keys, surveys, others, new Set())).not.toThrow();
  const ofBundle = parseUsed(`Pod a/f docker.io/library/web@${digestOf(shop.manifest)} ${digestOf(configuration)}\n`);
  expect(() => refuseUsed(keys, surveys, ofBundle, new Set(shop.hexes))).not.toThrow();
  expect([...usedDigests(ofBundle)].sort()).toEqual([hexOf(shop.manifest), hexOf(configuration)].sort());
});
