import { readFileSync } from 'node:fs';
import { readAsset } from '../assets.ts';
import type { ClusterPki } from '../certificates/cluster-pki.ts';
import { type CertificateFacts, inspectCertificates } from '../certificates/inspect.ts';
import type { PendingRenewal } from '../certificates/pending-renewal.ts';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import { writePrivateFile } from '../cluster/secrets.ts';
import type { Step, StepReporter } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { changeCertificates, isApplied, undoChange } from './certificate-change.ts';
import { type CertificateSource, controlPlaneItems, kubeletItems } from './certificate-items.ts';
import { type ConnectedHost, controlPlanes, firstControlPlane } from './context.ts';
import { hostStep } from './host-step.ts';
import { kubectl } from './kubernetes.ts';
import { forOperator, operatorKubeconfig } from './operator-access.ts';
import { hostPaths } from './paths.ts';
import { awaitServing } from './serving-certificates.ts';

/** What work on certificates needs: no bundle. */
export type CertificateContext = {
  readonly document: ClusterDocument;
  readonly host: (name: string) => Promise<ConnectedHost>;
  readonly pki: ClusterPki;
  /** Folder of the cluster on the operator machine. */
  readonly home: string;
};

export type RenewalContext = CertificateContext & {
  readonly pending: PendingRenewal;
  /** Hosts whose certificates are renewed. */
  readonly chosen: readonly HostEntry[];
  /** All of them, instead of only hosts of which one has ended or ends soon. */
  readonly all: boolean;
};

const patience = 3 * 60_000;
const changeId = (since: number): string => `renewal-${since}`;

async function pause(milliseconds: number, reporter: StepReporter): Promise<void> {
  reporter.signal.throwIfAborted();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
}

function sourceOf(context: CertificateContext, since: number): CertificateSource {
  return { document: context.document, pki: context.pki, trusted: [context.pki], since };
}

/** Whether Kubernetes was installed on a host; one that never came so far has nothing to renew. */
async function isJoined(connection: HostConnection): Promise<boolean> {
  return (await connection.run('test -e "$1"', [hostPaths.joined])).exitCode === 0;
}

/** What keeps a control plane from being well; undefined when nothing does. */
export async function controlPlaneProblem(connection: HostConnection, host: HostEntry): Promise<string | undefined> {
  const answer = await connection.run(await readAsset('hosts/control-plane-health.sh'), [host.address]);
  return answer.exitCode === 0 ? undefined : answer.stderr.trim().split('\n').at(-1) || 'the API is not ready';
}

export async function certificatesOn(
  connection: HostConnection,
  host: HostEntry,
): Promise<readonly CertificateFacts[]> {
  const text = await connection.check('Read the certificates', await readAsset('hosts/certificates.sh'));
  return inspectCertificates([{ host: host.name, text }], Date.now());
}

async function needsRenewal(context: RenewalContext, host: HostEntry, connection: HostConnection): Promise<boolean> {
  if (!(await isJoined(connection))) return false;
  const since = context.pending.since(host.name);
  if (since !== undefined) return !(await isApplied(connection, changeId(since)));
  if (context.all) return true;
  return (await certificatesOn(connection, host)).some((entry) => !entry.isAuthority && entry.state !== 'good');
}

/** The time a worker's kubelet last said that it lives, as the API knows it; undefined when the API does not answer. */
export async function lastSign(context: CertificateContext, node: string): Promise<string | undefined> {
  for (const plane of controlPlanes(context.document)) {
    try {
      const { connection } = await context.host(plane.name);
      const script = `${kubectl} --request-timeout 5s -n kube-node-lease get lease "$1" -o jsonpath='{.spec.renewTime}'`;
      const answer = await connection.run(script, [node], { timeout: 15_000 });
      if (answer.exitCode === 0) return answer.stdout.trim();
    } catch {
      // Another control plane may answer.
    }
  }
  return undefined;
}

/** Waits until the API knows a sign of life of a node that is newer; false when none comes in time. */
export async function signOfLife(
  context: CertificateContext,
  node: string,
  before: string | undefined,
  reporter: StepReporter,
): Promise<boolean> {
  for (const end = Date.now() + patience; Date.now() < end; ) {
    const now = await lastSign(context, node);
    if (now !== undefined && now !== before) return true;
    await pause(1000, reporter);
  }
  return false;
}

const broken: readonly CertificateFacts['state'][] = ['expired', 'untrusted', 'unreadable', 'missing'];

/**
 * Whether certificates keep a control plane from being well. A slow answer is no reason, nor is another fault: what is not
 * broken by certificates is not mended by new ones.
 */
async function isBrokenByCertificates(connection: HostConnection, host: HostEntry): Promise<boolean> {
  const found = await certificatesOn(connection, host);
  return (
    found.some((entry) => !entry.isAuthority && broken.includes(entry.state)) &&
    (await controlPlaneProblem(connection, host)) !== undefined
  );
}

/**
 * Renews a control plane that is not well. Nothing can become worse there, so it is not taken back: with expired
 * certificates the parts of the cluster find each other again only when most control planes have new ones.
 */
export function repairControlPlane(context: RenewalContext, host: HostEntry): Step {
  return hostStep(context, {
    id: 'certificates/repair',
    host: host.name,
    title: 'Repair a control plane whose certificates have ended',
    kind: 'control-plane',
    after: [`connect/host@${host.name}`],
    async probe({ connection }) {
      if (!(await needsRenewal(context, host, connection))) return true;
      return !(await isBrokenByCertificates(connection, host));
    },
    async apply({ connection }, reporter) {
      const since = context.pending.begin(host.name);
      const items = await controlPlaneItems(sourceOf(context, since), host, connection);
      await changeCertificates(connection, changeId(since), items, reporter);
    },
    async verify({ connection }) {
      await connection.check('Look at the kubelet', 'systemctl is-active kubelet >/dev/null');
    },
  });
}

/** Renews a control plane that is well. It is well afterwards, or has what it had before. */
export function renewControlPlane(context: RenewalContext, host: HostEntry): Step {
  return hostStep(context, {
    id: 'certificates/renew',
    host: host.name,
    title: 'Renew the certificates of the control plane',
    kind: 'control-plane',
    // One that is restarted while another is down could cost the majority.
    after: [
      `connect/host@${host.name}`,
      ...context.chosen
        .filter((other) => other.role === 'control-plane')
        .map((other) => `certificates/repair@${other.name}`),
    ],
    async probe({ connection }) {
      return !(await needsRenewal(context, host, connection));
    },
    async apply({ connection }, reporter) {
      await othersAreWell(context, host, reporter);
      const since = context.pending.begin(host.name);
      const items = await controlPlaneItems(sourceOf(context, since), host, connection);
      await changeCertificates(
        connection,
        changeId(since),
        [...items, { do: 'guard', address: host.address }],
        reporter,
      );
    },
  });
}

/** Waits until every other control plane is well; throws CONTROL_PLANE_DOWN when one does not become so. */
export async function othersAreWell(
  context: CertificateContext,
  host: HostEntry,
  reporter: StepReporter,
): Promise<void> {
  for (const other of controlPlanes(context.document)) {
    if (other.name === host.name) continue;
    const { connection } = await context.host(other.name);
    let problem = await controlPlaneProblem(connection, other);
    for (const end = Date.now() + patience; problem !== undefined && Date.now() < end; ) {
      reporter.output(`waiting for ${other.name}: ${problem}`);
      await pause(2000, reporter);
      problem = await controlPlaneProblem(connection, other);
    }
    if (problem === undefined) continue;
    throw new LandfallError({
      code: 'CONTROL_PLANE_DOWN',
      message: `The control plane ${other.name} is not well (${problem}), and to restart ${host.name} now could end the API.`,
      fix: `Mend ${other.name}, then run the same command again.`,
    });
  }
}

/** Renews what a worker's kubelet proves itself with. When the API hears nothing of it then, it gets back what it had. */
export function renewWorker(context: RenewalContext, host: HostEntry): Step {
  return hostStep(context, {
    id: 'certificates/kubelet',
    host: host.name,
    title: "Renew the kubelet's certificate",
    after: [`connect/host@${host.name}`],
    async probe({ connection }) {
      return !(await needsRenewal(context, host, connection));
    },
    async apply({ connection }, reporter) {
      const since = context.pending.begin(host.name);
      const before = await lastSign(context, host.name);
      const items = await kubeletItems(sourceOf(context, since), host, connection);
      await changeCertificates(
        connection,
        changeId(since),
        [...items, { do: 'restart', unit: 'kubelet' }, { do: 'guard', address: '-' }],
        reporter,
      );
      // Where the API is not back yet, the proof at the end tells.
      if (before === undefined || (await signOfLife(context, host.name, before, reporter))) return;
      await undoChange(connection, changeId(since), reporter);
      throw new LandfallError({
        code: 'CERTIFICATES_ROLLED_BACK',
        message: `With the new certificate the kubelet gave no sign of life; the one from before is in place again.`,
        fix: 'Look at the log of the kubelet on this host (journalctl -u kubelet), then run the same command again.',
      });
    },
    async verify({ connection }) {
      if (!(await needsRenewal({ ...context, all: false }, host, connection))) return;
      throw new LandfallError({ code: 'STEP_NOT_PROVED', message: 'The host does not show the new certificate.' });
    },
  });
}

/** The administrator's file on the operator machine follows that of the first control plane that can be asked. */
export function renewOperatorAccess(
  context: CertificateContext,
  after: readonly string[],
  id = 'certificates/access',
): Step {
  const first = firstControlPlane(context.document);
  const file = operatorKubeconfig(context.home);
  const wanted = async ({ connection }: ConnectedHost): Promise<string> =>
    forOperator((await connection.readFile(hostPaths.adminConfiguration)) ?? '', context.document, first.address);
  const current = (): string | undefined => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return undefined;
    }
  };
  return hostStep(context, {
    id,
    host: first.name,
    title: 'Save the access for kubectl',
    after,
    probe: async (host) => current() === (await wanted(host)),
    async apply(host) {
      writePrivateFile(file, await wanted(host));
    },
  });
}

/** Proves a host as its users would notice it: its part of the cluster answers, and every certificate is good. */
export function proveCertificates(context: CertificateContext, host: HostEntry, after: readonly string[]): Step {
  const problem = async (connection: HostConnection): Promise<string | undefined> => {
    if (!(await isJoined(connection))) return undefined;
    if ((await connection.run('test -s "$1"', [hostPaths.servingCertificate])).exitCode !== 0) {
      return 'the kubelet has no serving certificate yet';
    }
    const bad = (await certificatesOn(connection, host)).filter(
      (entry) => entry.state !== 'good' && entry.state !== 'soon',
    );
    if (bad.length > 0) return bad.map((entry) => `${entry.path} is ${entry.state}`).join(', ');
    if (host.role === 'control-plane') return controlPlaneProblem(connection, host);
    const sign = await lastSign(context, host.name);
    if (sign === undefined) return 'the API does not answer';
    return Date.now() - Date.parse(sign) < 60_000 ? undefined : `the last sign of life of the kubelet was at ${sign}`;
  };
  return hostStep(context, {
    id: 'certificates/prove',
    host: host.name,
    title: 'Prove that the certificates hold',
    after,
    probe: async ({ connection }) => (await problem(connection)) === undefined,
    async apply({ connection }, reporter) {
      await awaitServing(context, [host], reporter);
      let last: string | undefined;
      for (const end = Date.now() + patience; Date.now() < end; ) {
        const now = await problem(connection);
        if (now === undefined) return;
        if (now !== last) reporter.output(now);
        last = now;
        await pause(1000, reporter);
      }
      throw new LandfallError({
        code: 'CERTIFICATES_NOT_PROVED',
        message: `The certificates were renewed, but ${last}.`,
        fix: `Look at the logs of the kubelet and of the control plane on ${host.name}, then run the same command again.`,
      });
    },
  });
}
