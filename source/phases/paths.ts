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
  joined: '/var/lib/landfall/installed/kubeadm',
  discovery: '/var/lib/landfall/discovery.conf',
  adminConfiguration: '/etc/kubernetes/admin.conf',
} as const;

/** The name under which nodes ask the cluster's registry for files of the bundle; it is never resolved. */
export const bundleDomain = 'bundle.landfall';
