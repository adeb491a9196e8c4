import type { Architecture, Bundle, BundleFile, FileRole } from '../bundle/contents.ts';
import type { ClusterDocument } from '../cluster/document.ts';
import type { InstallContext } from '../phases/context.ts';

const images = [
  { name: 'registry.k8s.io/pause:3.10.2', use: 'every-node' },
  { name: 'registry.k8s.io/kube-proxy:v1.36.3', use: 'every-node' },
  { name: 'registry.k8s.io/kube-apiserver:v1.36.3', use: 'control-plane' },
  { name: 'docker.io/library/haproxy:3.2', use: 'load-balancer' },
  { name: 'ghcr.io/flannel-io/flannel:v0.28.4', use: 'network' },
  { name: 'ghcr.io/flannel-io/flannel-cni-plugin:v1.9.1', use: 'network' },
  { name: 'registry.k8s.io/coredns/coredns:v1.14.2', use: 'cluster' },
] as const;

function never(what: string): never {
  throw new TypeError(`a practice run has no ${what}`);
}

// Only names and sizes are ever asked of it; what would read it would be a real step, which a practice plan has none of.
function practiceBundle(): Bundle {
  return {
    directory: 'practice',
    kubernetesVersion: 'v1.36.3',
    architectures: ['amd64'],
    files: [],
    images: images.map((image) => ({ ...image, digest: `sha256:${'0'.repeat(64)}`, architectures: ['amd64'] })),
    file: (role: FileRole, architecture: Architecture): BundleFile => never(`file ${role} for ${architecture}`),
    openFile: () => never('files'),
    filePieces: () => never('files'),
    imageBlobs: async () => [],
    openBlob: () => never('blobs'),
  };
}

/** What the install's plan is made from. Its steps are never run: `practicePlan` replaces what they do. */
export function practiceContext(document: ClusterDocument, home: string, host: InstallContext['host']): InstallContext {
  return {
    document,
    bundle: practiceBundle(),
    secrets: {
      registryPassword: 'practice',
      bootstrapToken: 'prac00.0000000000000000',
      applicationPassword: () => 'practice',
      forgetApplication: () => {},
    },
    pki: {
      clusterAuthority: '',
      registryAuthority: '',
      trust: { 'ca.crt': '', 'etcd/ca.crt': '', 'front-proxy-ca.crt': '', 'sa.pub': '' },
      kubernetesFiles: async () => never('certificates'),
      registryCertificate: async () => never('certificates'),
      client: async () => never('certificates'),
    },
    home,
    host,
  };
}
