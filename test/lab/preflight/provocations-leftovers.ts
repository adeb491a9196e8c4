import type { CheckId } from '../../../source/preflight/check.ts';
import { fakeProcess, fakeUnit, type Provocation } from './provocation.ts';

function takenPort(check: CheckId, port: number, protocol: 'tcp' | 'udp' = 'tcp'): Provocation {
  const listener = protocol === 'tcp' ? `TCP-LISTEN:${port},fork,reuseaddr` : `UDP-RECVFROM:${port},fork`;
  return {
    check,
    provoke: `systemd-run --quiet --collect --unit=squatter socat ${listener} SYSTEM:cat; sleep 0.3`,
    undo: 'systemctl stop squatter',
    evidence: new RegExp(`^${port}/${protocol} ← socat pid \\d+ \\(squatter\\.service\\)`),
  };
}

function left(check: CheckId, path: string, fixed: boolean): Provocation {
  const [, folder] = /^(.*)\/[^/]*$/.exec(path) ?? [];
  return {
    check,
    provoke: `mkdir -p ${folder}; echo old >${path}`,
    undo: `rm -f ${path}; rmdir -p ${folder} 2>/dev/null || :`,
    evidence: new RegExp(path.split('/').slice(0, 4).join('/')),
    ...(fixed ? { fixed: true } : {}),
  };
}

function installedUnit(check: CheckId, unit: string, fixed: boolean): Provocation {
  return {
    check,
    ...fakeUnit(unit, false),
    evidence: new RegExp(`^${unit.replace('.', '\\.')} inactive`),
    ...(fixed ? { fixed: true } : {}),
  };
}

/** Ports, and what older clusters and container runtimes left. */
export const leftoverProvocations: readonly Provocation[] = [
  takenPort('port-kubernetes-api', 6443),
  takenPort('port-etcd-client', 2379),
  takenPort('port-etcd-peer', 2380),
  takenPort('port-etcd-metrics', 2381),
  takenPort('port-controller-manager', 10257),
  takenPort('port-scheduler', 10259),
  takenPort('port-registry', 5443),
  takenPort('port-kubelet', 10250),
  takenPort('port-kubelet-health', 10248),
  takenPort('port-kube-proxy-metrics', 10249),
  takenPort('port-kube-proxy-health', 10256),
  takenPort('port-load-balancer', 7443),
  takenPort('port-overlay', 8472, 'udp'),
  takenPort('port-node-ports', 30080),
  {
    check: 'port-range-local',
    provoke: "echo '1024 65000' >/proc/sys/net/ipv4/ip_local_port_range",
    undo: "echo '32768 60999' >/proc/sys/net/ipv4/ip_local_port_range",
    evidence: /1024-65000/,
    fixed: true,
  },
  {
    check: 'other-landfall-cluster',
    provoke:
      "mkdir -p /var/lib/landfall/changes; touch /var/lib/landfall/changes/sysctl; printf 'clusters:\\n- cluster:\\n    server: x\\n  name: production\\ncontexts:\\n- name: other\\n' >/var/lib/landfall/discovery.conf",
    undo: 'rm -r /var/lib/landfall/changes /var/lib/landfall/discovery.conf',
    evidence: /^production$/,
  },
  left('leftover-kubernetes', '/etc/kubernetes/admin.conf', true),
  left('leftover-etcd-data', '/var/lib/etcd/member/snap/db', true),
  left('leftover-network-configuration', '/etc/cni/net.d/10-calico.conflist', true),
  left('leftover-network-leases', '/var/lib/cni/networks/cbr0/10.244.0.7', true),
  left('leftover-kubelet', '/var/lib/kubelet/config.yaml', true),
  left('leftover-containerd-data', '/var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db', true),
  left('leftover-containerd-configuration', '/etc/containerd/config.toml', false),
  left('leftover-distribution-data', '/var/lib/rancher/k3s/data', false),
  installedUnit('runtime-docker', 'docker.service', true),
  installedUnit('runtime-containerd', 'containerd.service', true),
  installedUnit('runtime-crio', 'crio.service', true),
  installedUnit('runtime-podman', 'podman.socket', false),
  installedUnit('leftover-kubelet-unit', 'kubelet.service', true),
  installedUnit('leftover-etcd-unit', 'etcd.service', true),
  installedUnit('leftover-distribution', 'k3s.service', false),
  installedUnit('other-balancer', 'haproxy.service', false),
  { check: 'leftover-processes', ...fakeProcess('kube-apiserver'), evidence: /kube-apiserver × 1/ },
  { check: 'leftover-containers', ...fakeProcess('containerd-shim'), evidence: /containerd-shim × 1/ },
  {
    check: 'leftover-mounts',
    provoke: 'mkdir -p /var/lib/kubelet/pods/1/volume; mount -t tmpfs tmpfs /var/lib/kubelet/pods/1/volume',
    undo: 'umount /var/lib/kubelet/pods/1/volume; rm -r /var/lib/kubelet/pods',
    evidence: /\/var\/lib\/kubelet\/pods\/1\/volume/,
  },
  {
    check: 'leftover-devices',
    provoke: 'ip link add cni0 type bridge',
    undo: 'ip link delete cni0 2>/dev/null || :',
    evidence: /^cni0$/,
    fixed: true,
  },
  {
    check: 'leftover-packet-rules',
    provoke: 'iptables -t nat -N KUBE-SERVICES; iptables -t nat -A PREROUTING -j KUBE-SERVICES',
    undo: 'iptables -t nat -F; iptables -t nat -X',
    evidence: /1 \(KUBE-SERVICES\)/,
    fixed: true,
  },
  {
    check: 'programs-in-the-way',
    provoke: 'touch /usr/local/bin/kubelet',
    undo: 'rm /usr/local/bin/kubelet',
    evidence: /\/usr\/local\/bin\/kubelet/,
  },
];
