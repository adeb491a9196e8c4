import { text } from './text.ts';

/** A running cluster. */
export const runningEn = {
  'api-answers': text(
    'The Kubernetes API answers',
    'Nothing can be changed or looked at while no control plane answers; what runs goes on running.',
    'Look at the findings of the control planes, then: landfall apply with the same document.',
  ),
  'api-server-answers': text(
    'This control plane answers',
    'The others carry on without it, but one fewer may fail.',
    'On this host: crictl or ctr -n k8s.io task ls; journalctl -u kubelet -e',
  ),
  'services-running': text(
    "Landfall's services run",
    'Without its services a node starts no pods or does not reach the control planes.',
    'journalctl -u NAME -e says why; systemctl start NAME; landfall apply repairs what is missing.',
  ),
  'load-balancer-answers': text(
    'The local load balancer answers',
    'The node reaches the control planes through it only.',
    'journalctl -u landfall-load-balancer -e; systemctl restart landfall-load-balancer',
  ),
  'registry-answers': text(
    'The registry answers',
    'Nodes pull their images from it; as long as another control plane answers they still can.',
    'journalctl -u landfall-registry -e; systemctl restart landfall-registry',
  ),
  'etcd-healthy': text(
    'etcd takes part',
    'etcd keeps the state of the cluster and needs more than half of its members.',
    'Look at disk and network of this host; journalctl -u kubelet -e',
  ),
  'etcd-alarms': text(
    'etcd raises no alarm',
    'With an alarm (mostly: its file is full) etcd takes no more changes.',
    'Remove what fills it, then: etcdctl compact and defrag; etcdctl alarm disarm',
  ),
  'node-ready': text(
    'The node is ready',
    'No pods are started on a node that is not ready, and after some minutes its pods are moved.',
    'kubectl describe node NAME; on the host: journalctl -u kubelet -e',
  ),
  'node-pressure': text(
    'The node has room',
    'Under pressure the kubelet ends pods until there is memory or disk again.',
    'Free memory or disk on this host, or move pods away.',
  ),
  'node-cordoned': text(
    'The node takes new pods',
    'Somebody set it aside (kubectl cordon); no new pods are placed on it.',
    'kubectl uncordon NAME, when the work on it is done.',
  ),
  'nodes-known': text(
    'Every node is in the document',
    'The cluster has nodes that the document does not name; they are not looked at here.',
    'Add them to the cluster document, or remove them: kubectl delete node NAME',
  ),
  'node-versions': text(
    'All nodes have one version',
    'An upgrade was not finished; Kubernetes allows that only for a while.',
    'Finish the upgrade.',
  ),
  'pods-system': text(
    'Pods of the system are ready',
    'Network, names or the control plane do not work everywhere.',
    'kubectl describe pod and kubectl logs of the pods that are named.',
  ),
  'pods-applications': text(
    'Pods of applications are ready',
    'An application does not run as it should.',
    'kubectl describe pod and kubectl logs of the pods that are named; landfall app list',
  ),
  'claims-bound': text(
    'Storage is given out',
    'A pod waits for storage that it does not get.',
    'kubectl describe persistentvolumeclaim; is there room on the disks?',
  ),
  'cluster-dns': text(
    'The cluster DNS answers',
    'Pods do not find each other by name, or the network between pods does not carry.',
    'kubectl -n kube-system get pods -o wide; kubectl -n kube-system logs deployment/coredns',
  ),
  'certificates-valid': text(
    'Certificates are valid',
    'With an expired certificate, or one of another authority, parts of the cluster refuse each other.',
    'landfall certificates list shows all; landfall certificates renew gives new ones.',
  ),
  'certificates-last': text(
    'Certificates last',
    'They end within 30 days, and then parts of the cluster refuse each other.',
    'Renew them in time: landfall certificates renew',
  ),
};
