import { readAsset } from '../assets.ts';
import type { BundleImage } from '../bundle/contents.ts';
import type { HostEntry, LoadBalancer } from '../cluster/document.ts';
import { apiEndpoint, apiUrl } from '../cluster/endpoint.ts';
import type { Step, StepReporter } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { hasFiles, placeFiles } from '../hosts/placed-files.ts';
import { firstControlPlane, type InstallContext } from './context.ts';
import { requireFreePort } from './free-port.ts';
import { haproxyBalancer } from './haproxy-balancer.ts';
import { hostStep } from './host-step.ts';
import { keepalivedBalancer } from './keepalived-balancer.ts';
import { balancerPaths, balancerRoot, type LocalBalancer, startScript } from './local-balancer.ts';
import { pinnedImage } from './node-binaries.ts';
import { hostPaths } from './paths.ts';

const { unit, script, runtime } = balancerPaths;

type LocalDriver = Exclude<LoadBalancer['driver'], 'external'>;

/** A bundle may hold an image for each driver; keepalived's is known by its name. */
function imageOf(context: InstallContext, driver: LocalDriver): BundleImage {
  const image = context.bundle.images.find(
    ({ use, name }) => use === 'load-balancer' && /(^|\/)keepalived(:|@|$)/.test(name) === (driver === 'keepalived'),
  );
  if (image !== undefined) return image;
  throw new LandfallError({
    code: 'BUNDLE_IMAGE_MISSING',
    message: `The bundle holds no image of ${driver} for the local load balancer.`,
    fix: `Build the bundle again from a recipe that has an image …/${driver} with \`use: load-balancer\`, or take the other driver in the cluster document.`,
  });
}

function balancerOf(context: InstallContext, host: HostEntry, root: string): LocalBalancer {
  const { document, pki } = context;
  return document.loadBalancer.driver === 'keepalived'
    ? keepalivedBalancer(document, document.loadBalancer, host, root)
    : haproxyBalancer(document, host, root, pki.clusterAuthority);
}

/**
 * Throws LOAD_BALANCER_CHANGED when the node calls the API elsewhere than the document says: it would lose the cluster as
 * soon as the balancer it uses is replaced.
 */
async function refuseOtherEndpoint(
  context: InstallContext,
  host: HostEntry,
  connection: HostConnection,
): Promise<void> {
  const file = host.role === 'control-plane' ? hostPaths.adminConfiguration : '/etc/kubernetes/kubelet.conf';
  const known = await connection.run('test ! -e "$1" || sed -n "s/^ *server: *//p" "$2"', [hostPaths.joined, file]);
  const [server = ''] = known.stdout.split('\n');
  const wanted = apiUrl(context.document);
  if (server === '' || server === wanted) return;
  throw new LandfallError({
    code: 'LOAD_BALANCER_CHANGED',
    message: `${host.name} calls the API at ${server}, and the cluster document says ${wanted}; nothing on it was changed.`,
    fix: 'Write spec.loadBalancer as it was when the cluster was installed: a running cluster keeps its load balancer.',
    context: { host: host.name },
  });
}

/** A balancer of the user's own: nothing of ours runs, and the host must know where it is. */
function externalBalancer(context: InstallContext, host: HostEntry): Step {
  const endpoint = apiEndpoint(context.document);
  const name = endpoint.slice(0, endpoint.lastIndexOf(':'));
  return hostStep(context, {
    id: 'load-balancer/start',
    host: host.name,
    title: 'Find the load balancer',
    after: [`connect/host@${host.name}`],
    probe: async ({ connection }) =>
      (
        await connection.run(
          'getent ahostsv4 "$1" >/dev/null && ip route get "$(getent ahostsv4 "$1" | { read -r address rest; echo "$address"; })" >/dev/null',
          [name],
        )
      ).exitCode === 0,
    async apply({ connection }) {
      throw new LandfallError({
        code: 'LOAD_BALANCER_UNKNOWN',
        message: `${connection.name} does not know where the load balancer ${name} is.`,
        fix: 'Give its name to your DNS or to /etc/hosts of every host, or write its address in the cluster document.',
        context: { host: connection.name },
      });
    },
  });
}

/**
 * The balancer on every node, started before kubeadm needs it; a service of the host that needs neither the kubelet nor
 * containerd. Another set of control planes is taken over without closing a connection.
 */
export function loadBalancer(context: InstallContext, host: HostEntry): Step {
  const { driver } = context.document.loadBalancer;
  if (driver === 'external') return externalBalancer(context, host);
  const image = imageOf(context, driver);
  const root = balancerRoot(image);
  const first = firstControlPlane(context.document).name;
  const { settings, asset, unitText, serving, listens } = balancerOf(context, host, root);
  const programFiles = async () => [
    { path: script, content: await readAsset(asset), mode: 0o755 },
    { path: `/etc/systemd/system/${unit}`, content: unitText, mode: 0o644 },
  ];
  const running = `test -d ${root} && systemctl is-active --quiet ${unit} && ${serving}`;
  /** Whether the service of this very unit, script and image runs, whatever it balances. */
  const runs = async (connection: HostConnection): Promise<boolean> =>
    hasFiles(connection, await programFiles(), running);

  const start = async (connection: HostConnection, reporter: StepReporter): Promise<void> => {
    if (listens !== undefined) await requireFreePort(connection, listens, 'the local load balancer', [unit]);
    const copy = await readAsset('hosts/load-balancer.sh');
    if ((await connection.run('test -d "$1"', [root])).exitCode !== 0) {
      const pull = await readAsset('hosts/pull-images.sh');
      await connection.check('Pull the load balancer', pull, ['landfall', pinnedImage(image)], {
        onLine: (line) => reporter.output(line),
      });
    }
    // Also where the files are there: whatever an interruption left of the image goes before the service counts as started.
    await connection.check('Copy the load balancer out of its image', copy, ['unpack', image.name, root]);
    await placeFiles(connection, [...settings, ...(await programFiles())]);
    await connection.check('Start the load balancer', startScript(serving));
    await connection.check('Remove what is not needed any more', copy, ['prune', root]);
  };

  return hostStep(context, {
    id: 'load-balancer/start',
    host: host.name,
    title: 'Start the local load balancer',
    after: [
      `containerd/service@${host.name}`,
      host.name === first ? `registry/essentials@${first}` : `node/images@${first}`,
    ],
    async probe({ connection }) {
      // Files that were written and not loaded would be what an interrupted run leaves.
      const loaded = `sh ${script} loaded ${runtime}`;
      return hasFiles(connection, [...settings, ...(await programFiles())], `${running} && ${loaded}`);
    },
    async apply({ connection }, reporter) {
      await refuseOtherEndpoint(context, host, connection);
      if (!(await runs(connection))) return start(connection, reporter);
      await placeFiles(connection, settings);
      await connection.check('Give the load balancer its new servers', `systemctl reload ${unit}`);
    },
  });
}
