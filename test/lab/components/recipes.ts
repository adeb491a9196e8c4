/** How one upstream program is built with the ordinary Go client from its module proxy. */
export type GoComponent = {
  readonly name: string;
  readonly version: string;
  readonly module: string;
  /** Program name → package path. */
  readonly programs: Readonly<Record<string, string>>;
  readonly cgo?: boolean;
  readonly tags?: readonly string[];
  /** Extra arguments of the linker. */
  readonly linker?: readonly string[];
  /** More lines of go.mod. */
  readonly goMod?: readonly string[];
  /** Kubernetes pins its staging modules by `replace`; they follow its own version. */
  readonly staging?: boolean;
};

export const versions = {
  kubernetes: '1.36.3',
  etcd: '3.6.8',
  containerd: '2.3.7',
  runc: '1.4.3',
  networkPlugins: '1.9.1',
  flannel: '0.28.4',
  flannelPlugin: '0.9.1',
  coredns: '1.14.2',
  registry: '3.1.2',
  helm: '3.22.0',
  pause: '3.10.2',
  localPath: '0.0.30',
  crane: '0.20.6',
  regctl: '0.11.7',
} as const;

const kubernetesLinker = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((target) => [
  `-X ${target}.gitVersion=v${versions.kubernetes}`,
  `-X ${target}.gitMajor=1`,
  `-X ${target}.gitMinor=36`,
  `-X ${target}.gitTreeState=clean`,
]);

export const goComponents: readonly GoComponent[] = [
  {
    name: 'kubernetes',
    version: versions.kubernetes,
    module: 'k8s.io/kubernetes',
    programs: Object.fromEntries(
      [
        'kubeadm',
        'kubelet',
        'kubectl',
        'kube-apiserver',
        'kube-controller-manager',
        'kube-scheduler',
        'kube-proxy',
      ].map((name) => [name, `k8s.io/kubernetes/cmd/${name}`]),
    ),
    linker: kubernetesLinker,
    staging: true,
  },
  {
    name: 'etcd',
    version: versions.etcd,
    module: 'go.etcd.io/etcd/server/v3',
    programs: { etcd: 'go.etcd.io/etcd/server/v3' },
  },
  {
    name: 'etcdctl',
    version: versions.etcd,
    module: 'go.etcd.io/etcd/etcdctl/v3',
    programs: { etcdctl: 'go.etcd.io/etcd/etcdctl/v3' },
  },
  {
    name: 'etcdutl',
    version: versions.etcd,
    module: 'go.etcd.io/etcd/etcdutl/v3',
    programs: { etcdutl: 'go.etcd.io/etcd/etcdutl/v3' },
  },
  {
    name: 'containerd',
    version: versions.containerd,
    module: 'github.com/containerd/containerd/v2',
    programs: Object.fromEntries(
      ['containerd', 'containerd-shim-runc-v2', 'ctr'].map((name) => [
        name,
        `github.com/containerd/containerd/v2/cmd/${name}`,
      ]),
    ),
    linker: [`-X github.com/containerd/containerd/v2/version.Version=v${versions.containerd}`],
  },
  {
    name: 'runc',
    version: versions.runc,
    module: 'github.com/opencontainers/runc',
    programs: { runc: 'github.com/opencontainers/runc' },
    cgo: true,
    tags: ['seccomp', 'netgo', 'osusergo'],
    linker: ['-extldflags -static'],
  },
  {
    name: 'network-plugins',
    version: versions.networkPlugins,
    module: 'github.com/containernetworking/plugins',
    programs: {
      bridge: 'github.com/containernetworking/plugins/plugins/main/bridge',
      loopback: 'github.com/containernetworking/plugins/plugins/main/loopback',
      ptp: 'github.com/containernetworking/plugins/plugins/main/ptp',
      'host-local': 'github.com/containernetworking/plugins/plugins/ipam/host-local',
      portmap: 'github.com/containernetworking/plugins/plugins/meta/portmap',
      bandwidth: 'github.com/containernetworking/plugins/plugins/meta/bandwidth',
    },
  },
  {
    name: 'flannel-plugin',
    version: versions.flannelPlugin,
    module: 'github.com/containernetworking/plugins',
    programs: { flannel: 'github.com/containernetworking/plugins/plugins/meta/flannel' },
  },
  {
    name: 'flannel',
    version: versions.flannel,
    module: 'github.com/flannel-io/flannel',
    programs: { flanneld: 'github.com/flannel-io/flannel' },
    cgo: true,
    linker: ['-extldflags -static', `-X github.com/flannel-io/flannel/pkg/version.Version=v${versions.flannel}`],
    goMod: ['require github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common v1.3.210'],
  },
  {
    name: 'coredns',
    version: versions.coredns,
    module: 'github.com/coredns/coredns',
    programs: { coredns: 'github.com/coredns/coredns' },
  },
  {
    name: 'registry',
    version: versions.registry,
    module: 'github.com/distribution/distribution/v3',
    programs: { registry: 'github.com/distribution/distribution/v3/cmd/registry' },
    linker: [`-X github.com/distribution/distribution/v3/version.version=v${versions.registry}`],
  },
  {
    name: 'helm',
    version: versions.helm,
    module: 'helm.sh/helm/v3',
    programs: { helm: 'helm.sh/helm/v3/cmd/helm' },
    linker: [`-X helm.sh/helm/v3/internal/version.version=v${versions.helm}`],
  },
  {
    name: 'local-path-provisioner',
    version: versions.localPath,
    module: 'github.com/rancher/local-path-provisioner',
    programs: { 'local-path-provisioner': 'github.com/rancher/local-path-provisioner' },
  },
  {
    name: 'crane',
    version: versions.crane,
    module: 'github.com/google/go-containerregistry',
    programs: { crane: 'github.com/google/go-containerregistry/cmd/crane' },
  },
  {
    name: 'regctl',
    version: versions.regctl,
    module: 'github.com/regclient/regclient',
    programs: { regctl: 'github.com/regclient/regclient/cmd/regctl' },
  },
];

/** A program of one C file, linked statically. */
export type CComponent = { readonly name: string; readonly version: string; readonly source: string };

export const pauseComponent: CComponent = {
  name: 'pause',
  version: versions.pause,
  source: `#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void leave(int signal) { (void)signal; _exit(0); }
static void reap(int signal) { (void)signal; while (waitpid(-1, 0, WNOHANG) > 0) {} }

int main(void) {
  signal(SIGINT, leave);
  signal(SIGTERM, leave);
  signal(SIGCHLD, reap);
  for (;;) pause();
}
`,
};

/** The component of that name; the lab's own lists use no other names. */
export function goComponent(name: string): GoComponent {
  const component = goComponents.find((candidate) => candidate.name === name);
  if (component === undefined) throw new Error(`no component is named ${name}`);
  return component;
}
