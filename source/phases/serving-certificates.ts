import { readAsset } from '../assets.ts';
import { servingRequest } from '../certificates/serving-request.ts';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import type { Step, StepReporter } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { hasFiles, type PlacedFile, placeFiles } from '../hosts/placed-files.ts';
import { type ConnectedHost, controlPlanes, firstControlPlane, type InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';
import { hostPaths } from './paths.ts';

const list = `${hostPaths.configuration}/serving-requests`;
const script = `${hostPaths.state}/approve-serving.sh`;
const unit = 'landfall-approver';
const patience = 4 * 60_000;

const serviceText = `[Unit]
Description=Landfall: approve the serving certificates that nodes ask for

[Service]
Type=oneshot
# kubectl keeps what it learnt of the API, which without a home would be in the root folder.
Environment=KUBECACHEDIR=/var/lib/landfall/kubectl
TimeoutStopSec=10
ExecStart=/bin/sh ${script} ${list} ${hostPaths.adminConfiguration}
`;

const timerText = `[Unit]
Description=Landfall: look for requests of serving certificates

[Timer]
OnBootSec=60
OnUnitInactiveSec=60

[Install]
WantedBy=timers.target
`;

async function approverFiles(document: ClusterDocument): Promise<readonly PlacedFile[]> {
  const lines = document.hosts.map(({ name, address }) => {
    const { before, after } = servingRequest(name, address);
    return `${name} ${before} ${after}\n`;
  });
  return [
    { path: list, content: lines.join(''), mode: 0o644 },
    { path: script, content: await readAsset('hosts/approve-serving.sh'), mode: 0o755 },
    { path: `/etc/systemd/system/${unit}.service`, content: serviceText, mode: 0o644 },
    { path: `/etc/systemd/system/${unit}.timer`, content: timerText, mode: 0o644 },
  ];
}

/** A timer on a control plane that approves what the kubelets of the document's nodes may ask for. */
export function servingApprover(context: InstallContext, host: HostEntry): Step {
  const last = host.name === firstControlPlane(context.document).name ? 'init' : 'join';
  return hostStep(context, {
    id: 'certificates/approver',
    host: host.name,
    title: 'Look after the serving certificates of the nodes',
    after: [`kubernetes/${last}@${host.name}`],
    async probe({ connection }) {
      return hasFiles(connection, await approverFiles(context.document), `systemctl is-active --quiet ${unit}.timer`);
    },
    async apply({ connection }) {
      await placeFiles(connection, await approverFiles(context.document));
      await connection.check(
        'Start the timer',
        `systemctl daemon-reload && systemctl enable --quiet ${unit}.timer && systemctl restart ${unit}.timer`,
      );
    },
  });
}

async function hasServingCertificate(connection: HostConnection): Promise<boolean> {
  return (await connection.run('test -s "$1"', [hostPaths.servingCertificate])).exitCode === 0;
}

/** Approves at once what waits, instead of when the timer next looks. The list of nodes must be on the host. */
export async function approveServing(connection: HostConnection, reporter: StepReporter): Promise<void> {
  const options = { onLine: (line: string) => reporter.output(line), signal: reporter.signal };
  await connection.run(`sh ${script} ${list} ${hostPaths.adminConfiguration}`, [], options);
}

/** Waits until every one of these hosts has its serving certificate. Throws SERVING_CERTIFICATE_MISSING. */
export async function awaitServing(
  context: { readonly document: ClusterDocument; readonly host: (name: string) => Promise<ConnectedHost> },
  hosts: readonly HostEntry[],
  reporter: StepReporter,
): Promise<void> {
  let missing = hosts;
  for (const end = Date.now() + patience; ; ) {
    const found = await Promise.all(
      missing.map(async (host) => hasServingCertificate((await context.host(host.name)).connection)),
    );
    missing = missing.filter((_, index) => found[index] !== true);
    if (missing.length === 0) return;
    if (Date.now() > end) break;
    for (const plane of controlPlanes(context.document)) {
      try {
        await approveServing((await context.host(plane.name)).connection, reporter);
        break;
      } catch {
        // Another control plane can do it as well.
      }
    }
    reporter.signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  const names = missing.map((host) => host.name).join(', ');
  throw new LandfallError({
    code: 'SERVING_CERTIFICATE_MISSING',
    message: `The kubelet of ${names} has no serving certificate yet.`,
    fix: 'Look at the requests with kubectl get csr; the kubelet must ask for its name and address in the document, and nothing else.',
  });
}

/** Every kubelet gets a certificate of the cluster for what it serves, so that logs and exec work and are safe. */
export function servingCertificates(context: InstallContext): Step {
  const { document } = context;
  const first = firstControlPlane(document);
  return hostStep(context, {
    id: 'certificates/serving',
    host: first.name,
    title: 'Give the kubelets their serving certificates',
    after: [
      `certificates/approver@${first.name}`,
      ...document.hosts.map((host) => `kubernetes/${host.name === first.name ? 'init' : 'join'}@${host.name}`),
    ],
    async probe() {
      const found = await Promise.all(
        document.hosts.map(async (host) => hasServingCertificate((await context.host(host.name)).connection)),
      );
      return found.every(Boolean);
    },
    async apply(_, reporter) {
      await awaitServing(context, document.hosts, reporter);
    },
  });
}
