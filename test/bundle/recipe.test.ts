import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseImageName } from '../../source/bundle/image-name.ts';
import { parseMirror } from '../../source/bundle/mirror.ts';
import { loadRecipe, parseRecipe, placeholder } from '../../source/bundle/recipe.ts';
import { LandfallError } from '../../source/errors.ts';

const head = 'apiVersion: landfall/v1\nkind: Recipe\nmetadata: {name: demo}\nspec:\n  kubernetesVersion: v1.36.3\n';
const both = `${head}  architectures: [amd64, arm64]\n`;
const kubelet = `  files:\n    - {role: kubelet, version: "1", source: "https://dl.k8s.io/${placeholder}/kubelet"}\n`;

function problems(text: string, parse: (file: string, text: string) => unknown = parseRecipe): readonly string[] {
  try {
    parse('recipe.yaml', text);
  } catch (error) {
    if (!(error instanceof LandfallError)) throw error;
    expect([error.code, error.exitStatus]).toEqual(['DOCUMENT_INVALID', 2]);
    return error.message.split('\n');
  }
  return [];
}

test('each source is written out for each architecture that is built', () => {
  const recipe = parseRecipe('recipe.yaml', `${both}${kubelet}`);
  expect(recipe.files.map((file) => [file.architecture, file.source, file.archive])).toEqual([
    ['amd64', 'https://dl.k8s.io/amd64/kubelet', false],
    ['arm64', 'https://dl.k8s.io/arm64/kubelet', false],
  ]);
  const one = parseRecipe('recipe.yaml', `${both}${kubelet}`, ['arm64']);
  expect(one.files.map((file) => file.architecture)).toEqual(['arm64']);
  expect(one.architectures).toEqual(['arm64']);
  expect(one.everyName.has('https://dl.k8s.io/amd64/kubelet')).toBe(true);
});

test('the recipes that come with the program are right', async () => {
  const folder = path.join(import.meta.dirname, '../../offline-bundle');
  const recipe = await loadRecipe(path.join(folder, 'kubernetes-1.36.yaml'));
  expect(recipe.kubernetesVersion).toMatch(/^v1\.36\./);
  const balancers = recipe.images.filter((image) => image.use === 'load-balancer').map(({ name }) => name);
  expect(balancers.map((name) => name.replace(/^.*\/|:.*$/g, ''))).toEqual(['haproxy', 'keepalived']);
  for (const role of ['containerd', 'runc', 'cni-plugins', 'kubeadm', 'kubelet', 'kubectl', 'registry']) {
    expect(recipe.files.filter((file) => file.role === role)).toHaveLength(recipe.architectures.length);
  }
  expect(readFileSync(path.join(folder, recipe.readme ?? ''), 'utf8')).toContain('landfall');
});

test('what is wrong in a recipe is named at its line', () => {
  expect(problems(`${head}  architectures: [amd64, arm]\n`)).toEqual([
    'recipe.yaml:6:26: 1: Invalid option: expected one of "amd64"|"arm64"',
  ]);
  expect(problems(`${both}  imagse: []\n`)).toEqual(['recipe.yaml:7:3: unknown key "imagse"; did you mean "images"?']);
  expect(
    problems(`${both}  files:\n    - {role: kubelet, version: "1", sorce: x, source: "https://a/${placeholder}"}\n`),
  ).toEqual(['recipe.yaml:8:37: unknown key "sorce"; did you mean "source"?']);
  expect(
    problems(
      `${both}  files:\n    - {role: kubelet, version: "1", source: "https://a/b"}\n    - {role: kubelet, version: "1", source: "ftp://a/${placeholder}"}\n`,
    ),
  ).toEqual(['recipe.yaml:9:45: source: must be an http or https address']);
  expect(
    problems(
      `${both}  files:\n    - {role: kubelet, version: "1", source: "https://a/b"}\n    - {role: kubelet, version: "1", source: "https://a/${placeholder}"}\n`,
    ),
  ).toEqual([
    `recipe.yaml:8:45: source: must hold ${placeholder} when it is taken for several architectures`,
    'recipe.yaml:9:14: role: kubelet is there twice',
  ]);
  expect(
    problems(
      `${both}  images:\n    - {use: cluster, name: "nginx:1"}\n    - {use: cluster, name: docker.io/library/nginx}\n    - {use: cluster, name: "quay.io/a:1"}\n    - {use: network, name: "quay.io/a:1"}\n`,
    ),
  ).toEqual([
    'recipe.yaml:8:28: name: must begin with its registry, as docker.io/library/nginx:1',
    'recipe.yaml:9:28: name: must have a tag, as docker.io/library/nginx:1.22.1',
    'recipe.yaml:11:28: name: quay.io/a:1 is there twice',
  ]);
});

test('a file may be for one architecture only, and the same role for the other', () => {
  const text = `${both}  files:\n    - {role: helm, version: "1", source: "https://a/x", architectures: [amd64]}\n    - {role: helm, version: "1", source: "https://a/y", architectures: [arm64]}\n`;
  expect(parseRecipe('recipe.yaml', text).files.map((file) => [file.architecture, file.source])).toEqual([
    ['amd64', 'https://a/x'],
    ['arm64', 'https://a/y'],
  ]);
});

test('image names are taken apart, or told why not', () => {
  const hex = 'a'.repeat(64);
  expect(parseImageName(`localhost:5000/a/b_c:v1.0@sha256:${hex}`)).toEqual({
    domain: 'localhost:5000',
    repository: 'a/b_c',
    tag: 'v1.0',
    digest: `sha256:${hex}`,
  });
  expect(parseImageName('registry.k8s.io/pause:3.10.2')).toMatchObject({ domain: 'registry.k8s.io', tag: '3.10.2' });
  expect(parseImageName('registry.k8s.io/Pause:3')).toBe('"Pause" is not the name of a repository');
  expect(parseImageName('quay.io/a:b c')).toBe('"b c" is not a tag');
  expect(parseImageName('quay.io/a:1@sha256:12')).toMatch(/^has a digest that is not/);
  expect(parseImageName('library/nginx:1')).toMatch(/^must begin with its registry/);
});

const mirrorHead = 'apiVersion: landfall/v1\nkind: Mirror\n';

test('a mirror document tells where registries and files are taken from', () => {
  const mirror = parseMirror(
    'mirror.yaml',
    `${mirrorHead}registries:\n  quay.io: {url: "http://10.77.0.1:5000/", prefix: quay.io}\nfiles:\n  - {from: "https://", to: "http://10.77.0.1:8080/"}\n  - {from: "https://dl.k8s.io/", to: "http://k8s.local/"}\n`,
  );
  expect(mirror.registry('quay.io')).toMatchObject({ url: 'http://10.77.0.1:5000', prefix: 'quay.io' });
  expect(mirror.registry('ghcr.io')).toMatchObject({ url: 'https://ghcr.io', prefix: '' });
  expect(mirror.registry('docker.io')).toMatchObject({ url: 'https://registry-1.docker.io', prefix: '' });
  expect(mirror.file('https://dl.k8s.io/v1/kubelet')).toBe('http://k8s.local/v1/kubelet');
  expect(mirror.file('https://get.helm.sh/helm')).toBe('http://10.77.0.1:8080/get.helm.sh/helm');
});

test('what is wrong in a mirror document is named at its line', () => {
  expect(
    problems(
      `${mirrorHead}registries:\n  quay.io: {url: "http://a:b@10.77.0.1:5000", prefix: /quay.io}\n  ghcr.io: {ulr: x, url: "10.77.0.1"}\n`,
      parseMirror,
    ),
  ).toEqual([
    'recipe.yaml:4:18: url: must not carry a user or password; name a file with passwordFile',
    'recipe.yaml:4:55: prefix: must not begin or end with "/"',
    'recipe.yaml:5:26: url: must be an http or https address',
    'recipe.yaml:5:13: unknown key "ulr"',
  ]);
});
