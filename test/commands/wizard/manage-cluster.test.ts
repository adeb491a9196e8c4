import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { rememberCluster } from '../../../source/cluster/known-cluster.ts';
import { parseClusterDocument } from '../../../source/cluster/load-document.ts';
import { actionRequest, clusterActions } from '../../../source/commands/wizard/manage-cluster.ts';
import { languages } from '../../../source/language/index.ts';

const text = `apiVersion: landfall/v1
kind: Cluster
metadata: { name: shop }
spec:
  hosts:
    - { name: one, address: 10.0.0.1, role: control-plane, ssh: { user: root } }
`;
const before = process.env['LANDFALL_HOME'];

beforeEach(() => {
  process.env['LANDFALL_HOME'] = mkdtempSync(path.join(tmpdir(), 'landfall-home-'));
  rememberCluster({ document: parseClusterDocument('cluster.yaml', text), bundle: '/media/bundle' });
});

afterEach(() => {
  if (before === undefined) delete process.env['LANDFALL_HOME'];
  else process.env['LANDFALL_HOME'] = before;
});

test('every action that is offered begins a run of its own and has Chinese words', () => {
  const begun = clusterActions('shop').map(({ id }) =>
    JSON.stringify({ ...actionRequest('shop', id, 'one'), document: 0 }),
  );
  expect(new Set(begun).size).toBe(begun.length);
  for (const { id } of clusterActions('shop')) expect(languages.zh.actionTitles[id], id).toBeTruthy();
});

test('the certificates of one node are renewed whatever their age, those of the cluster where it is time', () => {
  expect(actionRequest('shop', 'renew-certificates-of-node', 'one')).toMatchObject({ host: 'one', all: true });
  expect(actionRequest('shop', 'renew-certificates', undefined)).toMatchObject({ all: false });
  expect(actionRequest('shop', 'repair-registries', undefined)).toMatchObject({ bundle: '/media/bundle' });
  expect(() => actionRequest('shop', 'dance', undefined)).toThrow('no action named dance');
});
