/** Where things live on a host. One place, so that reset and checks know them all. */
export const hostPaths = {
  programs: '/usr/local/bin',
  networkPlugins: '/opt/cni/bin',
  state: '/var/lib/landfall',
  markers: '/var/lib/landfall/installed',
  registryStorage: '/var/lib/landfall/registry',
  configuration: '/etc/landfall',
  containerdMirrors: '/etc/containerd/certs.d',
  kubernetesPki: '/etc/kubernetes/pki',
  kubeadmPatches: '/var/lib/landfall/kubeadm-patches',
  joined: '/var/lib/landfall/joined',
  restoreSnapshot: '/var/lib/landfall/restore.db',
  restored: '/var/lib/landfall/restored',
  discovery: '/var/lib/landfall/discovery.conf',
  servingCertificate: '/var/lib/kubelet/pki/kubelet-server-current.pem',
  adminConfiguration: '/etc/kubernetes/admin.conf',
} as const;

/**
 * Everything on a host that an install may make or change outside its own folder; noted before the first change, in the
 * forms of `remember.sh`: `/**` where files of others might be written over, `/` where others may come to use a folder.
 */
export const touchedPaths: readonly string[] = [
  ...[
    'containerd',
    'containerd-shim-runc-v2',
    'ctr',
    'runc',
    'registry',
    'kubelet',
    'kubeadm',
    'kubectl',
    'etcdctl',
    'etcdutl',
    'helm',
  ].map((name) => `${hostPaths.programs}/${name}`),
  `${hostPaths.networkPlugins}/**`,
  '/opt/containerd',
  hostPaths.configuration,
  '/etc/containerd/**',
  '/etc/cni/net.d/**',
  '/etc/kubernetes/**',
  '/etc/default/kubelet',
  '/etc/systemd/system/containerd.service',
  '/etc/systemd/system/cri-containerd-.scope.d',
  '/etc/systemd/system/kubelet.service',
  '/etc/systemd/system/landfall-registry.service',
  '/etc/systemd/system/landfall-load-balancer.service',
  '/etc/systemd/system/landfall-snapshot.service',
  '/etc/systemd/system/landfall-snapshot.timer',
  '/etc/systemd/system/timers.target.wants/',
  '/etc/systemd/system/landfall-approver.service',
  '/etc/systemd/system/landfall-approver.timer',
  '/etc/systemd/system/landfall-renewal.service',
  '/etc/systemd/system/landfall-renewal.timer',
  '/var/lib/containerd',
  '/var/lib/kubelet',
  '/var/lib/etcd',
  '/var/lib/cni',
  '/var/log/pods',
  '/var/log/containers',
  '/var/log/landfall',
  '/run/flannel',
  '/run/containerd',
  '/run/nri',
  '/run/netns/',
  '/run/xtables.lock',
  '/root/.kube',
  '/root/.kube/config',
  // What the kubelet and kube-proxy make where a distribution has none.
  '/usr/libexec/kubernetes',
  '/usr/lib/modules/',
];

/** The name under which nodes ask the cluster's registry for files of the bundle; it is never resolved. */
export const bundleDomain = 'bundle.landfall';
