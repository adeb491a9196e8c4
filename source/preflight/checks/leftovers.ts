import type { CheckId } from '../../language/checks-en.ts';
import { couldNotRun, finding, findingWhen, type HostCheck, type HostInput, pass, type Severity } from '../check.ts';

const fresh = ({ own }: HostInput): boolean => !own;

/** An install refuses such a host whatever was accepted: it is not ours to change or clear. */
const occupied: ReadonlySet<CheckId> = new Set([
  'leftover-kubernetes',
  'leftover-etcd-data',
  'leftover-kubelet',
  'leftover-containerd-data',
  'leftover-kubelet-unit',
  'leftover-distribution',
  'runtime-containerd',
  'runtime-crio',
]);

/**
 * A check for paths that an older cluster left, with the fix that moves them into the host's own record; on consent where
 * somebody may use them at this moment.
 */
function leftPaths(
  id: CheckId,
  severity: Severity,
  paths: readonly string[],
  movable: 'freely' | 'on-consent' | 'never' = 'freely',
): HostCheck {
  const present = (input: HostInput): readonly string[] => input.facts.leftovers.filter((path) => paths.includes(path));
  return {
    id,
    severity,
    ...(occupied.has(id) ? { neverIgnored: true as const } : {}),
    applies: fresh,
    ...(movable === 'never'
      ? {}
      : {
          fix: {
            script: 'hosts/preflight/move-aside.sh',
            args: (input: HostInput) => [...new Set(present(input).map((path) => movedWith[path] ?? path))],
            ...(movable === 'on-consent' ? { onConsent: true as const } : {}),
          },
        }),
    evaluate: (input) => findingWhen(present(input), '-'),
  };
}

/** What belongs together is moved together. */
const movedWith: Readonly<Record<string, string>> = {
  '/etc/kubernetes/manifests': '/etc/kubernetes',
  '/etc/kubernetes/admin.conf': '/etc/kubernetes',
  '/etc/kubernetes/kubelet.conf': '/etc/kubernetes',
  '/etc/kubernetes/bootstrap-kubelet.conf': '/etc/kubernetes',
  '/etc/kubernetes/pki': '/etc/kubernetes',
  '/var/lib/containerd/io.containerd.metadata.v1.bolt': '/var/lib/containerd',
};

/** Services of another container runtime or Kubernetes; some are stopped and set aside on consent. */
function leftUnits(id: CheckId, severity: Severity, names: readonly string[], setAside?: 'on-consent'): HostCheck {
  const present = (input: HostInput) =>
    (input.facts.details.unitStates ?? []).filter(
      (unit) => names.includes(unit.name.replace(/\.(service|socket)$/, '')) && unit.load !== 'masked',
    );
  return {
    id,
    severity,
    ...(occupied.has(id) ? { neverIgnored: true as const } : {}),
    applies: fresh,
    ...(setAside === undefined
      ? {}
      : {
          fix: {
            script: 'hosts/preflight/set-aside-services.sh',
            args: (input: HostInput) => present(input).map((unit) => unit.name),
            onConsent: true as const,
          },
        }),
    evaluate(input) {
      if (input.facts.details.unitStates === undefined) return couldNotRun('systemctl');
      return findingWhen(
        present(input).map((unit) => `${unit.name} ${unit.active} ${unit.file}`),
        '-',
      );
    },
  };
}

const clusterProcesses =
  /^(kube-apiserver|kube-controller|kube-scheduler|kube-proxy|kubelet|etcd|k3s.*|k0s|rke2|flanneld|calico-node|cilium-agent)$/;
const clusterDevices = /^(cni0|flannel\.|flannel-|kube-ipvs|cali|cilium|vxlan\.calico|tunl0$|weave|nodelocaldns)/;

export const leftoverChecks: readonly HostCheck[] = [
  {
    id: 'other-landfall-cluster',
    severity: 'blocks',
    neverIgnored: true,
    evaluate({ facts, document }) {
      const own = facts.details.ownCluster;
      return own === undefined || own === '?' || own === document.name ? pass : finding(own, document.name);
    },
  },
  // Services before their data: what is mended goes in this order.
  leftUnits('runtime-docker', 'warns', ['docker'], 'on-consent'),
  leftUnits('runtime-containerd', 'blocks', ['containerd'], 'on-consent'),
  leftUnits('runtime-crio', 'blocks', ['crio'], 'on-consent'),
  leftUnits('runtime-podman', 'informs', ['podman']),
  leftUnits('leftover-kubelet-unit', 'blocks', ['kubelet'], 'on-consent'),
  leftUnits('leftover-etcd-unit', 'blocks', ['etcd'], 'on-consent'),
  leftUnits('leftover-distribution', 'blocks', [
    'k3s',
    'k3s-agent',
    'k0scontroller',
    'k0sworker',
    'rke2-server',
    'rke2-agent',
    'snap.microk8s.daemon-kubelite',
  ]),
  leftUnits('other-balancer', 'informs', ['haproxy', 'keepalived']),
  leftPaths('leftover-kubernetes', 'blocks', [
    '/etc/kubernetes/manifests',
    '/etc/kubernetes/admin.conf',
    '/etc/kubernetes/kubelet.conf',
    '/etc/kubernetes/bootstrap-kubelet.conf',
    '/etc/kubernetes/pki',
  ]),
  leftPaths('leftover-etcd-data', 'blocks', ['/var/lib/etcd/member']),
  leftPaths('leftover-network-configuration', 'blocks', ['/etc/cni/net.d']),
  leftPaths('leftover-network-leases', 'warns', ['/var/lib/cni/networks', '/run/flannel']),
  leftPaths('leftover-kubelet', 'blocks', ['/var/lib/kubelet/config.yaml', '/var/lib/kubelet/pki']),
  leftPaths('leftover-containerd-data', 'blocks', ['/var/lib/containerd/io.containerd.metadata.v1.bolt'], 'on-consent'),
  leftPaths('leftover-containerd-configuration', 'informs', ['/etc/containerd/config.toml'], 'never'),
  {
    id: 'leftover-distribution-data',
    severity: 'warns',
    applies: fresh,
    evaluate: ({ facts }) =>
      findingWhen(
        facts.leftovers.filter((path) =>
          ['/var/lib/rancher', '/var/lib/k0s', '/var/snap/microk8s', '/var/lib/calico', '/root/.sealos'].includes(path),
        ),
        '-',
      ),
  },
  {
    id: 'leftover-processes',
    severity: 'blocks',
    applies: fresh,
    evaluate: ({ facts }) =>
      findingWhen(
        facts.details.processes
          .filter(({ name }) => clusterProcesses.test(name))
          .map(({ name, count }) => `${name} × ${count}`),
        '-',
      ),
  },
  {
    id: 'leftover-containers',
    severity: 'warns',
    applies: fresh,
    evaluate: ({ facts }) =>
      findingWhen(
        facts.details.processes
          .filter(({ name }) => /^(containerd-shim|conmon)/.test(name))
          .map(({ name, count }) => `${name} × ${count}`),
        '-',
      ),
  },
  {
    id: 'leftover-mounts',
    severity: 'blocks',
    applies: fresh,
    evaluate({ facts }) {
      const mounts = facts.details.containerMounts.filter((mount) =>
        /^\/(var\/lib\/kubelet|run\/containerd|run\/netns\/cni-)/.test(mount),
      );
      return findingWhen(mounts.length > 3 ? [...mounts.slice(0, 3), `+ ${mounts.length - 3}`] : mounts, '-');
    },
  },
  {
    id: 'leftover-devices',
    severity: 'blocks',
    applies: fresh,
    fix: {
      script: 'hosts/preflight/remove-devices.sh',
      args: ({ facts }) =>
        (facts.details.interfaces ?? []).map(({ name }) => name).filter((name) => clusterDevices.test(name)),
    },
    evaluate({ facts }) {
      const { interfaces } = facts.details;
      if (interfaces === undefined) return couldNotRun('/sys/class/net');
      return findingWhen(
        interfaces.map(({ name }) => name).filter((name) => clusterDevices.test(name)),
        '-',
      );
    },
  },
  {
    id: 'leftover-packet-rules',
    severity: 'warns',
    applies: fresh,
    fix: { script: 'hosts/preflight/remove-packet-rules.sh', args: () => [] },
    evaluate({ facts }) {
      const { clusterChains, firewall } = facts.details;
      if (clusterChains === undefined) return firewall === undefined ? couldNotRun('iptables-save') : pass;
      return finding(`${clusterChains.count} (${clusterChains.example})`, '0');
    },
  },
  {
    id: 'leftover-ipvs',
    severity: 'blocks',
    applies: fresh,
    evaluate({ facts }) {
      const services = facts.details.ipvsServices ?? 0;
      return services === 0 ? pass : finding(`${services}`, '0');
    },
  },
  {
    id: 'programs-in-the-way',
    severity: 'warns',
    applies: fresh,
    evaluate: ({ facts }) => findingWhen(facts.details.programs, '-'),
  },
];
