import type { ClientUser, ClusterPki, TrustFile } from '../certificates/cluster-pki.ts';
import { kubeconfig } from '../certificates/kubeconfig.ts';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import { apiUrl } from '../cluster/endpoint.ts';
import type { HostConnection } from '../hosts/connection.ts';
import type { ChangeItem } from './certificate-change.ts';
import { hostPaths } from './paths.ts';

/** Certificates of what a host holds: whose leaves it gets, and which authorities it trusts. */
export type CertificateSource = {
  readonly document: ClusterDocument;
  readonly pki: ClusterPki;
  /** All whose authorities are trusted; the current one alone outside of a rotation. */
  readonly trusted: readonly ClusterPki[];
  /** Certificates issued before are issued again; milliseconds. */
  readonly since: number;
};

/** What all that are trusted have in a file, the first one first. */
function trustText(source: CertificateSource, name: TrustFile): string {
  return source.trusted.map((pki) => pki.trust[name]).join('');
}

const kubernetesFolder = '/etc/kubernetes';
const kubeletFolder = '/var/lib/kubelet/pki';
const kubeletCertificate = `${kubeletFolder}/kubelet-client-current.pem`;
const registryFolder = `${hostPaths.configuration}/registry`;

async function exists(connection: HostConnection, path: string): Promise<boolean> {
  return (await connection.run('test -e "$1"', [path])).exitCode === 0;
}

/** The kubelet's kubeconfig, which names a file of its own for the certificate. */
async function kubeletConfiguration(
  source: CertificateSource,
  host: HostEntry,
  connection: HostConnection,
): Promise<ChangeItem> {
  const path = `${kubernetesFolder}/kubelet.conf`;
  const content = kubeconfig(await connection.readFile(path), {
    cluster: source.document.name,
    user: `system:node:${host.name}`,
    server: apiUrl(source.document),
    authorities: trustText(source, 'ca.crt'),
    client: kubeletCertificate,
  });
  return { do: 'place', path, content, mode: 0o600 };
}

/** Client certificate of a kubelet, in the file and the form it keeps itself, and the kubeconfig that names it. */
export async function kubeletItems(
  source: CertificateSource,
  host: HostEntry,
  connection: HostConnection,
): Promise<readonly ChangeItem[]> {
  const { key, certificate } = await source.pki.client(host, 'kubelet');
  const configuration = await kubeletConfiguration(source, host, connection);
  const stamp = new Date().toISOString().slice(0, 19).replace(/[T:]/g, '-');
  const file = `${kubeletFolder}/kubelet-client-${stamp}.pem`;
  return [
    { do: 'place', path: file, content: `${certificate}${key}`, mode: 0o600 },
    { do: 'link', path: kubeletCertificate, target: file },
    configuration,
    // It asks for another one when it starts.
    { do: 'delete', path: hostPaths.servingCertificate },
  ];
}

const users: Readonly<Record<Exclude<ClientUser, 'kubelet'>, string>> = {
  admin: 'kubernetes-admin',
  'super-admin': 'kubernetes-super-admin',
  'controller-manager': 'system:kube-controller-manager',
  scheduler: 'system:kube-scheduler',
};

/** Kubeconfigs of a control plane with fresh client certificates. */
async function kubeconfigItems(
  source: CertificateSource,
  host: HostEntry,
  connection: HostConnection,
): Promise<readonly ChangeItem[]> {
  const items: ChangeItem[] = [];
  for (const user of ['admin', 'super-admin', 'controller-manager', 'scheduler'] as const) {
    const path = `${kubernetesFolder}/${user}.conf`;
    const existing = await connection.readFile(path);
    // Only the first control plane has it.
    if (user === 'super-admin' && existing === undefined) continue;
    const local = user === 'controller-manager' || user === 'scheduler';
    const content = kubeconfig(existing, {
      cluster: source.document.name,
      user: users[user],
      server: local ? `https://${host.address}:6443` : apiUrl(source.document),
      authorities: trustText(source, 'ca.crt'),
      client: await source.pki.client(host, user),
    });
    items.push({ do: 'place', path, content, mode: 0o600 });
    if (user === 'admin' && (await exists(connection, '/root/.kube/config'))) {
      items.push({ do: 'place', path: '/root/.kube/config', content, mode: 0o600 });
    }
  }
  return items;
}

/** Certificate of the registry of a control plane. */
async function registryItems(source: CertificateSource, host: HostEntry): Promise<readonly ChangeItem[]> {
  const pair = await source.pki.registryCertificate(host, source.since);
  return [
    { do: 'place', path: `${registryFolder}/server.crt`, content: pair.certificate, mode: 0o644 },
    { do: 'place', path: `${registryFolder}/server.key`, content: pair.key, mode: 0o600 },
    { do: 'restart', unit: 'landfall-registry' },
  ];
}

function isTrustFile(name: string): name is TrustFile {
  return name === 'ca.crt' || name === 'etcd/ca.crt' || name === 'front-proxy-ca.crt' || name === 'sa.pub';
}

/** What every node trusts beside what its control plane does: the registries, and the API behind its load balancer. */
function trustItems(source: CertificateSource): readonly ChangeItem[] {
  const registries = source.trusted.map((pki) => pki.registryAuthority).join('');
  const folder = hostPaths.configuration;
  const content = trustText(source, 'ca.crt');
  return [
    { do: 'place', path: `${folder}/registry-ca.crt`, content: registries, mode: 0o644 },
    // Only haproxy verifies whom it asks; what keepalived passes on is verified by who is connected through it.
    ...(source.document.loadBalancer.driver === 'haproxy'
      ? [
          { do: 'place' as const, path: `${folder}/load-balancer/ca.crt`, content, mode: 0o644 },
          { do: 'restart' as const, unit: 'landfall-load-balancer' as const },
        ]
      : []),
  ];
}

/** Everything a control plane gets in a stage of a rotation. */
export async function rotatedControlPlaneItems(
  source: CertificateSource,
  host: HostEntry,
  connection: HostConnection,
): Promise<readonly ChangeItem[]> {
  // The load balancer first: one that starts anew takes every server for good until it has looked.
  return [...trustItems(source), ...(await controlPlaneItems(source, host, connection))];
}

/** Everything a worker gets in a stage of a rotation. */
export async function rotatedWorkerItems(
  source: CertificateSource,
  host: HostEntry,
  connection: HostConnection,
): Promise<readonly ChangeItem[]> {
  const content = trustText(source, 'ca.crt');
  return [
    { do: 'place', path: `${hostPaths.kubernetesPki}/ca.crt`, content, mode: 0o644 },
    ...(await kubeletItems(source, host, connection)),
    ...trustItems(source),
    { do: 'restart', unit: 'kubelet' },
  ];
}

/** Everything a control plane gets by a renewal, and what must be restarted then. */
export async function controlPlaneItems(
  source: CertificateSource,
  host: HostEntry,
  connection: HostConnection,
): Promise<readonly ChangeItem[]> {
  const files = await source.pki.kubernetesFiles(host, source.since);
  return [
    ...files.map(
      (file): ChangeItem => ({
        do: 'place',
        path: `${hostPaths.kubernetesPki}/${file.name}`,
        content: isTrustFile(file.name) ? trustText(source, file.name) : file.content,
        mode: file.secret ? 0o600 : 0o644,
      }),
    ),
    ...(await kubeconfigItems(source, host, connection)),
    ...(await kubeletItems(source, host, connection)),
    ...(await registryItems(source, host)),
    { do: 'restart', unit: 'control-plane' },
  ];
}
