import type { ClusterDocument } from './document.ts';

/** Host (name or address) and port at which every node reaches the Kubernetes API, as `127.0.0.1:7443`. */
export function apiEndpoint(document: Pick<ClusterDocument, 'loadBalancer'>): string {
  const { loadBalancer } = document;
  const host = loadBalancer.driver === 'haproxy' ? '127.0.0.1' : loadBalancer.address;
  return `${host}:${loadBalancer.port}`;
}

/** The same as a URL. */
export function apiUrl(document: Pick<ClusterDocument, 'loadBalancer'>): string {
  return `https://${apiEndpoint(document)}`;
}
