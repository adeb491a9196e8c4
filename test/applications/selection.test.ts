import { expect, test } from 'vitest';
import { loadCatalogue } from '../../source/applications/catalogue.ts';
import { packChart } from '../../source/applications/chart-archive.ts';
import { missingResources, selectApplications, totalNeeds } from '../../source/applications/selection.ts';
import { chartValues, valuesHash } from '../../source/applications/values.ts';

const catalogue = loadCatalogue();
const entry = (name: string, found = name, parameters = {}) => ({ package: found, name, parameters });

test('what applications depend on comes before them, once', () => {
  const selected = selectApplications(catalogue, [entry('website'), entry('shop', 'mysql'), entry('cache', 'redis')]);
  expect(selected.map((application) => [application.name, application.package.name, application.after])).toEqual([
    ['website', 'website', []],
    ['local-path-storage', 'local-path-storage', []],
    ['shop', 'mariadb', ['local-path-storage']],
    ['cache', 'valkey', ['local-path-storage']],
  ]);
});

test('a dependency that is asked for itself is still installed once', () => {
  const selected = selectApplications(catalogue, [entry('mariadb'), entry('local-path-storage')]);
  expect(selected.map((application) => application.name)).toEqual(['local-path-storage', 'mariadb']);
});

test.each([
  ['upper case', [entry('Shop', 'mariadb')], 'cannot be the name'],
  ['a word that YAML reads as its own', [entry('on', 'mariadb')], 'cannot be the name'],
  ['a name of two packages', [entry('shop', 'mariadb'), entry('shop', 'valkey')], 'is used for mariadb and for valkey'],
  ['the name of a component', [entry('local-path-storage', 'mariadb')], 'belongs to what applications need'],
  ['a component under another name', [entry('disks', 'local-path-storage')], 'cannot have another name'],
])('%s is refused', (_name, entries, message) => {
  expect(() => selectApplications(catalogue, entries)).toThrow(message);
});

test('needs are summed over replicas, and sizes that were asked for count', () => {
  const selected = selectApplications(catalogue, [
    entry('mariadb', 'mariadb', { memory: '1Gi', storage: '8Gi' }),
    entry('website'),
  ]);
  expect(totalNeeds(selected, 1)).toEqual({ cpu: 10 + 250 + 20, memory: 2 ** 30 + 64 * 2 ** 20, disk: 8 * 2 ** 30 });
  expect(totalNeeds(selected, 2)).toEqual({ cpu: 10 + 250 + 40, memory: 2 ** 30 + 96 * 2 ** 20, disk: 8 * 2 ** 30 });
  const needs = totalNeeds(selected, 1);
  expect(missingResources(needs, { ...needs, memory: needs.memory - 1 })).toEqual([
    { resource: 'memory', needed: needs.memory, available: needs.memory - 1 },
  ]);
  expect(missingResources(needs, needs)).toEqual([]);
});

test('values hold sizes both ways, and passwords only where the package has a password', () => {
  const [, mariadb] = selectApplications(catalogue, [entry('shop', 'mariadb', { nodePort: 30306 })]);
  if (mariadb === undefined) throw new Error('nothing selected');
  expect(chartValues(mariadb, 3, (parameter) => `made for ${parameter}`)).toEqual({
    images: { mariadb: 'docker.io/library/mariadb:10.11' },
    replicas: 1,
    resources: { requests: { cpu: '250m', memory: '512Mi' } },
    parameters: { database: 'app', user: 'admin', storage: '5Gi', memory: '512Mi', nodePort: 30306 },
    bytes: { storage: 5 * 2 ** 30, memory: 512 * 2 ** 20 },
    passwords: { password: 'made for password' },
  });
  const [website] = selectApplications(catalogue, [entry('website')]);
  if (website === undefined) throw new Error('nothing selected');
  const values = chartValues(website, 3, () => 'never');
  expect(values.replicas).toBe(2);
  expect(values.passwords).toEqual({});
});

test('the hash tells every change of values from the state before, and is a label Kubernetes takes', async () => {
  const [, mariadb] = selectApplications(catalogue, [entry('shop', 'mariadb')]);
  const [, other] = selectApplications(catalogue, [entry('shop', 'mariadb', { user: 'root' })]);
  if (mariadb === undefined || other === undefined) throw new Error('nothing selected');
  const chart = await packChart(mariadb.package);
  const hash = valuesHash(
    chart,
    chartValues(mariadb, 1, () => 'one'),
  );
  expect(hash).toMatch(/^[0-9a-f]{40}$/);
  expect(
    valuesHash(
      await packChart(mariadb.package),
      chartValues(mariadb, 1, () => 'one'),
    ),
  ).toBe(hash);
  expect(
    valuesHash(
      chart,
      chartValues(mariadb, 1, () => 'two'),
    ),
  ).not.toBe(hash);
  expect(
    valuesHash(
      chart,
      chartValues(other, 1, () => 'one'),
    ),
  ).not.toBe(hash);
  expect(
    valuesHash(
      { ...chart, digest: 'changed' },
      chartValues(mariadb, 1, () => 'one'),
    ),
  ).not.toBe(hash);
});
