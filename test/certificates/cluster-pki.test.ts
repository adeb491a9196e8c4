import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ClusterPki, openClusterPki } from '../../source/certificates/cluster-pki.ts';
import type { ClusterDocument } from '../../source/cluster/document.ts';
import { parseClusterDocument } from '../../source/cluster/load-document.ts';

const text = `apiVersion: landfall/v1
kind: Cluster
metadata: { name: test }
spec:
  hosts:
    - { name: node-1, address: 10.0.0.1, role: control-plane }
    - { name: node-2, address: 10.0.0.2, role: control-plane }
    - { name: node-3, address: 10.0.0.3, role: control-plane }
  certificates: { additionalNames: [api.example.org] }
`;

describe('the cluster PKI', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'pki-'));
  const document: ClusterDocument = parseClusterDocument('cluster.yaml', text);
  const [first] = document.hosts;
  let pki: ClusterPki;
  beforeAll(async () => {
    pki = await openClusterPki(path.join(folder, 'pki'), document);
    if (first === undefined) throw new Error('no host');
    for (const file of await pki.kubernetesFiles(first)) {
      const target = path.join(folder, 'host', file.name);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, file.content);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const openssl = (...args: readonly string[]): string =>
    execFileSync('openssl', args, { cwd: path.join(folder, 'host'), encoding: 'utf8' });

  test.each([
    ['ca.crt', 'apiserver.crt', 'sslserver'],
    ['ca.crt', 'apiserver-kubelet-client.crt', 'sslclient'],
    ['etcd/ca.crt', 'apiserver-etcd-client.crt', 'sslclient'],
    ['etcd/ca.crt', 'etcd/server.crt', 'sslserver'],
    ['etcd/ca.crt', 'etcd/peer.crt', 'sslclient'],
    ['etcd/ca.crt', 'etcd/healthcheck-client.crt', 'sslclient'],
    ['front-proxy-ca.crt', 'front-proxy-client.crt', 'sslclient'],
  ])('openssl verifies %s → %s today and in 99 years', (authority, leaf, purpose) => {
    const later = String(Math.floor(Date.now() / 1000) + 99 * 365 * 24 * 3600);
    expect(openssl('verify', '-CAfile', authority, '-purpose', purpose, leaf)).toContain('OK');
    expect(openssl('verify', '-attime', later, '-CAfile', authority, '-purpose', purpose, leaf)).toContain('OK');
  });

  test('another authority does not verify', () => {
    expect(() => openssl('verify', '-CAfile', 'etcd/ca.crt', 'apiserver.crt')).toThrow();
  });

  test('the API server answers to every control plane, the service address and the added name', () => {
    const names = openssl('x509', '-in', 'apiserver.crt', '-noout', '-ext', 'subjectAltName');
    for (const name of ['10.0.0.2', 'node-3', '10.96.0.1', 'api.example.org', 'kubernetes.default.svc.cluster.local']) {
      expect(names).toContain(name);
    }
  });

  test('the public service account key belongs to the private one', () => {
    expect(openssl('rsa', '-in', 'sa.key', '-pubout')).toContain(
      openssl('rsa', '-pubin', '-in', 'sa.pub', '-pubout').trim(),
    );
  });

  test('a second opening gives the same files, and keys are private', async () => {
    if (first === undefined) throw new Error('no host');
    const again = await openClusterPki(path.join(folder, 'pki'), document);
    expect(again.clusterAuthority).toBe(pki.clusterAuthority);
    expect(await again.kubernetesFiles(first)).toEqual(await pki.kubernetesFiles(first));
    expect(statSync(path.join(folder, 'pki/ca.key')).mode & 0o077).toBe(0);
  });

  test('a new control plane makes the certificate of the API be issued again, and only that', async () => {
    if (first === undefined) throw new Error('no host');
    const grown: ClusterDocument = {
      ...document,
      hosts: [...document.hosts, { ...first, name: 'node-4', address: '10.0.0.4' }],
    };
    const before = new Map((await pki.kubernetesFiles(first)).map((file) => [file.name, file.content]));
    const after = await (await openClusterPki(path.join(folder, 'pki'), grown)).kubernetesFiles(first);
    const changed = after.filter((file) => before.get(file.name) !== file.content).map((file) => file.name);
    expect(changed).toEqual(['apiserver.crt', 'apiserver.key']);
  });
});
