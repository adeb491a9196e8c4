import { readAsset } from '../assets.ts';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import type { Step } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import { changeRecord, rememberPaths } from '../hosts/change-record.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { hasFiles, type PlacedFile, placeFiles } from '../hosts/placed-files.ts';
import type { InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';
import { touchedPaths } from './paths.ts';
import { preflightSteps } from './preflight.ts';

/** Modules in the order in which reset can take them out again: first what needs others. */
export function kernelModules({ loadBalancer }: Pick<ClusterDocument, 'loadBalancer'>): readonly string[] {
  const balancer = loadBalancer.driver === 'keepalived' ? ['ip_vs_rr', 'ip_vs'] : [];
  return [...balancer, 'overlay', 'br_netfilter', 'nf_conntrack', 'vxlan'];
}
export const sysctlFile = '/etc/sysctl.d/99-landfall.conf';

const sysctls: Readonly<Record<string, string>> = {
  'net.ipv4.ip_forward': '1',
  'net.bridge.bridge-nf-call-iptables': '1',
  'net.bridge.bridge-nf-call-ip6tables': '1',
  'fs.inotify.max_user_instances': '8192',
  'fs.inotify.max_user_watches': '524288',
};

const header = '# Written by Landfall; removed by `landfall reset`.\n';
const sysctlText = `${header}${Object.entries(sysctls)
  .map(([key, value]) => `${key} = ${value}\n`)
  .join('')}`;

/** Files by which the kernel is set as Kubernetes and the load balancer need it, after every boot. */
export function kernelFiles(document: Pick<ClusterDocument, 'loadBalancer'>): readonly PlacedFile[] {
  return [
    {
      path: '/etc/modules-load.d/landfall.conf',
      content: `${header}${kernelModules(document).join('\n')}\n`,
      mode: 0o644,
    },
    { path: sysctlFile, content: sysctlText, mode: 0o644 },
  ];
}

/** Throws HOST_OCCUPIED when somebody else's cluster or container runtime is there; it is not ours to change or clear. */
async function refuseForeignCluster(connection: HostConnection): Promise<void> {
  const script = await readAsset('hosts/foreign-cluster.sh');
  const output = (await connection.check('Look for another cluster', script, [changeRecord])).trim();
  if (output === '') return;
  throw new LandfallError({
    code: 'HOST_OCCUPIED',
    message: `${connection.name} already holds parts of another Kubernetes or container runtime; nothing on it was changed.`,
    fix: 'Remove them with the tool that installed them, or take the host out of the cluster document.',
    context: { host: connection.name, output },
  });
}

/** Kernel modules, sysctls and swap, in files of our own; the first change of a host, so what was there is noted before. */
export function hostPreparation(context: InstallContext, host: HostEntry): Step {
  const files = kernelFiles(context.document);
  return hostStep(context, {
    id: 'prepare/kernel',
    host: host.name,
    title: 'Set kernel modules, network settings and swap',
    after: preflightSteps(host),
    async probe({ connection }) {
      const state =
        'cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/bridge/bridge-nf-call-iptables; wc -l </proc/swaps';
      return hasFiles(connection, files, `[ "$(${state})" = "$(printf '1\\n1\\n1')" ]`);
    },
    async apply({ connection }) {
      await refuseForeignCluster(connection);
      await rememberPaths(connection, touchedPaths);
      await placeFiles(connection, files);
      await connection.check('Set the kernel for Kubernetes', await readAsset('hosts/prepare-kernel.sh'), [
        sysctlFile,
        changeRecord,
        ...kernelModules(context.document),
      ]);
    },
  });
}
