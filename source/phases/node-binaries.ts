import { readAsset } from '../assets.ts';
import type { BundleFile, BundleImage, FileRole } from '../bundle/contents.ts';
import type { HostEntry } from '../cluster/document.ts';
import type { Step, StepReporter } from '../engine/step.ts';
import type { HostConnection } from '../hosts/connection.ts';
import type { HostFacts } from '../hosts/facts.ts';
import { hasFiles, type PlacedFile, placeFiles } from '../hosts/placed-files.ts';
import { firstControlPlane, hasRegistry, type InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';
import { hostPaths } from './paths.ts';
import { fetchRegistryFile, hasRegistryFiles, type RegistryFile } from './registry-file.ts';

const endApiServer = `${hostPaths.state}/end-api-server.sh`;

const kubeletUnit = `[Unit]
Description=kubelet (Landfall)
After=containerd.service network.target
Wants=containerd.service

[Service]
ExecStart=${hostPaths.programs}/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
Restart=always
StartLimitIntervalSec=0
RestartSec=2
TimeoutStopSec=20
ExecStopPost=-/bin/sh ${endApiServer}

[Install]
WantedBy=multi-user.target
`;

async function kubeletFiles(): Promise<readonly PlacedFile[]> {
  return [
    { path: '/etc/systemd/system/kubelet.service', content: kubeletUnit, mode: 0o644 },
    { path: endApiServer, content: await readAsset('hosts/end-api-server.sh'), mode: 0o644 },
  ];
}

/** What a node cannot join without. The first control plane is asked by kubectl, so it has that from the start. */
function joinRoles(context: InstallContext, host: HostEntry): readonly FileRole[] {
  const everywhere: readonly FileRole[] = ['kubelet', 'kubeadm', 'cni-plugins'];
  return isFirst(context, host) ? [...everywhere, 'kubectl'] : everywhere;
}

const toolRoles: readonly FileRole[] = ['kubectl', 'etcdctl', 'helm'];

function isFirst(context: InstallContext, host: HostEntry): boolean {
  return host.name === firstControlPlane(context.document).name;
}

/**
 * The first control plane goes before the others: they have time while it starts, and everybody waits for it.
 */
function afterFirst(context: InstallContext, host: HostEntry): readonly string[] {
  const first = firstControlPlane(context.document).name;
  return isFirst(context, host)
    ? [`containerd/service@${first}`, `registry/essentials@${first}`]
    : [`containerd/service@${host.name}`, `node/programs@${first}`, `node/images@${first}`];
}

function placement(role: FileRole, file: BundleFile): RegistryFile {
  if (role === 'cni-plugins') {
    const target = hostPaths.networkPlugins;
    return { file, target, strip: 0, members: [], proof: `${target}/host-local` };
  }
  const program = `${hostPaths.programs}/${role}`;
  if (!file.archive) return { file, target: program, strip: 0, members: [], proof: program };
  // Upstream archives of these keep the program in a folder named by version and architecture.
  const folder =
    role === 'helm'
      ? `linux-${file.architecture}`
      : `etcd-v${file.version.replace(/^v/, '')}-linux-${file.architecture}`;
  // etcdutl comes with etcdctl; it checks and restores snapshots.
  const names = role === 'etcdctl' ? ['etcdctl', 'etcdutl'] : [role];
  return {
    file,
    target: hostPaths.programs,
    strip: 1,
    members: names.map((name) => `${folder}/${name}`),
    proof: `${hostPaths.programs}/${names.at(-1)}`,
  };
}

function registryFiles(context: InstallContext, facts: HostFacts, roles: readonly FileRole[]): readonly RegistryFile[] {
  return roles
    .filter((role) => context.bundle.files.some((file) => file.role === role))
    .map((role) => placement(role, context.bundle.file(role, facts.architecture)));
}

async function fetchFiles(
  connection: HostConnection,
  items: readonly RegistryFile[],
  keep: boolean,
  reporter: StepReporter,
): Promise<void> {
  let done = 0;
  await Promise.all(
    items.map(async (item) => {
      await fetchRegistryFile(connection, item, keep, reporter.signal);
      reporter.progress(++done, items.length, 'items');
    }),
  );
}

/** Every node takes its Kubernetes programs from the registry over the local network, not from the operator. */
export function nodeBinaries(context: InstallContext, host: HostEntry): Step {
  const wanted = (facts: HostFacts) => registryFiles(context, facts, joinRoles(context, host));
  return hostStep(context, {
    id: 'node/programs',
    host: host.name,
    title: 'Get kubelet, kubeadm and network plugins from the registry',
    after: afterFirst(context, host),
    async probe({ connection, facts }) {
      const [programs, service] = await Promise.all([
        hasRegistryFiles(connection, wanted(facts)),
        hasFiles(connection, await kubeletFiles(), 'systemctl is-enabled --quiet kubelet'),
      ]);
      return programs && service;
    },
    async apply({ connection, facts }, reporter) {
      await fetchFiles(connection, wanted(facts), hasRegistry(context, host), reporter);
      await placeFiles(connection, await kubeletFiles());
      await connection.check('Enable the kubelet', 'systemctl daemon-reload && systemctl enable --quiet kubelet');
    },
  });
}

/** What an administrator works with on a control plane; nothing waits for it. */
export function nodeTools(context: InstallContext, host: HostEntry): Step {
  const first = firstControlPlane(context.document);
  const wanted = (facts: HostFacts) => registryFiles(context, facts, toolRoles);
  return hostStep(context, {
    id: 'node/tools',
    host: host.name,
    title: 'Get kubectl, etcdctl and helm from the registry',
    after: [`registry/images@${first.name}`, `kubernetes/${isFirst(context, host) ? 'init' : 'join'}@${host.name}`],
    probe: ({ connection, facts }) => hasRegistryFiles(connection, wanted(facts)),
    apply: ({ connection, facts }, reporter) =>
      fetchFiles(connection, wanted(facts), hasRegistry(context, host), reporter),
  });
}

/** Takes the programs onto a host at once that its own step may only bring later. */
export async function ensureTool(
  context: InstallContext,
  host: HostEntry,
  role: FileRole,
  signal: AbortSignal,
): Promise<void> {
  const { connection, facts } = await context.host(host.name);
  for (const item of registryFiles(context, facts, [role])) {
    await fetchRegistryFile(connection, item, hasRegistry(context, host), signal);
  }
}

/** An image as `pull-images.sh` takes it: with the digest that the bundle gives it. */
export const pinnedImage = (image: BundleImage): string => `${image.name}=${image.digest}`;

function pullStep(
  context: InstallContext,
  host: HostEntry,
  step: {
    readonly id: string;
    readonly title: string;
    readonly after: readonly string[];
    readonly images: readonly BundleImage[];
  },
): Step {
  const { id, title, after, images } = step;
  return hostStep(context, {
    id,
    host: host.name,
    title,
    after,
    async probe({ connection }) {
      // Lines of a name, a type and a digest.
      const result = await connection.run(`${hostPaths.programs}/ctr --namespace k8s.io images ls`);
      const lines = result.stdout.split('\n').map((line) => line.split(/\s+/));
      const present = new Map(lines.map(([name = '', , digest = '']) => [name, digest]));
      return images.every((image) => present.get(image.name) === image.digest);
    },
    async apply({ connection }, reporter) {
      let pulled = 0;
      await connection.check(
        'Pull images',
        await readAsset('hosts/pull-images.sh'),
        ['k8s.io', ...images.map(pinnedImage)],
        {
          signal: reporter.signal,
          onLine: (line, stream) => {
            reporter.output(line);
            if (stream === 'stdout') reporter.progress(++pulled, images.length, 'items');
          },
        },
      );
    },
  });
}

const isProxy = (image: BundleImage): boolean => image.name.includes('/kube-proxy:');

/** Pulls what kubeadm starts on the node, so that no start waits for the network. */
export function nodeImages(context: InstallContext, host: HostEntry): Step {
  const images = context.bundle.images
    .filter((image) => image.use === 'every-node' || (image.use === 'control-plane' && host.role === 'control-plane'))
    .filter((image) => !isProxy(image));
  return pullStep(context, host, {
    id: 'node/images',
    title: 'Pull the images that start first',
    after: afterFirst(context, host).filter((id) => id !== `node/programs@${firstControlPlane(context.document).name}`),
    images,
  });
}

/** Pulls what every node runs for its network, while the first control plane starts. */
export function nodeNetworkImages(context: InstallContext, host: HostEntry): Step {
  const images = context.bundle.images.filter((image) => image.use === 'network' || isProxy(image));
  return pullStep(context, host, {
    id: 'node/network',
    title: 'Pull the images of the network',
    after: [`node/images@${host.name}`, `registry/cluster@${firstControlPlane(context.document).name}`],
    images,
  });
}
