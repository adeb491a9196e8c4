import { parse, parseAllDocuments, stringify } from 'yaml';
import { readAsset } from '../assets.ts';
import { exactName } from '../bundle/image-name.ts';
import { apiEndpoint } from '../cluster/endpoint.ts';
import type { Step } from '../engine/step.ts';
import { nameExactly, namesOnlyTag } from './addon-image.ts';
import { bundleImage } from './bundle-image.ts';
import { firstControlPlane, type InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';
import { kubectl } from './kubernetes.ts';
import { hostPaths } from './paths.ts';

type Mapping = Readonly<Record<string, unknown>>;

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** flannel's manifests with the cluster's pod network and the bundle's images, which are named by their digests. */
export async function flannelManifest(context: Pick<InstallContext, 'document' | 'bundle'>): Promise<string> {
  const text = await readAsset('network/flannel.yaml');
  const [host = '', port = ''] = apiEndpoint(context.document).split(/:(?=\d+$)/);
  return text
    .replaceAll('@API_HOST@', host)
    .replaceAll('@API_PORT@', port)
    .replaceAll('@POD_CIDR@', context.document.network.podCidr)
    .replaceAll('@FLANNEL_PLUGIN_IMAGE@', exactName(bundleImage(context, '/flannel-cni-plugin')))
    .replaceAll('@FLANNEL_IMAGE@', exactName(bundleImage(context, '/flannel')));
}

/** Applied as soon as there is an API; nodes get their network as they join. */
export function overlayNetwork(context: InstallContext): Step {
  const first = firstControlPlane(context.document);
  return hostStep(context, {
    id: 'network/flannel',
    host: first.name,
    title: 'Set up the pod network (flannel)',
    after: [`kubernetes/init@${first.name}`, `node/network@${first.name}`],
    async probe({ connection }) {
      // The comparison is dear, so it is only made where there is something to compare with.
      const result = await connection.run(
        `${kubectl} -n kube-flannel get daemonset kube-flannel-ds >/dev/null 2>&1 && ${kubectl} diff --server-side -f - >/dev/null 2>&1`,
        [],
        { stdin: await flannelManifest(context) },
      );
      return result.exitCode === 0;
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
      try {
        const { connection } = await context.host(name);
        return (await connection.run('grep -q "^[[:space:]]*nameserver" /etc/resolv.conf')).exitCode === 0;
      } catch {
        // A host that cannot be reached stops nothing here; it is asked again by the next run.
        return true;
      }
    }),
  );
  return answers.every(Boolean);
}

/** The values over those that are there, folder by folder; null takes one away. */
function patched(target: Mapping, patch: Mapping): Mapping {
  const result: Record<string, unknown> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    const own = result[key];
    if (value === null) delete result[key];
    else if (isMapping(value)) result[key] = patched(isMapping(own) ? own : {}, value);
    else result[key] = value;
  }
  return result;
}

/**
 * kubeadm's manifest of CoreDNS as this cluster needs it. The deployment comes last: where it is, all that it needs is
 * there too, whenever applying it was broken off.
 * @param forward whether names outside the cluster are asked of the hosts' name servers.
 * @param patch YAML that is laid over the deployment, if any.
 */
export function dnsManifest(printed: string, forward: boolean, patch: string | undefined): string {
  return parseAllDocuments(printed)
    .map((document) => document.toJS() as unknown)
    .filter(isMapping)
    .sort((left, right) => Number(left['kind'] === 'Deployment') - Number(right['kind'] === 'Deployment'))
    .map((document) => {
      if (document['kind'] === 'Deployment' && patch !== undefined) return patched(document, parse(patch) as Mapping);
      const data = document['data'];
      if (document['kind'] !== 'ConfigMap' || forward || !isMapping(data)) return document;
      return { ...document, data: { ...data, Corefile: withoutForward(String(data['Corefile'])) } };
    })
    .map((document) => stringify(document))
    .join('---\n');
}

/** CoreDNS by kubeadm, one replica a node where there is more than one. */
export function clusterDns(context: InstallContext): Step {
  const first = firstControlPlane(context.document);
  const spread = context.document.hosts.length > 1;
  const workload = 'deployment/coredns';
  const topology =
    '{.spec.template.spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey}';
  const readCorefile = `${kubectl} -n kube-system get configmap coredns -o jsonpath='{.data.Corefile}'`;
  return hostStep(context, {
    id: 'network/dns',
    host: first.name,
    title: 'Set up the cluster DNS (CoreDNS)',
    after: [`kubernetes/init@${first.name}`, `registry/cluster@${first.name}`],
    async probe({ connection }) {
      const [deployment, corefile] = await Promise.all([
        connection.run(`${kubectl} -n kube-system get deployment coredns -o jsonpath='${topology}'`),
        connection.run(readCorefile),
      ]);
      if (deployment.exitCode !== 0 || corefile.exitCode !== 0) return false;
      if (await namesOnlyTag(connection, workload, bundleImage(context, '/coredns'))) return false;
      if (spread && deployment.stdout.trim() !== 'kubernetes.io/hostname') return false;
      return withoutForward(corefile.stdout) === corefile.stdout || (await everyHostHasNameServer(context));
    },
    async apply({ connection }) {
      const image = bundleImage(context, '/coredns');
      const forward = await everyHostHasNameServer(context);
      const exists =
        (await connection.run(`${kubectl} -n kube-system get deployment coredns >/dev/null 2>&1`)).exitCode === 0;
      if (!exists) {
        const printed = await connection.check(
          'kubeadm init phase addon coredns',
          `PATH=${hostPaths.programs}:$PATH
configuration=$(mktemp /var/lib/landfall/coredns-XXXXXX)
trap 'rm -f "$configuration"' EXIT
${kubectl} -n kube-system get configmap kubeadm-config -o jsonpath='{.data.ClusterConfiguration}' >"$configuration"
kubeadm init phase addon coredns --print-manifest --config "$configuration"`,
        );
        // Applied once as it shall be: a change afterwards would start every pod a second time.
        await connection.check('Apply CoreDNS', `${kubectl} apply --server-side --force-conflicts -f -`, [], {
          stdin: dnsManifest(
            printed.replaceAll(image.name, exactName(image)),
            forward,
            spread ? await readAsset('network/coredns-patch.yaml') : undefined,
          ),
        });
        return;
      }
      // Whoever changed it since keeps the change.
      if (await namesOnlyTag(connection, workload, image)) await nameExactly(connection, workload, 'coredns', image);
      if (!forward) {
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
