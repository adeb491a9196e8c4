import { describe, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { readAsset } from '../../source/assets.ts';
import { dnsManifest, flannelManifest, withoutForward } from '../../source/phases/network.ts';

const corefile = `.:53 {
    errors
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30
}
`;

test('only the forward plugin is taken out of the Corefile', () => {
  const result = withoutForward(corefile);
  expect(result).not.toContain('forward');
  expect(result).not.toContain('max_concurrent');
  expect(result.split('\n')).toEqual(corefile.split('\n').filter((_, index) => index < 7 || index > 9));
});

test('a Corefile without it stays as it is', () => {
  expect(withoutForward(withoutForward(corefile))).toBe(withoutForward(corefile));
});

describe("kubeadm's manifest of CoreDNS", () => {
  // As kubeadm prints it: a mark before each document, the first one too.
  const deployment = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: coredns, namespace: kube-system }
spec:
  replicas: 2
  template:
    spec:
      priorityClassName: system-cluster-critical
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100 }]
`;
  const printed = `---${deployment}---\n${stringify({ kind: 'ConfigMap', metadata: { name: 'coredns' }, data: { Corefile: corefile } })}---\n${stringify({ kind: 'ServiceAccount' })}`;
  const parts = (text: string) => parseAllDocuments(text).map((document) => document.toJS());

  test('is spread over the nodes and keeps everything else; the deployment is applied last', async () => {
    const [settings, account, changed] = parts(
      dnsManifest(printed, true, await readAsset('network/coredns-patch.yaml')),
    );
    const { spec } = changed.spec.template;
    expect(spec.priorityClassName).toBe('system-cluster-critical');
    expect(Object.keys(spec.affinity.podAntiAffinity)).toEqual(['requiredDuringSchedulingIgnoredDuringExecution']);
    expect(settings.data.Corefile).toBe(corefile);
    expect(account).toEqual({ kind: 'ServiceAccount' });
  });

  test('asks no name server where a host has none, and stays as it is on one host', () => {
    const [settings, , unchanged] = parts(dnsManifest(printed, false, undefined));
    expect(unchanged).toEqual(parse(deployment));
    expect(settings.data.Corefile).toBe(withoutForward(corefile));
  });
});

test('flannel names its images by the digest of the bundle', async () => {
  const image = (name: string, digit: string) => ({
    name,
    digest: `sha256:${digit.repeat(64)}`,
    use: 'network' as const,
    architectures: ['amd64' as const],
  });
  const images = [image('ghcr.io/flannel-io/flannel:v1', 'a'), image('ghcr.io/flannel-io/flannel-cni-plugin:v2', 'b')];
  const document = {
    hosts: [{ name: 'node-1', address: '10.0.0.1', role: 'control-plane' }],
    loadBalancer: { driver: 'haproxy', port: 7443, endpoint: '10.0.0.1:6443' },
    network: { podCidr: '10.244.0.0/16' },
  };
  const context = { document, bundle: { images } } as unknown as Parameters<typeof flannelManifest>[0];
  const named = [...(await flannelManifest(context)).matchAll(/image: *"?([^\s"]+)/g)].map((match) => match[1]);
  expect(new Set(named)).toEqual(new Set(images.map(({ name, digest }) => `${name}@${digest}`)));
});
