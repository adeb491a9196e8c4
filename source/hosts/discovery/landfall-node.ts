import { connect } from 'node:tls';

/** The port of Landfall's own registry, where a control plane shows a certificate of its cluster. */
const registryPort = 5443;
/** The port of the kubelet, which every node of any Kubernetes has. */
const kubeletPort = 10_250;

type Shown = { readonly subject: string; readonly issuer: string };

/** Names on the certificate that a TLS server shows. Nothing is trusted and nothing is sent; it is only looked at. */
function shownCertificate(address: string, port: number, timeout: number): Promise<Shown | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, rejectUnauthorized: false, timeout });
    const end = (answer: Shown | undefined): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('secureConnect', () => {
      const { subject, issuer } = socket.getPeerCertificate();
      end({ subject: `${subject?.CN ?? ''}`, issuer: `${issuer?.CN ?? ''}` });
    });
    socket.on('error', () => end(undefined));
    socket.on('timeout', () => end(undefined));
  });
}

/** What kind of node is at an address already: one of a Landfall cluster, one of any Kubernetes, or none that shows. */
export type NodeKind = 'landfall' | 'kubernetes' | undefined;

/**
 * Looks what a host is already, without a login. A control plane of Landfall shows its registry's authority, and any node
 * the certificate of its kubelet: `system:node:NAME` of the cluster's authority, or one of its own, `NAME@TIME`.
 */
export async function nodeKind(
  address: string,
  ports: { readonly registry: number; readonly kubelet: number } = { registry: registryPort, kubelet: kubeletPort },
  timeout = 1500,
): Promise<NodeKind> {
  const [registry, kubelet] = await Promise.all([
    shownCertificate(address, ports.registry, timeout),
    shownCertificate(address, ports.kubelet, timeout),
  ]);
  if (registry?.issuer === 'landfall-registry-ca') return 'landfall';
  return kubelet !== undefined && /^system:node:|@\d{9,}$/.test(kubelet.subject) ? 'kubernetes' : undefined;
}
