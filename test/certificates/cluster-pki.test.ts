import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authorityDays, type ClusterPki, openClusterPki } from '../../source/certificates/cluster-pki.ts';
import { issueAuthority, issueLeaf } from '../../source/certificates/issue.ts';
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
    ['signing/ca.crt', 'apiserver.crt', 'sslserver'],
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

  test.each(['admin', 'super-admin', 'controller-manager', 'scheduler', 'kubelet'] as const)(
    'the client certificate of %s is of the cluster authority, and another one each time',
    async (user) => {
      if (first === undefined) throw new Error('no host');
      const [one, two] = [await pki.client(first, user), await pki.client(first, user)];
      expect(one.certificate).not.toBe(two.certificate);
      writeFileSync(path.join(folder, 'host/client.crt'), one.certificate);
      expect(openssl('verify', '-CAfile', 'ca.crt', '-purpose', 'sslclient', 'client.crt')).toContain('OK');
      const subject = openssl('x509', '-in', 'client.crt', '-noout', '-subject', '-nameopt', 'RFC2253').trim();
      expect(subject).toBe(
        {
          admin: 'subject=CN=kubernetes-admin,O=kubeadm:cluster-admins',
          'super-admin': 'subject=CN=kubernetes-super-admin,O=system:masters',
          'controller-manager': 'subject=CN=system:kube-controller-manager',
          scheduler: 'subject=CN=system:kube-scheduler',
          kubelet: 'subject=CN=system:node:node-1,O=system:nodes',
        }[user],
      );
    },
  );

  test('what was issued before a moment is issued again, once', async () => {
    if (first === undefined) throw new Error('no host');
    const before = new Map((await pki.kubernetesFiles(first)).map((file) => [file.name, file.content]));
    const since = Math.floor(Date.now() / 1000) * 1000 + 1000;
    await new Promise((resolve) => setTimeout(resolve, since - Date.now()));
    const after = await pki.kubernetesFiles(first, since);
    const kept = after.filter((file) => before.get(file.name) === file.content).map((file) => file.name);
    expect(kept.toSorted()).toEqual([
      'ca.crt',
      'ca.key',
      'etcd/ca.crt',
      'etcd/ca.key',
      'front-proxy-ca.crt',
      'front-proxy-ca.key',
      'registry/ca.crt',
      'registry/ca.key',
      'sa.key',
      'sa.pub',
      'signing/ca.crt',
      'signing/ca.key',
    ]);
    expect(await pki.kubernetesFiles(first, since)).toEqual(after);
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

  test('validity and length of keys are the ones of the document; the authority lasts 100 years', async () => {
    const own = parseClusterDocument(
      'cluster.yaml',
      text.replace('{ additional', '{ validity: 1y, rsaBits: 3072, additional'),
    );
    expect(own.certificates).toMatchObject({ validityDays: 365, rsaBits: 3072 });
    expect(authorityDays(own)).toBe(36_500);
    for (const rsaBits of [2048, 3072, 4096] as const) {
      const authority = await issueAuthority({ commonName: 'authority' }, { days: authorityDays(own), rsaBits });
      const request = { commonName: 'leaf', usages: ['client'], names: [] } as const;
      const issued = await issueLeaf(authority, request, { days: 365, rsaBits });
      for (const [pem, days] of [
        [authority.certificate, 36_500],
        [issued.certificate, 365],
      ] as const) {
        const certificate = new X509Certificate(pem);
        expect(certificate.publicKey.asymmetricKeyDetails?.modulusLength).toBe(rsaBits);
        expect(Math.round((Date.parse(certificate.validTo) - Date.now()) / (24 * 3_600_000))).toBe(days);
      }
    }
  });
});
