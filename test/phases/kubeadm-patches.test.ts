import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { kubeadmPatches } from '../../source/phases/kubeadm-patches.ts';

test("every part of a control plane is named by the bundle's digest, in files that kubeadm knows by their names", () => {
  const image = (name: string, digit: string) => ({ name, digest: `sha256:${digit.repeat(64)}` });
  const images = [
    image('registry.k8s.io/etcd:3.6.8-0', 'a'),
    image('registry.k8s.io/kube-apiserver:v1.36.3', 'b'),
    image('registry.k8s.io/kube-controller-manager:v1.36.3', 'c'),
    image('registry.k8s.io/kube-scheduler:v1.36.3', 'd'),
  ];
  const files = kubeadmPatches({ bundle: { images } } as unknown as Parameters<typeof kubeadmPatches>[0]);
  expect(files.map(({ path }) => path.split('/').at(-1))).toEqual([
    'etcd+strategic.yaml',
    'kube-apiserver+strategic.yaml',
    'kube-controller-manager+strategic.yaml',
    'kube-scheduler+strategic.yaml',
  ]);
  const [first] = parse(files[0]?.content ?? '').spec.containers;
  expect(first).toEqual({ name: 'etcd', image: `registry.k8s.io/etcd:3.6.8-0@sha256:${'a'.repeat(64)}` });
  expect(() => kubeadmPatches({ bundle: { images: [] } } as never)).toThrow('holds no image named …/etcd');
});
