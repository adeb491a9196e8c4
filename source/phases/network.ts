import { readAsset } from '../assets.ts';
import type { Step } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import { firstControlPlane, type InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';
import { kubectl } from './kubernetes.ts';
import { hostPaths } from './paths.ts';

function imageNamed(context: Pick<InstallContext, 'bundle'>, part: string): string {
  const image = context.bundle.images.find((candidate) => candidate.name.split(':')[0]?.endsWith(part));
  if (image === undefined) {
    throw new LandfallError({
      code: 'BUNDLE_IMAGE_MISSING',
      message: `The bundle holds no image named …${part}.`,
      fix: 'Build the bundle again from a recipe that names it.',
    });
  }
  return image.name;
}

/** flannel's manifests with the cluster's pod network and the bundle's images. */
export async function flannelManifest(context: Pick<InstallContext, 'document' | 'bundle'>): Promise<string> {
  const text = await readAsset('network/flannel.yaml');
  return text
    .replaceAll('@POD_CIDR@', context.document.network.podCidr)
    .replaceAll('@FLANNEL_PLUGIN_IMAGE@', imageNamed(context, '/flannel-cni-plugin'))
    .replaceAll('@FLANNEL_IMAGE@', imageNamed(context, '/flannel'));
}

/** Applied as soon as there is an API; nodes get their network as they join. */
export function overlayNetwork(context: InstallContext): Step {
  const first = firstControlPlane(context.document);
  return hostStep(context, {
    id: 'network/flannel',
    host: first.name,
    title: 'Set up the pod network (flannel)',
    after: [`kubernetes/init@${first.name}`, `registry/images@${first.name}`],
    async probe({ connection }) {
      return (
        (
          await connection.run(`${kubectl} diff --server-side -f - >/dev/null 2>&1`, [], {
            stdin: await flannelManifest(context),
          })
        ).exitCode === 0
      );
    },
    async apply({ connection }) {
      await connection.check('Apply flannel', `${kubectl} apply --server-side --force-conflicts -f -`, [], {
        stdin: await flannelManifest(context),
      });
    },
    async verify({ connection }) {
      await connection.check('Look for flannel', `${kubectl} -n kube-flannel get daemonset kube-flannel-ds >/dev/null`);
    },
  });
}

/**
 * The Corefile without the plugin that asks other name servers. In an air gap hosts often have none, and CoreDNS then
 * refuses to start ("no nameservers found") instead of answering for the cluster.
 */
export function withoutForward(corefile: string): string {
  return corefile.replace(/^[ \t]*forward [^\n{]*(\{[^}]*\})?\n/m, '');
}

async function everyHostHasNameServer(context: InstallContext): Promise<boolean> {
  const answers = await Promise.all(
    context.document.hosts.map(async ({ name }) => {
      const { connection } = await context.host(name);
      return (await connection.run('grep -q "^[[:space:]]*nameserver" /etc/resolv.conf')).exitCode === 0;
    }),
  );
  return answers.every(Boolean);
}

/** CoreDNS by kubeadm, then one replica a node where there is more than one. */
export function clusterDns(context: InstallContext): Step {
  const first = firstControlPlane(context.document);
  const spread = context.document.hosts.length > 1;
  const topology =
    '{.spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey}';
  const readCorefile = `${kubectl} -n kube-system get configmap coredns -o jsonpath='{.data.Corefile}'`;
  return hostStep(context, {
    id: 'network/dns',
    host: first.name,
    title: 'Set up the cluster DNS (CoreDNS)',
    after: [`kubernetes/init@${first.name}`, `registry/images@${first.name}`],
    async probe({ connection }) {
      const [deployment, corefile] = await Promise.all([
        connection.run(`${kubectl} -n kube-system get deployment coredns -o jsonpath='${topology}'`),
        connection.run(readCorefile),
      ]);
      if (deployment.exitCode !== 0 || corefile.exitCode !== 0) return false;
      if (spread && deployment.stdout.trim() !== 'kubernetes.io/hostname') return false;
      return withoutForward(corefile.stdout) === corefile.stdout || (await everyHostHasNameServer(context));
    },
    async apply({ connection }) {
      const exists =
        (await connection.run(`${kubectl} -n kube-system get deployment coredns >/dev/null 2>&1`)).exitCode === 0;
      if (!exists) {
        await connection.check(
          'kubeadm init phase addon coredns',
          `PATH=${hostPaths.programs}:$PATH
configuration=$(mktemp /var/lib/landfall/coredns-XXXXXX)
trap 'rm -f "$configuration"' EXIT
${kubectl} -n kube-system get configmap kubeadm-config -o jsonpath='{.data.ClusterConfiguration}' >"$configuration"
kubeadm init phase addon coredns --config "$configuration" --kubeconfig ${hostPaths.adminConfiguration}`,
        );
      }
      if (!(await everyHostHasNameServer(context))) {
        const corefile = withoutForward(await connection.check('Read the Corefile', readCorefile));
        // Standard input may be a socket, which cannot be opened by its name; behind `cat |` it is a pipe.
        await connection.check(
          'Set the Corefile',
          `cat | ${kubectl} -n kube-system patch configmap coredns --type=merge --patch-file=/dev/stdin`,
          [],
          { stdin: JSON.stringify({ data: { Corefile: corefile } }) },
        );
      }
      if (spread) {
        await connection.check(
          'Spread CoreDNS',
          `cat | ${kubectl} -n kube-system patch deployment coredns --type=strategic --patch-file=/dev/stdin`,
          [],
          { stdin: await readAsset('network/coredns-patch.yaml') },
        );
      }
    },
  });
}
