/** How a step of the install looks on a practice host: what it takes and what it says. Sizes are those of real files. */
export type PracticeAction = {
  /** Bytes sent by the operator before the step's own work. */
  readonly upload?: number;
  /** Duration of the host's own work at speed 1. */
  readonly milliseconds: number;
  readonly lines: readonly string[];
  /** What the work is counted in, and how much of it there is. */
  readonly progress?: { readonly total: number; readonly unit: 'bytes' | 'items' };
};

const megabyte = 1_000_000;

const nodeImages = [
  'kube-proxy:v1.36.3',
  'pause:3.10.2',
  'flannel:v0.28.4',
  'flannel-cni-plugin:v1.9.1',
  'coredns:v1.14.2',
];

const actions: Readonly<Record<string, PracticeAction>> = {
  'preflight/together': { milliseconds: 900, lines: ['every host reaches every other'] },
  'prepare/kernel': {
    milliseconds: 900,
    lines: ['modules overlay br_netfilter nf_conntrack vxlan', 'net.ipv4.ip_forward = 1'],
  },
  'containerd/upload': { upload: 33 * megabyte, milliseconds: 1200, lines: ['unpacked bin/containerd bin/ctr'] },
  'runc/upload': { upload: 12 * megabyte, milliseconds: 100, lines: [] },
  'containerd/service': { milliseconds: 1500, lines: ['containerd.service is active'] },
  'registry/upload': { upload: 17 * megabyte, milliseconds: 300, lines: [] },
  'registry/service': { milliseconds: 1200, lines: ['landfall-registry.service listens on :5443'] },
  'registry/essentials': { upload: 420 * megabyte, milliseconds: 1500, lines: ['linked 9 images'] },
  'registry/images': { upload: 230 * megabyte, milliseconds: 900, lines: ['linked 14 images'] },
  'registry/copy': { milliseconds: 9000, lines: [], progress: { total: 650 * megabyte, unit: 'bytes' } },
  'node/programs': {
    milliseconds: 4500,
    lines: ['kubelet', 'kubeadm', 'kubectl', 'cni-plugins'].map((name) => `placed ${name}`),
    progress: { total: 4, unit: 'items' },
  },
  'node/images': {
    milliseconds: 6500,
    lines: nodeImages.map((name) => `pulled registry.k8s.io/${name}`),
    progress: { total: nodeImages.length, unit: 'items' },
  },
  'load-balancer/start': { milliseconds: 2200, lines: ['haproxy listens on 127.0.0.1:7443'] },
  'certificates/place': { milliseconds: 500, lines: [] },
  'kubernetes/init': {
    milliseconds: 9000,
    lines: [
      '[init] Using Kubernetes version: v1.36.3',
      '[kubelet-start] Starting the kubelet',
      '[control-plane] Creating static Pod manifests',
      '[wait-control-plane] Waiting for the kubelet to boot up the control plane',
      '[mark-control-plane] Adding the labels and taints of a control plane',
      '[addons] Applied essential addon: kube-proxy',
    ],
  },
  'kubernetes/token': { milliseconds: 400, lines: [] },
  'kubernetes/join': {
    milliseconds: 8000,
    lines: [
      '[preflight] Reading configuration from the cluster',
      '[kubelet-start] Starting the kubelet',
      'This node has joined the cluster',
    ],
  },
  'kubernetes/kubectl': { milliseconds: 200, lines: [] },
  'network/flannel': { milliseconds: 1500, lines: ['daemonset.apps/kube-flannel-ds serverside-applied'] },
  'network/proxy': { milliseconds: 300, lines: ['daemonset.apps/kube-proxy image updated'] },
  'network/dns': { milliseconds: 1800, lines: ['deployment.apps/coredns patched'] },
  'verification/cluster': {
    milliseconds: 6000,
    lines: ['pod kube-system/coredns is not ready', 'every node and every system pod is ready'],
  },
};

const application: PracticeAction = {
  milliseconds: 12_000,
  lines: [
    'release is deployed',
    'waiting for 3 pods',
    'pod 1 of 3 is ready',
    'pod 2 of 3 is ready',
    'every pod is ready',
  ],
};

/** The action of a step id such as `containerd/upload@node-1`; a short one for a step that is not in the table. */
export function practiceAction(stepId: string): PracticeAction {
  const [action = stepId] = stepId.split('@');
  if (action.startsWith('applications/')) return application;
  return actions[action] ?? { milliseconds: 1500, lines: [] };
}

/** Bytes the operator sends for all these steps, unscaled. */
export function uploadBytes(stepIds: readonly string[]): number {
  return stepIds.reduce((sum, id) => sum + (practiceAction(id).upload ?? 0), 0);
}
