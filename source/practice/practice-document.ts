import type { ClusterDocument, HostEntry } from '../cluster/document.ts';

/** A cluster document of practice hosts with the usual defaults. */
export function practiceDocument(hosts: readonly HostEntry[]): ClusterDocument {
  return {
    name: 'practice',
    kubernetesVersion: 'v1.36.3',
    hosts,
    network: { podCidr: '10.240.0.0/13', serviceCidr: '10.96.0.0/16', dnsDomain: 'cluster.local' },
    loadBalancer: { driver: 'haproxy', port: 7443 },
    registry: { port: 5443 },
    certificates: { validityDays: 36_500, rsaBits: 2048, additionalNames: [] },
    snapshots: { everyMinutes: 360, keep: 8 },
    kubeadm: { clusterConfiguration: {}, kubeletConfiguration: {}, kubeProxyConfiguration: {} },
    applications: [],
  };
}
