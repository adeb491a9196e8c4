import { stringify } from 'yaml';
import { authorityDays } from '../certificates/cluster-pki.ts';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import { apiEndpoint, apiUrl } from '../cluster/endpoint.ts';
import type { HostFacts } from '../hosts/facts.ts';
import { hostPaths } from './paths.ts';

const kubeadmVersion = 'kubeadm.k8s.io/v1beta4';
const containerRuntime = 'unix:///run/containerd/containerd.sock';

type Mapping = Readonly<Record<string, unknown>>;

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The user's settings over ours, folder by folder; lists and scalars replace. */
function merged(ours: Mapping, theirs: Mapping): Mapping {
  const result: Record<string, unknown> = { ...ours };
  for (const [key, value] of Object.entries(theirs)) {
    const own = result[key];
    result[key] = isMapping(own) && isMapping(value) ? merged(own, value) : value;
  }
  return result;
}

function documents(...parts: readonly Mapping[]): string {
  return parts.map((part) => stringify(part)).join('---\n');
}

/**
 * Where no host is a worker, workloads run on the control planes too, so they carry no taint; otherwise kubeadm's own
 * default taint is kept.
 */
function nodeRegistration(document: ClusterDocument, host: HostEntry, facts: HostFacts): Mapping {
  const hasWorkers = document.hosts.some((entry) => entry.role === 'worker');
  return {
    name: host.name,
    criSocket: containerRuntime,
    imagePullPolicy: 'IfNotPresent',
    imagePullSerial: false,
    // Our own checks look at what these do, and name it better.
    ignorePreflightErrors: [
      'NumCPU',
      'Mem',
      'Swap',
      'Hostname',
      'FileExisting-crictl',
      'FileExisting-socat',
      'FileExisting-ethtool',
      'FileExisting-tc',
      'FileExisting-conntrack',
      ...(facts.cgroupVersion === 1 ? ['SystemVerification'] : []),
    ],
    kubeletExtraArgs: [{ name: 'node-ip', value: host.address }],
    ...(host.role === 'control-plane' && !hasWorkers ? { taints: [] } : {}),
  };
}

export type InitInput = {
  readonly document: ClusterDocument;
  readonly host: HostEntry;
  readonly facts: HostFacts;
  /** Whether any host still has cgroup v1, where the kubelet refuses to start unless told. */
  readonly anyCgroupVersion1: boolean;
  /** Whether any host keeps its connection tracking limits from being set. */
  readonly anyFixedConntrack: boolean;
  readonly kubernetesVersion: string;
  readonly bootstrapToken: string;
};

/** Configuration of `kubeadm init`: init, cluster, kubelet and kube-proxy documents. Holds the bootstrap token. */
export function initConfiguration(input: InitInput): string {
  const { document, host, facts } = input;
  const validity = `${document.certificates.validityDays * 24}h0m0s`;
  // For controllers and scheduler. kubeadm tells them their own host's API server alone, which may hang while they could go on.
  const endpoint = apiUrl(document);
  return documents(
    {
      apiVersion: kubeadmVersion,
      kind: 'InitConfiguration',
      bootstrapTokens: [
        {
          token: input.bootstrapToken,
          ttl: '24h0m0s',
          usages: ['signing', 'authentication'],
          groups: ['system:bootstrappers:kubeadm:default-node-token'],
        },
      ],
      localAPIEndpoint: { advertiseAddress: host.address, bindPort: 6443 },
      nodeRegistration: nodeRegistration(document, host, facts),
      patches: { directory: hostPaths.kubeadmPatches },
    },
    merged(
      {
        apiVersion: kubeadmVersion,
        kind: 'ClusterConfiguration',
        clusterName: document.name,
        kubernetesVersion: input.kubernetesVersion,
        controlPlaneEndpoint: apiEndpoint(document),
        encryptionAlgorithm: `RSA-${document.certificates.rsaBits}`,
        certificateValidityPeriod: validity,
        caCertificateValidityPeriod: `${authorityDays(document) * 24}h0m0s`,
        networking: {
          podSubnet: document.network.podCidr,
          serviceSubnet: document.network.serviceCidr,
          dnsDomain: document.network.dnsDomain,
        },
        controllerManager: {
          // A file with one authority: while authorities are rotated, ca.crt holds two, and the signer takes no such file.
          extraArgs: [
            { name: 'master', value: endpoint },
            { name: 'cluster-signing-cert-file', value: `${hostPaths.kubernetesPki}/signing/ca.crt` },
            { name: 'cluster-signing-key-file', value: `${hostPaths.kubernetesPki}/signing/ca.key` },
            { name: 'cluster-signing-duration', value: validity },
          ],
        },
        apiServer: {
          extraArgs: [{ name: 'kubelet-certificate-authority', value: `${hostPaths.kubernetesPki}/ca.crt` }],
          certSANs: [
            '127.0.0.1',
            'localhost',
            ...document.hosts
              .filter((entry) => entry.role === 'control-plane')
              .flatMap((entry) => [entry.address, entry.name]),
            ...document.certificates.additionalNames,
          ],
        },
        scheduler: { extraArgs: [{ name: 'master', value: endpoint }] },
      },
      document.kubeadm.clusterConfiguration,
    ),
    merged(
      {
        apiVersion: 'kubelet.config.k8s.io/v1beta1',
        kind: 'KubeletConfiguration',
        cgroupDriver: 'systemd',
        failSwapOn: false,
        rotateCertificates: true,
        // Signed by the cluster's authority and approved for the node's own name and address only.
        serverTLSBootstrap: true,
        ...(input.anyCgroupVersion1 ? { failCgroupV1: false } : {}),
      },
      document.kubeadm.kubeletConfiguration,
    ),
    merged(
      {
        apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
        kind: 'KubeProxyConfiguration',
        mode: 'iptables',
        ...(input.anyFixedConntrack
          ? { conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' } }
          : {}),
      },
      document.kubeadm.kubeProxyConfiguration,
    ),
  );
}

/** Kubeconfig by which a joining node finds the cluster and proves itself with the bootstrap token. */
export function discoveryKubeconfig(document: ClusterDocument, authority: string, bootstrapToken: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: document.name,
        cluster: {
          server: apiUrl(document),
          'certificate-authority-data': Buffer.from(authority).toString('base64'),
        },
      },
    ],
    users: [{ name: 'bootstrap', user: { token: bootstrapToken } }],
    contexts: [{ name: 'bootstrap', context: { cluster: document.name, user: 'bootstrap' } }],
    'current-context': 'bootstrap',
  });
}

/** Configuration of `kubeadm join`; `discoveryFile` is a path on the host. Holds the bootstrap token. */
export function joinConfiguration(
  document: ClusterDocument,
  host: HostEntry,
  facts: HostFacts,
  discoveryFile: string,
  bootstrapToken: string,
): string {
  return documents({
    apiVersion: kubeadmVersion,
    kind: 'JoinConfiguration',
    discovery: { file: { kubeConfigPath: discoveryFile }, tlsBootstrapToken: bootstrapToken },
    nodeRegistration: nodeRegistration(document, host, facts),
    // etcd takes one new member at a time, so with many control planes the last one waits for its turn.
    timeouts: { etcdAPICall: '10m0s' },
    ...(host.role === 'control-plane'
      ? {
          controlPlane: { localAPIEndpoint: { advertiseAddress: host.address, bindPort: 6443 } },
          patches: { directory: hostPaths.kubeadmPatches },
        }
      : {}),
  });
}
