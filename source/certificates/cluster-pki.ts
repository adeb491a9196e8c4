import { X509Certificate } from 'node:crypto';
import path from 'node:path';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import { addressInNetwork } from '../cluster/networks.ts';
import { type KeyCustody, openAuthority, openServiceAccountKey } from './authorities.ts';
import { certificatesOf, namesOf } from './inspect.ts';
import {
  type CertificateSubject,
  generateRsaKey,
  issueAuthority,
  issuedAt,
  issueLeaf,
  type KeyAndCertificate,
  type LeafRequest,
} from './issue.ts';
import { storedPair } from './stored.ts';

/** Certificates and keys of one control plane, by their path below /etc/kubernetes/pki. */
export type PkiFile = { readonly name: string; readonly content: string; readonly secret: boolean };

/** The cluster's public key infrastructure on the operator machine: made once, kept in a private folder, the same in every run. */
export type ClusterPki = {
  /** PEM of the cluster's authority. */
  readonly clusterAuthority: string;
  /** PEM of the registry's authority. */
  readonly registryAuthority: string;
  /** What is trusted of this infrastructure, by file name below the folder: authorities, and the key of tokens. */
  readonly trust: Readonly<Record<TrustFile, string>>;
  /**
   * Everything kubeadm would issue itself on a control plane.
   * @param since milliseconds; certificates issued before are issued again.
   */
  kubernetesFiles(host: HostEntry, since?: number): Promise<readonly PkiFile[]>;
  /** Server certificate of the registry on a control plane; `since` as above. */
  registryCertificate(host: HostEntry, since?: number): Promise<KeyAndCertificate>;
  /** A client certificate of a host's kubelet or of the user of one of its kubeconfigs, issued anew and kept nowhere. */
  client(host: HostEntry, user: ClientUser): Promise<KeyAndCertificate>;
};

/** Files that say what is trusted; each may hold more than one authority or key. */
export type TrustFile = 'ca.crt' | 'etcd/ca.crt' | 'front-proxy-ca.crt' | 'sa.pub';

/** Users of the cluster for whom a host has a client certificate; all but the kubelet's are on control planes only. */
export type ClientUser = 'admin' | 'super-admin' | 'controller-manager' | 'scheduler' | 'kubelet';

/** Who they are to the API, as kubeadm names them. */
function clientSubject(host: HostEntry, user: ClientUser): CertificateSubject {
  switch (user) {
    case 'admin':
      return { commonName: 'kubernetes-admin', organization: 'kubeadm:cluster-admins' };
    case 'super-admin':
      return { commonName: 'kubernetes-super-admin', organization: 'system:masters' };
    case 'controller-manager':
      return { commonName: 'system:kube-controller-manager' };
    case 'scheduler':
      return { commonName: 'system:kube-scheduler' };
    case 'kubelet':
      return { commonName: `system:node:${host.name}`, organization: 'system:nodes' };
  }
}

/**
 * Days an authority lives: as long as the default at least, whatever the certificates below it do. One that ends with
 * them could renew none of them.
 */
export function authorityDays(document: ClusterDocument): number {
  return Math.max(document.certificates.validityDays, 36_500);
}

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

/** Whether a kept certificate still answers to all these names, has more than a day left and is of this authority. */
function stillGood(
  { authority, request: { names } }: NamedLeaf,
  since: number,
): (certificate: X509Certificate) => boolean {
  const issuer = new X509Certificate(authority.certificate);
  return (certificate) => {
    if (!certificate.verify(issuer.publicKey) || issuedAt(certificate) < since) return false;
    const known = new Set(namesOf(certificate));
    return (
      names.every((name) => known.has(name === '::1' ? '0:0:0:0:0:0:0:1' : name)) &&
      Date.parse(certificate.validTo) > Date.now() + 24 * 3_600_000
    );
  };
}

/** Without the authorities above it, which a user's own may bring along. */
function firstCertificate(pem: string): string {
  return certificatesOf(pem)[0]?.toString() ?? pem;
}

/** Opens the infrastructure in a folder and makes the authorities on the first call; leaves are issued when first asked for. */
export async function openClusterPki(
  directory: string,
  document: ClusterDocument,
  custody: KeyCustody = {},
): Promise<ClusterPki> {
  const validity = { days: document.certificates.validityDays, rsaBits: document.certificates.rsaBits };
  const authority = (name: string, commonName: string): Promise<KeyAndCertificate> =>
    openAuthority(
      directory,
      name,
      () => issueAuthority({ commonName }, { ...validity, days: authorityDays(document) }),
      custody,
    );
  const [cluster, etcd, frontProxy, registry, serviceAccount] = await Promise.all([
    authority('ca', 'kubernetes'),
    authority('etcd/ca', 'etcd-ca'),
    authority('front-proxy-ca', 'front-proxy-ca'),
    authority('registry/ca', 'landfall-registry-ca'),
    openServiceAccountKey(directory, async () => (await generateRsaKey(validity.rsaBits)).privatePem, custody),
  ]);

  const leaf = (
    host: HostEntry,
    named: NamedLeaf,
    since: number,
    days: number = validity.days,
  ): Promise<KeyAndCertificate> =>
    storedPair(
      path.join(directory, 'hosts', host.name),
      named.name,
      () => issueLeaf(named.authority, named.request, { ...validity, days }),
      stillGood(named, since),
      custody.passphrase,
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
    trust: {
      'ca.crt': cluster.certificate,
      'etcd/ca.crt': etcd.certificate,
      'front-proxy-ca.crt': frontProxy.certificate,
      'sa.pub': serviceAccount.publicPem,
    },
    async kubernetesFiles(host, since = 0) {
      const issued = await Promise.all(
        leaves(host).map(async (entry) => asFiles(entry.name, await leaf(host, entry, since))),
      );
      return [
        ...asFiles('ca', cluster),
        // The one that signs alone; ca.crt may hold a second that is only trusted.
        ...asFiles('signing/ca', { key: cluster.key, certificate: firstCertificate(cluster.certificate) }),
        ...asFiles('etcd/ca', etcd),
        ...asFiles('front-proxy-ca', frontProxy),
        // Only kept there: a machine of the operator may be lost, or keep no keys.
        ...asFiles('registry/ca', registry),
        { name: 'sa.key', content: serviceAccount.privatePem, secret: true },
        { name: 'sa.pub', content: serviceAccount.publicPem, secret: false },
        ...issued.flat(),
      ];
    },
    registryCertificate(host, since = 0) {
      const names = [host.name, 'localhost', '127.0.0.1', host.address];
      const request: LeafRequest = { commonName: 'landfall-registry', usages: ['server'], names };
      // No timer on the hosts can renew it, so it lasts as long as its authority.
      return leaf(host, { name: 'registry', authority: registry, request }, since, authorityDays(document));
    },
    client(host, user) {
      return issueLeaf(cluster, { ...clientSubject(host, user), usages: ['client'], names: [] }, validity);
    },
  };
}
