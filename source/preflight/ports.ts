import type { ClusterDocument, HostRole } from '../cluster/document.ts';
import type { CheckId } from '../language/checks-en.ts';

/** A port an install takes. */
export type NeededPort = {
  /** Check that it is free. */
  readonly id: CheckId;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** Roles of the hosts that listen on it. */
  readonly on: readonly HostRole[];
  /** Roles of the hosts that connect to it from elsewhere; none for ports that only the host itself uses. */
  readonly from: readonly HostRole[];
};

const planes: readonly HostRole[] = ['control-plane'];
const all: readonly HostRole[] = ['control-plane', 'worker'];

/** Port of the overlay network's tunnel (VXLAN as flannel sets it up on Linux). */
export const overlayPort = 8472;

const balancer = (port: number): NeededPort => ({ id: 'port-load-balancer', port, protocol: 'tcp', on: all, from: [] });

/** Every port the cluster of this document uses on its hosts. */
export function neededPorts(document: ClusterDocument): readonly NeededPort[] {
  return [
    { id: 'port-kubernetes-api', port: 6443, protocol: 'tcp', on: planes, from: all },
    { id: 'port-etcd-client', port: 2379, protocol: 'tcp', on: planes, from: planes },
    { id: 'port-etcd-peer', port: 2380, protocol: 'tcp', on: planes, from: planes },
    { id: 'port-etcd-metrics', port: 2381, protocol: 'tcp', on: planes, from: [] },
    { id: 'port-controller-manager', port: 10257, protocol: 'tcp', on: planes, from: [] },
    { id: 'port-scheduler', port: 10259, protocol: 'tcp', on: planes, from: [] },
    { id: 'port-registry', port: document.registry.port, protocol: 'tcp', on: planes, from: all },
    { id: 'port-kubelet', port: 10250, protocol: 'tcp', on: all, from: planes },
    { id: 'port-kubelet-health', port: 10248, protocol: 'tcp', on: all, from: [] },
    { id: 'port-kube-proxy-metrics', port: 10249, protocol: 'tcp', on: all, from: [] },
    { id: 'port-kube-proxy-health', port: 10256, protocol: 'tcp', on: all, from: [] },
    ...(document.loadBalancer.driver === 'haproxy' ? [balancer(document.loadBalancer.port)] : []),
    { id: 'port-overlay', port: overlayPort, protocol: 'udp', on: all, from: all },
  ];
}
