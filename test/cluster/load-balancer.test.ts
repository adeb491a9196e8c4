import { expect, test } from 'vitest';
import { apiEndpoint } from '../../source/cluster/endpoint.ts';
import { parseClusterDocument } from '../../source/cluster/load-document.ts';

function documentWith(loadBalancer: string) {
  return parseClusterDocument(
    'cluster.yaml',
    `apiVersion: landfall/v1
kind: Cluster
metadata: { name: test }
spec:
  hosts:
    - { name: node-1, address: 10.0.0.1, role: control-plane }
  loadBalancer: ${loadBalancer}
`,
  );
}

test('every node reaches the API at its own balancer unless there is an external one', () => {
  expect(apiEndpoint(documentWith('{}'))).toBe('127.0.0.1:7443');
  expect(apiEndpoint(documentWith('{ port: 8443 }'))).toBe('127.0.0.1:8443');
  const external = documentWith('{ driver: external, address: api.example.org }');
  expect(apiEndpoint(external)).toBe('api.example.org:6443');
  expect(external.certificates.additionalNames).toContain('api.example.org');
});

test.each([
  ['{ driver: external }', 'needs its address'],
  ['{ driver: external, address: 10.0.0.1 }', 'is a host of the cluster'],
  ['{ address: 10.0.0.9 }', 'only an external load balancer has an address'],
  ['{ driver: external, address: "a b" }', 'must be a name or an address'],
  ['{ driver: keepalived }', 'haproxy'],
])('a balancer as %s is refused', (written, reason) => {
  expect(() => documentWith(written)).toThrow(expect.objectContaining({ code: 'DOCUMENT_INVALID' }));
  try {
    documentWith(written);
  } catch (error) {
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).toContain(reason);
  }
});
