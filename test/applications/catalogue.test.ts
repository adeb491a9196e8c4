import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadCatalogue } from '../../source/applications/catalogue.ts';
import type { LocalizedText } from '../../source/applications/package.ts';

const catalogue = loadCatalogue();

/** Every text in both languages that stands somewhere in a value. */
function texts(value: unknown): readonly LocalizedText[] {
  if (typeof value !== 'object' || value === null) return [];
  const own = 'en' in value && 'zh' in value ? [value as LocalizedText] : [];
  return [...own, ...Object.values(value).flatMap(texts)];
}

test('the catalogue holds what the product promises, under the names people look for', () => {
  const offered = catalogue.packages.filter((found) => found.role === 'application').map((found) => found.name);
  expect(offered).toEqual(['mariadb', 'valkey', 'website']);
  expect(catalogue.find('mysql').name).toBe('mariadb');
  expect(catalogue.find('redis').name).toBe('valkey');
  expect(catalogue.find('nginx').name).toBe('website');
});

test('names and aliases are used once', () => {
  const names = catalogue.packages.flatMap((found) => [found.name, ...found.aliases]);
  expect(new Set(names).size).toBe(names.length);
});

test.each(catalogue.packages.map((found) => [found.name, found] as const))(
  '%s: its folder, chart and texts fit its package.yaml',
  (name, found) => {
    expect(path.basename(found.directory)).toBe(name);
    const chart = parse(readFileSync(path.join(found.directory, 'chart', 'Chart.yaml'), 'utf8'));
    expect(chart).toMatchObject({
      apiVersion: 'v2',
      name,
      version: found.version,
      appVersion: found.applicationVersion,
    });
    if (found.verification !== undefined) {
      expect(existsSync(path.join(found.directory, found.verification.script))).toBe(true);
    }
    for (const dependency of found.dependsOn) expect(catalogue.find(dependency).role).toBe('component');
    for (const text of texts({ ...found, directory: undefined })) {
      expect(text.zh, text.en).toMatch(/\p{Script=Han}|^Valkey/u);
      expect(text.en).not.toMatch(/\p{Script=Han}/u);
    }
  },
);

test('every image of every package is in the bundle that is built', () => {
  const file = path.join(import.meta.dirname, '../../offline-bundle/kubernetes-1.36.yaml');
  const recipe = parse(readFileSync(file, 'utf8')) as { spec: { images: { name: string }[] } };
  const inBundle = recipe.spec.images.map((image) => image.name);
  const wanted = catalogue.packages.flatMap((found) => Object.values(found.images));
  expect(wanted.length).toBeGreaterThanOrEqual(5);
  for (const image of wanted) expect(inBundle).toContain(image);
});

test('an unknown application is answered with the one that was meant', () => {
  expect(() => catalogue.find('mariadbb')).toThrow('did you mean "mariadb"');
  expect(() => catalogue.find('rediss')).toThrow('did you mean "redis"');
  try {
    catalogue.find('oracle');
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: 'APPLICATION_UNKNOWN', exitStatus: 2, fix: expect.stringContaining('valkey') });
  }
});

function withPackage(change: (text: string) => string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'landfall-catalogue-'));
  mkdirSync(path.join(folder, 'valkey'));
  const text = readFileSync(path.join(catalogue.find('valkey').directory, 'package.yaml'), 'utf8');
  writeFileSync(path.join(folder, 'valkey', 'package.yaml'), change(text));
  return folder;
}

test.each([
  ['a missing language', (text: string) => text.replace(/, zh: 密码/, ''), /package\.yaml:\d+:\d+: zh/],
  [
    'an unknown key',
    (text: string) => text.replace('aliases:', 'alias: [x]\naliases:'),
    /:4:1: unknown key "alias"; did you mean "aliases"/,
  ],
  ['an image without a tag', (text: string) => text.replace('valkey:8.1', 'valkey'), /must be a full name with tag/],
  ['a size that is none', (text: string) => text.replace('default: 2Gi', 'default: 2 gigabytes'), /must be a size/],
  [
    'a default below its minimum',
    (text: string) => text.replace('min: 64Mi', 'min: 1Gi'),
    /default of memory is out of its own bounds/,
  ],
  [
    'a password in a text',
    (text: string) => text.replace('{address}:{port}/0', '{parameters.password}'),
    /password password does not belong into a text/,
  ],
  [
    'an access that is never tried',
    (text: string) => text.replace(/verification:[\s\S]*$/, ''),
    /needs a verification/,
  ],
])('%s is refused with its line', (_name, change, message) => {
  expect(() => loadCatalogue(withPackage(change))).toThrow(message);
  expect(loadCatalogue(withPackage((text) => text)).packages).toHaveLength(1);
});
