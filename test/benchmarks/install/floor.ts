import { existsSync } from 'node:fs';
import { copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import type { Bundle } from '../../../source/bundle/contents.ts';
import type { ClusterDocument } from '../../../source/cluster/document.ts';
import type { HostFacts } from '../../../source/hosts/facts.ts';
import { containerdConfiguration, containerdUnit } from '../../../source/phases/containerd.ts';
import { initConfiguration, joinConfiguration } from '../../../source/phases/kubeadm-configuration.ts';
import { cachePath } from '../../lab/cache.ts';
import { repositoryFile } from '../../lab/cluster/landfall.ts';
import { componentDirectory } from '../../lab/components/build-go.ts';
import { goComponent } from '../../lab/components/recipes.ts';
import { must } from '../../lab/hosts/command.ts';
import type { Lab } from '../../lab/hosts/lab.ts';
import { ensureSkopeo } from '../../lab/hosts/packages.ts';

const token = 'abcdef.0123456789abcdef';
const certificateKey = '0123456789abcdef'.repeat(4);
// What needs the balancers, certificates, approver and patches of Landfall.
const ofLandfall = new Set(['apiServer', 'controllerManager', 'scheduler', 'serverTLSBootstrap', 'patches']);
const uses = new Set(['every-node', 'control-plane', 'network']);

const kubeletUnit = `[Unit]
After=containerd.service
Wants=containerd.service
[Service]
ExecStart=/usr/local/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
Restart=always
StartLimitIntervalSec=0
RestartSec=2
[Install]
WantedBy=multi-user.target
`;

const sysctls = `net.ipv4.ip_forward = 1
net.bridge.bridge-nf-call-iptables = 1
net.bridge.bridge-nf-call-ip6tables = 1
fs.inotify.max_user_instances = 8192
fs.inotify.max_user_watches = 524288
`;

/** The same programs and images as in the bundle, unpacked: made once for each content of the bundle. */
async function preparedFiles(bundle: Bundle, say: (line: string) => void): Promise<string> {
  const images = bundle.images.filter((image) => uses.has(image.use) || image.name.includes('/coredns'));
  const key = images.map((image) => image.digest.slice(7, 11)).join('');
  const target = cachePath('bench', key);
  if (existsSync(target)) return target;
  say('preparing the image archives of the floor');
  await ensureSkopeo(say);
  const partial = `${target}.partial-${process.pid}`;
  const folder = (name: string) => path.join(partial, name);
  for (const name of ['usr/local/bin', 'opt/cni/bin', 'var/tmp/images']) await mkdir(folder(name), { recursive: true });
  for (const [index, image] of images.entries()) {
    const archive = path.join(folder('var/tmp/images'), `${index}.tar`);
    const source = `oci:${bundle.directory}:${image.name}`;
    await must(['skopeo', '--insecure-policy', 'copy', '--quiet', source, `docker-archive:${archive}:${image.name}`]);
  }
  const programs: Readonly<Record<string, readonly string[]>> = {
    containerd: ['containerd', 'containerd-shim-runc-v2', 'ctr'],
    runc: ['runc'],
    kubernetes: ['kubelet', 'kubeadm', 'kubectl'],
  };
  for (const [component, names] of Object.entries(programs)) {
    for (const name of names) {
      await copyFile(path.join(componentDirectory(goComponent(component)), name), folder(`usr/local/bin/${name}`));
    }
  }
  for (const name of ['bandwidth', 'bridge', 'host-local', 'loopback', 'portmap', 'ptp']) {
    await copyFile(path.join(componentDirectory(goComponent('network-plugins')), name), folder(`opt/cni/bin/${name}`));
  }
  await rename(partial, target);
  return target;
}

/** kubeadm's configuration as Landfall makes it, with the first control plane itself as the endpoint. */
function changed(text: string, change: (document: Record<string, unknown>) => Record<string, unknown>): string {
  return parseAllDocuments(text)
    .map((document) => stringify(change(document.toJS() as Record<string, unknown>)))
    .join('---\n');
}

export type FloorRun = { readonly command: readonly string[]; readonly bytesForEachHost: number };

/** Writes all that the script needs into a folder and returns the command that is measured. */
export async function prepareFloor(
  lab: Lab,
  document: ClusterDocument,
  bundle: Bundle,
  facts: HostFacts,
  network: 'last' | 'early',
  flannel: string,
  say: (line: string) => void,
): Promise<FloorRun> {
  const prepared = await preparedFiles(bundle, say);
  const folder = path.join(lab.directory, 'floor');
  const tree = path.join(folder, 'settings');
  await rm(folder, { recursive: true, force: true });
  for (const name of ['etc/containerd', 'etc/systemd/system', 'etc/sysctl.d']) {
    await mkdir(path.join(tree, name), { recursive: true });
  }
  const pause = bundle.images.find((image) => image.name.includes('/pause:'))?.name ?? '';
  const settings: Readonly<Record<string, string>> = {
    'etc/containerd/config.toml': containerdConfiguration(facts, pause),
    'etc/systemd/system/containerd.service': containerdUnit(facts),
    'etc/systemd/system/kubelet.service': kubeletUnit,
    'etc/sysctl.d/kubernetes.conf': sysctls,
  };
  for (const [name, content] of Object.entries(settings)) await writeFile(path.join(tree, name), content);
  const payload = path.join(folder, 'payload.tar');
  const owner = ['--owner=0', '--group=0', '--mode=a+rX,u+w'];
  await must(['tar', '-cf', payload, ...owner, '-C', tree, 'etc', '-C', prepared, 'usr', 'opt', 'var']);
  const blocks = lab.hosts.map(
    (host) => `Host ${host.name}
  HostName ${host.address}
  Port ${host.sshPort}
  User root
  IdentityFile ${lab.keyFile}
  IdentitiesOnly yes
  UserKnownHostsFile ${lab.knownHostsFile}
  BatchMode yes
  LogLevel ERROR
`,
  );
  await writeFile(path.join(folder, 'ssh_config'), blocks.join('\n'));
  const planes = document.hosts.filter((host) => host.role === 'control-plane');
  const workers = document.hosts.filter((host) => host.role === 'worker');
  const [first] = planes;
  if (first === undefined) throw new TypeError('there is no control plane');
  const endpoint = `${first.address}:6443`;
  // Nothing of the floor goes by a local balancer.
  const direct = flannel
    .replace(/(KUBERNETES_SERVICE_HOST\s+value: ).*/, `$1"${first.address}"`)
    .replace(/(KUBERNETES_SERVICE_PORT\s+value: ).*/, '$1"6443"');
  await writeFile(path.join(folder, 'flannel.yaml'), direct);
  const init = initConfiguration({
    document,
    host: first,
    facts,
    anyCgroupVersion1: facts.cgroupVersion === 1,
    anyFixedConntrack: !facts.canSetConntrack,
    kubernetesVersion: bundle.kubernetesVersion,
    bootstrapToken: token,
  });
  await writeFile(
    path.join(folder, 'init.yaml'),
    changed(init, (part) => {
      const own = Object.entries(part).filter(([key]) => !ofLandfall.has(key));
      const plain: Record<string, unknown> = Object.fromEntries(own);
      if (part['kind'] === 'ClusterConfiguration') return { ...plain, controlPlaneEndpoint: endpoint };
      return part['kind'] === 'InitConfiguration' ? { ...plain, certificateKey } : plain;
    }),
  );
  for (const host of [...planes.slice(1), ...workers]) {
    const discovery = { bootstrapToken: { apiServerEndpoint: endpoint, token, unsafeSkipCAVerification: true } };
    const text = joinConfiguration(document, host, facts, '', token);
    await writeFile(
      path.join(folder, `${host.name}.yaml`),
      changed(text, (part) => ({
        ...Object.fromEntries(Object.entries(part).filter(([key]) => !ofLandfall.has(key))),
        discovery,
        ...(host.role === 'control-plane'
          ? { controlPlane: { ...(part['controlPlane'] as object), certificateKey } }
          : {}),
      })),
    );
  }
  const { size } = await stat(payload);
  const names = (hosts: readonly { readonly name: string }[]) => hosts.map((host) => host.name).join(' ');
  const script = repositoryFile('test/benchmarks/install/floor.sh');
  return { command: ['sh', script, folder, names(planes), names(workers), network], bytesForEachHost: size };
}
