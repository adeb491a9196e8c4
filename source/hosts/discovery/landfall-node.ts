import { connect } from 'node:tls';

/** The port of Landfall's own registry, where a control plane shows a certificate of its cluster. */
const registryPort = 5443;

/**
 * Whether a control plane of a Landfall cluster is at this address: its registry shows a certificate of Landfall's own
 * authority. Nothing is trusted and nothing is sent; the certificate is only looked at.
 */
export function isLandfallNode(address: string, port: number = registryPort, timeout = 1500): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, rejectUnauthorized: false, timeout });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.on('secureConnect', () => {
      const { issuer } = socket.getPeerCertificate();
      const name = issuer?.CN;
      end(name === 'landfall-registry-ca');
    });
    socket.on('error', () => end(false));
    socket.on('timeout', () => end(false));
  });
}
