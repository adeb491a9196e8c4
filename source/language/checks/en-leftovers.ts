import { type CheckText, text } from './text.ts';

function port<Id extends string>(id: Id, owner: string): Readonly<Record<Id, CheckText>> {
  return {
    [id]: text(
      `Port of ${owner} is free`,
      `Another program holds the port that ${owner} needs, so it would not start.`,
      'Stop that program or let it use another port.',
    ),
  } as Readonly<Record<Id, CheckText>>;
}

/** Ports, and what older clusters and container runtimes left. */
export const leftoversEn = {
  ...port('port-kubernetes-api', 'the Kubernetes API'),
  ...port('port-etcd-client', 'etcd (clients)'),
  ...port('port-etcd-peer', 'etcd (peers)'),
  ...port('port-etcd-metrics', 'etcd (health)'),
  ...port('port-controller-manager', 'the controller manager'),
  ...port('port-scheduler', 'the scheduler'),
  ...port('port-registry', 'the registry'),
  ...port('port-kubelet', 'the kubelet'),
  ...port('port-kubelet-health', 'the kubelet (health)'),
  ...port('port-kube-proxy-metrics', 'kube-proxy (metrics)'),
  ...port('port-kube-proxy-health', 'kube-proxy (health)'),
  ...port('port-load-balancer', 'the local load balancer'),
  ...port('port-overlay', 'the network between pods'),
  'port-node-ports': text(
    'Ports for applications are free',
    'Kubernetes gives these ports to applications that are reached from outside.',
    'Let that program use a port outside 30000-32767.',
  ),
  'port-range-local': text(
    'Outgoing connections leave our ports alone',
    'Outgoing connections may take a port that Kubernetes needs, by chance and seldom.',
    'sysctl -w net.ipv4.ip_local_port_range="32768 60999"',
  ),
  'other-landfall-cluster': text(
    'Not a node of another cluster',
    'This machine belongs to another cluster of Landfall.',
    'Take it out of that cluster first (landfall reset on the machine from which it was installed).',
  ),
  'leftover-kubernetes': text(
    'No files of an older Kubernetes',
    'An older cluster was not removed; its certificates and manifests stop the new one.',
    'Move /etc/kubernetes away.',
  ),
  'leftover-etcd-data': text(
    'No data of an older cluster',
    'etcd would start with the data of the older cluster. It may be wanted still!',
    'Save /var/lib/etcd if it is wanted, then move it away.',
  ),
  'leftover-network-configuration': text(
    'No network plugin of an older cluster',
    'The container runtime takes the first file it finds here, so pods would join the wrong network.',
    'Move /etc/cni/net.d away.',
  ),
  'leftover-network-leases': text(
    'No addresses of older pods',
    'Addresses that older pods held are never given out again.',
    'Remove /var/lib/cni/networks and /run/flannel.',
  ),
  'leftover-kubelet': text(
    'No state of an older kubelet',
    'The kubelet would go on with settings and certificates of the older cluster.',
    'Move /var/lib/kubelet/config.yaml and /var/lib/kubelet/pki away.',
  ),
  'leftover-containerd-data': text(
    'No images of an older runtime',
    'Images and containers of before take space and may run again.',
    'Keep them if they are wanted, else move the folder away.',
  ),
  'leftover-containerd-configuration': text(
    'No settings of an older container runtime',
    'The installation replaces this file; reset gives it back.',
    'Nothing has to be done.',
  ),
  'leftover-distribution-data': text(
    'No data of another Kubernetes distribution',
    'It takes space, and its services may come back.',
    'Use the uninstaller of that distribution.',
  ),
  'runtime-docker': text(
    'No Docker',
    'Docker and Kubernetes share containerd; the installation replaces it, and containers of Docker stop.',
    'Move what Docker runs elsewhere and remove Docker, or let Landfall put it aside.',
  ),
  'runtime-containerd': text(
    'No other containerd',
    'A containerd of another origin is installed, and two on one machine hinder each other.',
    'Remove its package, and Docker if that brought it, or let Landfall put it aside.',
  ),
  'runtime-crio': text(
    'No CRI-O',
    'Two container runtimes for Kubernetes hinder each other.',
    'Remove CRI-O, or let Landfall put it aside.',
  ),
  'runtime-podman': text(
    'Podman',
    'It lives beside Kubernetes without trouble, but uses memory and disk.',
    'Nothing has to be done.',
  ),
  'leftover-kubelet-unit': text(
    'No other kubelet',
    'A kubelet of another installation is there and would be started as well.',
    'Remove the older installation (kubeadm reset, then remove its packages), or let Landfall put it aside.',
  ),
  'leftover-etcd-unit': text(
    'No other etcd',
    'Another etcd holds the ports and the folder that the cluster needs.',
    'Stop and remove it, or let Landfall put it aside, or use another machine for the control plane.',
  ),
  'leftover-distribution': text(
    'No other Kubernetes distribution',
    'Another Kubernetes is installed on this machine; two on one machine destroy each other.',
    'Run its uninstaller (k3s-uninstall.sh, k0s reset, rke2-uninstall.sh, snap remove microk8s).',
  ),
  'other-balancer': text(
    'Another load balancer',
    'haproxy or keepalived of the distribution is installed; ours runs in a container beside it.',
    'Nothing has to be done unless it holds one of our ports.',
  ),
  'leftover-processes': text(
    'No processes of another Kubernetes',
    'Parts of another cluster are running at this moment.',
    'Stop them with the tool that installed them.',
  ),
  'leftover-containers': text(
    'No running containers',
    'Containers of another runtime are running; they may stop when the runtime is replaced.',
    'Stop them, or use another machine.',
  ),
  'leftover-mounts': text(
    'No mounts of older pods',
    'Volumes of older pods are still mounted; data could be removed by mistake.',
    'umount what is named, after a look at what it is.',
  ),
  'leftover-devices': text(
    'No network devices of an older cluster',
    'Old bridges and tunnels keep addresses that the new network needs.',
    'ip link delete NAME',
  ),
  'leftover-packet-rules': text(
    'No packet rules of an older cluster',
    'Old rules lead addresses of services to pods that are gone.',
    'iptables-save | grep -vE "KUBE-|CNI-|FLANNEL|cali-" | iptables-restore',
  ),
  'leftover-ipvs': text(
    'No IPVS services of an older cluster',
    'Old virtual services catch connections of the new cluster.',
    'ipvsadm --clear',
  ),
  'programs-in-the-way': text(
    'No programs in our places',
    'The installation replaces these programs; reset gives them back.',
    'Nothing has to be done unless they are in use.',
  ),
} as const;
