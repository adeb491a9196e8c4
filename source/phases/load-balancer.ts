import { readAsset } from '../assets.ts';
import type { HostEntry } from '../cluster/document.ts';
import type { Step } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import { hasFiles, placeFiles } from '../hosts/placed-files.ts';
import { controlPlanes, firstControlPlane, type InstallContext } from './context.ts';
import { requireFreePort } from './free-port.ts';
import { hostStep } from './host-step.ts';
import { hostPaths } from './paths.ts';

const folder = `${hostPaths.configuration}/load-balancer`;
const unit = 'landfall-load-balancer.service';
const script = `${hostPaths.state}/load-balancer.sh`;

/**
 * The local load balancer: every node's own way to any healthy API server. A server that fails two checks a second apart
 * is left, and its sessions are cut so that clients connect anew at once.
 */
export function loadBalancerConfiguration(port: number, planes: readonly HostEntry[]): string {
  const servers = planes.map((plane) => `  server ${plane.name} ${plane.address}:6443`).join('\n');
  return `global
  # One node's own clients; more would need more open files than some hosts give a container.
  maxconn 400
  log stdout format raw local0 notice

defaults
  mode tcp
  log global
  option dontlognull
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h
  timeout check 2s
  retries 2
  option redispatch 1

frontend kubernetes-api
  bind 127.0.0.1:${port}
  default_backend control-planes

backend control-planes
  balance leastconn
  option httpchk
  http-check send meth GET uri /readyz ver HTTP/1.1 hdr host localhost
  http-check expect status 200
  default-server inter 1s downinter 1s fall 2 rise 2 on-marked-down shutdown-sessions tcp-ut 5s check check-ssl verify required ca-file /usr/local/etc/haproxy/ca.crt
${servers}
`;
}

function unitText(image: string): string {
  return `[Unit]
Description=Landfall's local load balancer for the Kubernetes API
After=containerd.service
Requires=containerd.service

[Service]
ExecStart=/bin/sh ${script} start ${image} haproxy
ExecStopPost=-/bin/sh ${script} stop
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
`;
}

/** haproxy on every node, started before kubeadm needs it and independent of the kubelet. */
export function loadBalancer(context: InstallContext, host: HostEntry): Step {
  const image = context.bundle.images.find((candidate) => candidate.use === 'load-balancer');
  if (image === undefined) {
    throw new LandfallError({
      code: 'BUNDLE_IMAGE_MISSING',
      message: 'The bundle holds no image for the local load balancer.',
      fix: 'Build the bundle again from a recipe that has an image with `use: load-balancer`.',
    });
  }
  const planes = controlPlanes(context.document);
  const first = firstControlPlane(context.document).name;
  const port = context.document.loadBalancer.port;
  const files = [
    { path: `${folder}/haproxy.cfg`, content: loadBalancerConfiguration(port, planes), mode: 0o644 },
    { path: `${folder}/ca.crt`, content: context.pki.clusterAuthority, mode: 0o644 },
    { path: `/etc/systemd/system/${unit}`, content: unitText(image.name), mode: 0o644 },
  ];
  const listening = 'ss -Hltn "sport = :$1" | grep -q .';
  return hostStep(context, {
    id: 'load-balancer/start',
    host: host.name,
    title: 'Start the local load balancer',
    after: [
      `containerd/service@${host.name}`,
      host.name === first ? `registry/essentials@${first}` : `node/images@${first}`,
    ],
    async probe({ connection }) {
      if (!(await hasFiles(connection, files))) return false;
      return (
        (await connection.run(`systemctl is-active --quiet ${unit} && ${listening}`, [String(port)])).exitCode === 0
      );
    },
    async apply({ connection }, reporter) {
      await requireFreePort(connection, port, 'the local load balancer', [unit]);
      await placeFiles(connection, files);
      await connection.writeFile(script, await readAsset('hosts/load-balancer.sh'), 0o755);
      await connection.check(
        'Pull the load balancer',
        await readAsset('hosts/pull-images.sh'),
        ['landfall', image.name],
        {
          onLine: (line) => reporter.output(line),
        },
      );
      await connection.check(
        'Start the load balancer',
        `systemctl daemon-reload && systemctl enable --quiet ${unit} && systemctl restart ${unit}
for attempt in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do ${listening} && exit 0; sleep 0.5; done
journalctl -u ${unit} -n 15 --no-pager >&2; exit 1`,
        [String(port)],
      );
    },
  });
}
