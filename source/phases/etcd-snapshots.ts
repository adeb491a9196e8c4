import { readAsset } from '../assets.ts';
import type { HostEntry } from '../cluster/document.ts';
import type { Step } from '../engine/step.ts';
import { hasFiles, type PlacedFile, placeFiles } from '../hosts/placed-files.ts';
import { controlPlanes, firstControlPlane, type InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';
import { hostPaths } from './paths.ts';

const script = `${hostPaths.state}/snapshot.sh`;
const service = 'landfall-snapshot.service';
const timer = 'landfall-snapshot.timer';

/** The members in the order in which a control plane asks them: its own, then the others from the next one on. */
export function memberOrder(planes: readonly HostEntry[], host: HostEntry): readonly string[] {
  const own = planes.findIndex((plane) => plane.name === host.name);
  return [...planes.slice(own), ...planes.slice(0, own)].map(({ name, address }) => `${name}=${address}`);
}

function serviceText(keep: number, members: readonly string[]): string {
  return `[Unit]
Description=Landfall's snapshot of etcd
After=network.target

[Service]
Type=oneshot
ExecStart=/bin/sh ${script} ${keep} ${members.join(' ')}
Nice=10
IOSchedulingClass=idle
TimeoutStartSec=30min
TimeoutStopSec=10
`;
}

function timerText(everyMinutes: number): string {
  return `[Unit]
Description=Landfall's snapshots of etcd

[Timer]
OnBootSec=10min
OnUnitActiveSec=${everyMinutes}min
RandomizedDelaySec=30

[Install]
WantedBy=timers.target
`;
}

/** Regular snapshots of etcd on a control plane; the first one is taken at once and proves the rest. */
export function etcdSnapshots(context: InstallContext, host: HostEntry): Step {
  const { everyMinutes, keep } = context.document.snapshots;
  const members = memberOrder(controlPlanes(context.document), host);
  const units: readonly PlacedFile[] = [
    { path: `/etc/systemd/system/${service}`, content: serviceText(keep, members), mode: 0o644 },
    { path: `/etc/systemd/system/${timer}`, content: timerText(everyMinutes), mode: 0o644 },
  ];
  const files = async (): Promise<readonly PlacedFile[]> => [
    ...units,
    { path: script, content: await readAsset('hosts/snapshot.sh'), mode: 0o755 },
  ];
  return hostStep(context, {
    id: 'etcd/snapshots',
    host: host.name,
    title: keep === 0 ? 'Take no snapshots of etcd' : 'Take snapshots of etcd regularly',
    after: [`node/tools@${host.name}`, `verification/cluster@${firstControlPlane(context.document).name}`],
    async probe({ connection }) {
      if (keep === 0) return (await connection.run('test ! -e "$1"', [`/etc/systemd/system/${timer}`])).exitCode === 0;
      const state = `systemctl is-active --quiet ${timer} && systemctl is-enabled --quiet ${timer} && ls ${hostPaths.state}/snapshots/*.db >/dev/null 2>&1`;
      return hasFiles(connection, await files(), state);
    },
    async apply({ connection }, reporter) {
      if (keep === 0) {
        await connection.check(
          'End the snapshots',
          `systemctl disable --quiet --now ${timer} 2>/dev/null; rm -f "$@"; systemctl daemon-reload`,
          [...units.map((file) => file.path), script],
        );
        return;
      }
      await placeFiles(connection, await files());
      await connection.check(
        'Take the first snapshot',
        `systemctl daemon-reload && systemctl enable --quiet ${timer} && systemctl restart ${timer} && systemctl start ${service} || {
  journalctl -u ${service} -n 15 --no-pager --output=cat >&2; exit 1; }`,
        [],
        { signal: reporter.signal },
      );
    },
  });
}
