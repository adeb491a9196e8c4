import { readAsset } from '../assets.ts';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import type { Step } from '../engine/step.ts';
import { hasFiles, type PlacedFile, placeFiles } from '../hosts/placed-files.ts';
import { controlPlanes, firstControlPlane, type InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';
import { hostPaths } from './paths.ts';

const settings = `${hostPaths.configuration}/renewal`;
const script = `${hostPaths.state}/renew-here.sh`;
const unit = 'landfall-renewal';
const day = 24 * 3600;
// What lasts longer outlives the machines.
const longestRenewed = 3650;

const serviceText = `[Unit]
Description=Landfall: renew the certificates of this control plane when they end soon

[Service]
Type=oneshot
# kubectl keeps what it learnt of the API, which without a home would be in the root folder.
Environment=KUBECACHEDIR=/var/lib/landfall/kubectl
TimeoutStopSec=10
ExecStart=/bin/sh ${script} ${settings}
`;

const timerText = `[Unit]
Description=Landfall: look whether certificates end soon

[Timer]
OnBootSec=10min
OnUnitInactiveSec=6h
RandomizedDelaySec=1h

[Install]
WantedBy=timers.target
`;

/** Whether certificates of this cluster are renewed on the hosts themselves. */
export function renewsItself(document: ClusterDocument): boolean {
  return document.certificates.validityDays <= longestRenewed;
}

/** Seconds before their end from which certificates are renewed: 30 days, or a third of a short life. */
export function renewBelow(document: ClusterDocument): number {
  return Math.floor(Math.min(30 * day, (document.certificates.validityDays * day) / 3));
}

async function files(document: ClusterDocument, host: HostEntry): Promise<readonly PlacedFile[]> {
  const planes = [host, ...controlPlanes(document).filter((plane) => plane.name !== host.name)];
  const lines = planes.map((plane) => `plane ${plane.name} ${plane.address}\n`);
  return [
    { path: settings, content: `below ${renewBelow(document)}\n${lines.join('')}`, mode: 0o644 },
    { path: script, content: await readAsset('hosts/renew-here.sh'), mode: 0o755 },
    {
      path: `${hostPaths.state}/certificates/worker.sh`,
      content: await readAsset('hosts/certificate-worker.sh'),
      mode: 0o700,
    },
    { path: `/etc/systemd/system/${unit}.service`, content: serviceText, mode: 0o644 },
    { path: `/etc/systemd/system/${unit}.timer`, content: timerText, mode: 0o644 },
  ];
}

/** A timer on a control plane that renews certificates of a short life. */
export function renewalTimer(context: InstallContext, host: HostEntry): Step {
  const { document } = context;
  const last = host.name === firstControlPlane(document).name ? 'init' : 'join';
  return hostStep(context, {
    id: 'certificates/renewal-timer',
    host: host.name,
    title: 'Renew the certificates in time',
    after: [`kubernetes/${last}@${host.name}`],
    async probe({ connection }) {
      return hasFiles(connection, await files(document, host), `systemctl is-active --quiet ${unit}.timer`);
    },
    async apply({ connection }) {
      await placeFiles(connection, await files(document, host));
      await connection.check(
        'Start the timer',
        `systemctl daemon-reload && systemctl enable --quiet ${unit}.timer && systemctl restart ${unit}.timer`,
      );
    },
  });
}
