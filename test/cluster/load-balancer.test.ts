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

test('with keepalived every node has a virtual address for itself, to which the API answers', () => {
  const standard = documentWith('{ driver: keepalived }');
  expect(apiEndpoint(standard)).toBe('169.254.97.2:6443');
  expect(standard.certificates.additionalNames).toEqual(['169.254.97.2']);
  const own = documentWith('{ driver: keepalived, address: 10.103.97.2, port: 7443 }');
  expect(apiEndpoint(own)).toBe('10.103.97.2:7443');
  expect(own.certificates.additionalNames).toEqual(['10.103.97.2']);
});

test.each(['ipvs', 'nftables'])('kube-proxy in mode %s would clear what keepalived balances', (mode) => {
  const more = `\n  kubeadm: { kubeProxyConfiguration: { mode: ${mode} } }`;
  expect(() => documentWith(`{ driver: keepalived }${more}`)).toThrow(
    expect.objectContaining({ code: 'DOCUMENT_INVALID', message: expect.stringContaining(`mode ${mode} clears`) }),
  );
  expect(documentWith(`{ driver: haproxy }${more}`).loadBalancer.driver).toBe('haproxy');
});

test.each([
  ['{ driver: external }', 'needs its address'],
  ['{ driver: external, address: 10.0.0.1 }', 'is a host of the cluster'],
  ['{ address: 10.0.0.9 }', 'only the drivers keepalived and external have an address'],
  ['{ driver: keepalived, address: 10.0.0.1 }', 'is a host of the cluster'],
  ['{ driver: keepalived, address: 10.244.7.7 }', "in the cluster's own podCidr"],
  ['{ driver: keepalived, address: 10.96.7.7 }', "in the cluster's own serviceCidr"],
  ['{ driver: keepalived, address: 127.0.0.2 }', "every machine's own"],
  ['{ driver: keepalived, address: 224.0.0.18 }', 'no address of one machine'],
  ['{ driver: keepalived, address: api.example.org }', 'must be an IPv4 address'],
  ['{ driver: external, address: "a b" }', 'must be a name or an address'],
  ['{ driver: lvscare }', 'haproxy'],
])('a balancer as %s is refused', (written, reason) => {
  expect(() => documentWith(written)).toThrow(expect.objectContaining({ code: 'DOCUMENT_INVALID' }));
  try {
    documentWith(written);
  } catch (error) {
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).toContain(reason);
  }
});
