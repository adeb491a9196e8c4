import { readAsset } from '../assets.ts';
import type { BundleImage } from '../bundle/contents.ts';
import type { HostEntry } from '../cluster/document.ts';
import { apiEndpoint } from '../cluster/endpoint.ts';
import type { Step, StepReporter } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { hasFiles, placeFiles } from '../hosts/placed-files.ts';
import { controlPlanes, firstControlPlane, type InstallContext } from './context.ts';
import { requireFreePort } from './free-port.ts';
import { haproxyConfiguration, openFiles } from './haproxy-configuration.ts';
import { hostStep } from './host-step.ts';
import { pinnedImage } from './node-binaries.ts';
import { hostPaths } from './paths.ts';

const folder = `${hostPaths.configuration}/load-balancer`;
const unit = 'landfall-load-balancer.service';
const script = `${hostPaths.state}/load-balancer.sh`;
const runtime = '/run/landfall-load-balancer';

function unitText(root: string): string {
  return `[Unit]
Description=Landfall's local load balancer for the Kubernetes API
After=network.target local-fs.target
StartLimitIntervalSec=0

[Service]
RuntimeDirectory=landfall-load-balancer
BindReadOnlyPaths=${folder}:${root}/usr/local/etc/haproxy
BindPaths=/dev/null:${root}/dev/null
ExecStart=/bin/sh ${script} start ${root} ${runtime}
ExecReload=/bin/sh ${script} reload ${root} ${runtime}
KillMode=mixed
TimeoutStopSec=2
SuccessExitStatus=143
Restart=always
RestartSec=200ms
LimitNOFILE=${openFiles}
OOMScoreAdjust=-997

[Install]
WantedBy=multi-user.target
`;
}

function imageOf(context: InstallContext): BundleImage {
  const image = context.bundle.images.find((candidate) => candidate.use === 'load-balancer');
  if (image !== undefined) return image;
  throw new LandfallError({
    code: 'BUNDLE_IMAGE_MISSING',
    message: 'The bundle holds no image for the local load balancer.',
    fix: 'Build the bundle again from a recipe that has an image with `use: load-balancer`.',
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
 * haproxy on every node, started before kubeadm needs it; a service of the host that needs neither the kubelet nor
 * containerd. Another set of control planes is taken over without closing a connection.
 */
export function loadBalancer(context: InstallContext, host: HostEntry): Step {
  const { driver, port } = context.document.loadBalancer;
  if (driver === 'external') return externalBalancer(context, host);
  const image = imageOf(context);
  const root = `${hostPaths.state}/load-balancer/root-${image.digest.replace(/^sha256:/, '').slice(0, 16)}`;
  const first = firstControlPlane(context.document).name;
  const configuration = haproxyConfiguration(
    port,
    controlPlanes(context.document),
    host,
    context.document.hosts.length,
  );
  const settings = [
    { path: `${folder}/haproxy.cfg`, content: configuration, mode: 0o644 },
    { path: `${folder}/ca.crt`, content: context.pki.clusterAuthority, mode: 0o644 },
  ];
  const service = [{ path: `/etc/systemd/system/${unit}`, content: unitText(root), mode: 0o644 }];
  const programFiles = async () => [
    { path: script, content: await readAsset('hosts/load-balancer.sh'), mode: 0o755 },
    ...service,
  ];
  const listening = 'ss -Hltn "sport = :$1" | grep -q .';

  const running = `test -d ${root} && systemctl is-active --quiet ${unit} && set -- ${port} && ${listening}`;
  /** Whether the service of this very unit, script and image runs, whatever it balances. */
  const runs = async (connection: HostConnection): Promise<boolean> =>
    hasFiles(connection, await programFiles(), running);

  const start = async (connection: HostConnection, reporter: StepReporter): Promise<void> => {
    await requireFreePort(connection, port, 'the local load balancer', [unit]);
    const asset = await readAsset('hosts/load-balancer.sh');
    if ((await connection.run('test -d "$1"', [root])).exitCode !== 0) {
      const pull = await readAsset('hosts/pull-images.sh');
      await connection.check('Pull the load balancer', pull, ['landfall', pinnedImage(image)], {
        onLine: (line) => reporter.output(line),
      });
    }
    // Also where the files are there: whatever an interruption left of the image goes before the service counts as started.
    await connection.check('Copy the load balancer out of its image', asset, ['unpack', image.name, root]);
    await placeFiles(connection, [...settings, ...(await programFiles())]);
    await connection.check(
      'Start the load balancer',
      `systemctl daemon-reload && systemctl enable --quiet ${unit} && systemctl restart ${unit}
for attempt in $(seq 100); do ${listening} && exit 0; sleep 0.1; done
journalctl -u ${unit} -n 15 --no-pager >&2; exit 1`,
      [String(port)],
    );
    await connection.check('Remove what is not needed any more', asset, ['prune', root]);
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
      if (!(await runs(connection))) return start(connection, reporter);
      await placeFiles(connection, settings);
      await connection.check('Give the load balancer its new servers', `systemctl reload ${unit}`);
    },
  });
}
