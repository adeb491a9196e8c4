import { createPublicKey, type X509Certificate } from 'node:crypto';
import path from 'node:path';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import { addressInNetwork } from '../cluster/networks.ts';
import { generateRsaKey, issueAuthority, issueLeaf, type KeyAndCertificate, type LeafRequest } from './issue.ts';
import { storedPair, storedText } from './stored.ts';

/** Certificates and keys of one control plane, by their path below /etc/kubernetes/pki. */
export type PkiFile = { readonly name: string; readonly content: string; readonly secret: boolean };

/** The cluster's public key infrastructure on the operator machine: made once, kept in a private folder, the same in every run. */
export type ClusterPki = {
  /** PEM of the cluster's authority. */
  readonly clusterAuthority: string;
  /** PEM of the registry's authority. */
  readonly registryAuthority: string;
  /** Everything kubeadm would issue itself on a control plane. */
  kubernetesFiles(host: HostEntry): Promise<readonly PkiFile[]>;
  /** Server certificate of the registry on a control plane. */
  registryCertificate(host: HostEntry): Promise<KeyAndCertificate>;
};

/** Names the API server of a host answers to: kubeadm's own list, every control plane, and what the document adds. */
export function apiServerNames(document: ClusterDocument, host: HostEntry): readonly string[] {
  const planes = document.hosts.filter((entry) => entry.role === 'control-plane');
  const { serviceCidr, dnsDomain } = document.network;
  return [
    ...new Set([
      host.name,
      'kubernetes',
      'kubernetes.default',
      'kubernetes.default.svc',
      `kubernetes.default.svc.${dnsDomain}`,
      'localhost',
      addressInNetwork(serviceCidr, 1),
      '127.0.0.1',
      host.address,
      ...planes.flatMap((plane) => [plane.address, plane.name]),
      ...document.certificates.additionalNames,
    ]),
  ];
}

type NamedLeaf = { readonly name: string; readonly authority: KeyAndCertificate; readonly request: LeafRequest };

/** Whether a kept certificate still answers to all these names and has more than a day left. */
function coversNames(names: readonly string[]): (certificate: X509Certificate) => boolean {
  return (certificate) => {
    const known = new Set((certificate.subjectAltName ?? '').split(', ').map((entry) => entry.replace(/^[^:]*:/, '')));
    return (
      names.every((name) => known.has(name === '::1' ? '0:0:0:0:0:0:0:1' : name)) &&
      Date.parse(certificate.validTo) > Date.now() + 24 * 3_600_000
    );
  };
}

/** Opens the infrastructure in a folder and makes the authorities on the first call; leaves are issued when first asked for. */
export async function openClusterPki(directory: string, document: ClusterDocument): Promise<ClusterPki> {
  const validity = { days: document.certificates.validityDays, rsaBits: document.certificates.rsaBits };
  const authority = (name: string, commonName: string): Promise<KeyAndCertificate> =>
    storedPair(directory, name, () => issueAuthority({ commonName }, validity));
  const [cluster, etcd, frontProxy, registry, serviceAccount] = await Promise.all([
    authority('ca', 'kubernetes'),
    authority('etcd/ca', 'etcd-ca'),
    authority('front-proxy-ca', 'front-proxy-ca'),
    authority('registry/ca', 'landfall-registry-ca'),
    storedText(path.join(directory, 'sa.key'), async () => (await generateRsaKey(validity.rsaBits)).privatePem),
  ]);
  const publicKey = createPublicKey(serviceAccount).export({ type: 'spki', format: 'pem' }).toString();

  const leaf = (host: HostEntry, { name, authority: by, request }: NamedLeaf): Promise<KeyAndCertificate> =>
    storedPair(
      path.join(directory, 'hosts', host.name),
      name,
      () => issueLeaf(by, request, validity),
      coversNames(request.names),
    );

  const leaves = (host: HostEntry): readonly NamedLeaf[] => {
    const etcdNames = [host.name, 'localhost', '127.0.0.1', '::1', host.address];
    const client = (commonName: string, organization?: string): LeafRequest => ({
      commonName,
      ...(organization === undefined ? {} : { organization }),
      usages: ['client'],
      names: [],
    });
    return [
      {
        name: 'apiserver',
        authority: cluster,
        request: { commonName: 'kube-apiserver', usages: ['server'], names: apiServerNames(document, host) },
      },
      {
        name: 'apiserver-kubelet-client',
        authority: cluster,
        request: client('kube-apiserver-kubelet-client', 'kubeadm:cluster-admins'),
      },
      { name: 'apiserver-etcd-client', authority: etcd, request: client('kube-apiserver-etcd-client') },
      { name: 'front-proxy-client', authority: frontProxy, request: client('front-proxy-client') },
      {
        name: 'etcd/server',
        authority: etcd,
        request: { commonName: host.name, usages: ['server', 'client'], names: etcdNames },
      },
      {
        name: 'etcd/peer',
        authority: etcd,
        request: { commonName: host.name, usages: ['server', 'client'], names: etcdNames },
      },
      { name: 'etcd/healthcheck-client', authority: etcd, request: client('kube-etcd-healthcheck-client') },
    ];
  };

  const asFiles = (name: string, pair: KeyAndCertificate): readonly PkiFile[] => [
    { name: `${name}.crt`, content: pair.certificate, secret: false },
    { name: `${name}.key`, content: pair.key, secret: true },
  ];

  return {
    clusterAuthority: cluster.certificate,
    registryAuthority: registry.certificate,
    async kubernetesFiles(host) {
      const issued = await Promise.all(leaves(host).map(async (entry) => asFiles(entry.name, await leaf(host, entry))));
      return [
        ...asFiles('ca', cluster),
        ...asFiles('etcd/ca', etcd),
        ...asFiles('front-proxy-ca', frontProxy),
        { name: 'sa.key', content: serviceAccount, secret: true },
        { name: 'sa.pub', content: publicKey, secret: false },
        ...issued.flat(),
      ];
    },
    registryCertificate(host) {
      return leaf(host, {
        name: 'registry',
        authority: registry,
        request: {
          commonName: 'landfall-registry',
          usages: ['server'],
          names: [host.name, 'localhost', '127.0.0.1', host.address],
        },
      });
    },
  };
}
