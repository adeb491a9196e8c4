import { readAsset } from '../assets.ts';
import type { BundleFile, FileRole } from '../bundle/contents.ts';
import type { HostEntry } from '../cluster/document.ts';
import type { Step } from '../engine/step.ts';
import { recordedWriteFile } from '../hosts/change-record.ts';
import type { HostFacts } from '../hosts/facts.ts';
import { firstControlPlane, type InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';
import { hostPaths } from './paths.ts';
import { fetchRegistryFile, hasRegistryFiles, type RegistryFile } from './registry-file.ts';

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

[Install]
WantedBy=multi-user.target
`;

const unitFile = '/etc/systemd/system/kubelet.service';

/** Programs a node pulls from the registry: control planes get kubectl and etcdctl too. */
function roles(host: HostEntry): readonly FileRole[] {
  const everywhere: readonly FileRole[] = ['kubelet', 'kubeadm', 'cni-plugins', 'kubectl'];
  return host.role === 'control-plane' ? [...everywhere, 'etcdctl', 'helm'] : everywhere;
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
  return { file, target: hostPaths.programs, strip: 1, members: [`${folder}/${role}`], proof: program };
}

/** Every node takes its Kubernetes programs from the registry over the local network, not from the operator. */
export function nodeBinaries(context: InstallContext, host: HostEntry): Step {
  const wanted = (facts: HostFacts): readonly RegistryFile[] =>
    roles(host)
      .filter((role) => context.bundle.files.some((file) => file.role === role))
      .map((role) => placement(role, context.bundle.file(role, facts.architecture)));
  return hostStep(context, {
    id: 'node/programs',
    host: host.name,
    title: 'Get kubelet, kubeadm and network plugins from the registry',
    after: [`containerd/service@${host.name}`, `registry/essentials@${firstControlPlane(context.document).name}`],
    async probe({ connection, facts }) {
      if (!(await hasRegistryFiles(connection, wanted(facts)))) return false;
      if ((await connection.readFile(unitFile)) !== kubeletUnit) return false;
      return (await connection.run('systemctl is-enabled --quiet kubelet')).exitCode === 0;
    },
    async apply({ connection, facts }, reporter) {
      const items = wanted(facts);
      let done = 0;
      await Promise.all(
        items.map(async (item) => {
          await fetchRegistryFile(connection, item, reporter.signal);
          reporter.progress(++done, items.length, 'items');
        }),
      );
      await recordedWriteFile(connection, unitFile, kubeletUnit, 0o644);
      await connection.check('Enable the kubelet', 'systemctl daemon-reload && systemctl enable --quiet kubelet');
    },
  });
}

/** Pulls what the node's role runs before it is needed, so that no start waits for the network. */
export function nodeImages(context: InstallContext, host: HostEntry): Step {
  const names = context.bundle.images
    .filter((image) => image.use === 'every-node' || (image.use === 'control-plane' && host.role === 'control-plane'))
    .map((image) => image.name);
  return hostStep(context, {
    id: 'node/images',
    host: host.name,
    title: 'Pull the images this node runs',
    after: [`containerd/service@${host.name}`, `registry/essentials@${firstControlPlane(context.document).name}`],
    async probe({ connection }) {
      const result = await connection.run(`${hostPaths.programs}/ctr --namespace k8s.io images ls -q`);
      const present = new Set(result.stdout.split('\n'));
      return names.every((name) => present.has(name));
    },
    async apply({ connection }, reporter) {
      let pulled = 0;
      await connection.check('Pull images', await readAsset('hosts/pull-images.sh'), ['k8s.io', ...names], {
        signal: reporter.signal,
        onLine: (line, stream) => {
          reporter.output(line);
          if (stream === 'stdout') reporter.progress(++pulled, names.length, 'items');
        },
      });
    },
  });
}
