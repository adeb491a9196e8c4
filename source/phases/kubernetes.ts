import { readAsset } from '../assets.ts';
import { apiServerNames } from '../certificates/cluster-pki.ts';
import { inspectCertificates } from '../certificates/inspect.ts';
import type { HostEntry } from '../cluster/document.ts';
import type { Step } from '../engine/step.ts';
import { recordedWriteFile } from '../hosts/change-record.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { hasFiles, type PlacedFile, placeFiles } from '../hosts/placed-files.ts';
import { firstControlPlane, type InstallContext } from './context.ts';
import { requireFreePort } from './free-port.ts';
import { hostStep } from './host-step.ts';
import { joinFailure } from './join-failure.ts';
import { discoveryKubeconfig, initConfiguration, joinConfiguration } from './kubeadm-configuration.ts';
import { kubeadmPatches } from './kubeadm-patches.ts';
import { ensureTool } from './node-binaries.ts';
import { hostPaths } from './paths.ts';

/** kubectl with the administrator's file of a control plane; `script` goes on after it. */
export const kubectl = `${hostPaths.programs}/kubectl --kubeconfig ${hostPaths.adminConfiguration}`;

async function pkiFiles(context: InstallContext, host: HostEntry): Promise<readonly PlacedFile[]> {
  const files = await context.pki.kubernetesFiles(host);
  return files.map((file) => ({
    path: `${hostPaths.kubernetesPki}/${file.name}`,
    content: file.content,
    mode: file.secret ? 0o600 : 0o644,
  }));
}

/** Whether a control plane has all certificates, each of them good, and its API answers to every name it shall. */
async function holds(context: InstallContext, host: HostEntry, connection: HostConnection): Promise<boolean> {
  const text = await connection.check('Read the certificates', await readAsset('hosts/certificates.sh'));
  const found = inspectCertificates([{ host: host.name, text }], Date.now());
  const own = found.filter((entry) => entry.path.startsWith(`${hostPaths.kubernetesPki}/`));
  const api = own.find((entry) => entry.path === `${hostPaths.kubernetesPki}/apiserver.crt`);
  return (
    own.every((entry) => entry.state === 'good' || entry.state === 'soon') &&
    apiServerNames(context.document, host).every((name) => api?.names.includes(name))
  );
}

/** Puts the certificates that the operator issued where kubeadm looks for them; it then issues none itself. */
export function certificates(context: InstallContext, host: HostEntry): Step {
  return hostStep(context, {
    id: 'certificates/place',
    host: host.name,
    title: 'Place the certificates',
    after: [`prepare/kernel@${host.name}`],
    async probe({ connection }) {
      // What runs may have been renewed from elsewhere since, so it is judged by what it is.
      if ((await connection.run('test -e "$1"', [hostPaths.joined])).exitCode === 0)
        return holds(context, host, connection);
      return hasFiles(connection, await pkiFiles(context, host));
    },
    async apply({ connection }) {
      await placeFiles(connection, await pkiFiles(context, host));
    },
  });
}

async function joined(connection: HostConnection): Promise<boolean> {
  return (await connection.run(`test -e ${hostPaths.joined} && systemctl is-active --quiet kubelet`)).exitCode === 0;
}

async function anyHost(
  context: InstallContext,
  matches: (facts: Awaited<ReturnType<InstallContext['host']>>['facts']) => boolean,
): Promise<boolean> {
  const hosts = await Promise.allSettled(context.document.hosts.map((host) => context.host(host.name)));
  return hosts.some((result) => result.status === 'fulfilled' && matches(result.value.facts));
}

/** `kubeadm init` on the first control plane. Once it ended well it is never run or cleared again. */
export function initialise(context: InstallContext): Step {
  const host = firstControlPlane(context.document);
  return hostStep(context, {
    id: 'kubernetes/init',
    host: host.name,
    title: 'Start the first control plane',
    kind: 'control-plane',
    after: [
      `certificates/place@${host.name}`,
      `node/programs@${host.name}`,
      `node/images@${host.name}`,
      `load-balancer/start@${host.name}`,
    ],
    probe: ({ connection }) => joined(connection),
    async apply({ connection, facts }, reporter) {
      await requireFreePort(connection, 6443, 'the Kubernetes API', ['landfall-kubeadm']);
      const configuration = initConfiguration({
        document: context.document,
        host,
        facts,
        anyCgroupVersion1: await anyHost(context, (known) => known.cgroupVersion === 1),
        anyFixedConntrack: await anyHost(context, (known) => !known.canSetConntrack),
        kubernetesVersion: context.document.kubernetesVersion ?? context.bundle.kubernetesVersion,
        bootstrapToken: context.secrets.bootstrapToken,
      });
      await placeFiles(connection, kubeadmPatches(context));
      const { restore } = context;
      if (restore !== undefined) await ensureTool(context, host, 'etcdctl', reporter.signal);
      const state = restore === undefined ? [] : [hostPaths.restoreSnapshot, host.name, host.address, restore.id];
      const args = ['init', hostPaths.joined, ...state];
      await connection.check('kubeadm init', await readAsset('hosts/kubeadm.sh'), args, {
        stdin: configuration,
        onLine: (line) => reporter.output(line),
        signal: reporter.signal,
      });
      await connection.check('Start the kubelet', 'systemctl is-active --quiet kubelet || systemctl start kubelet');
    },
    async verify({ connection }) {
      await connection.check(
        'Wait for the API',
        `for attempt in $(seq 120); do ${kubectl} get --raw=/readyz >/dev/null 2>&1 && exit 0; sleep 0.5; done; echo "the API does not answer" >&2; exit 1`,
      );
    },
  });
}

// Milliseconds for which a token must still be good so that all joins of a run can use it.
const leastTokenLife = 4 * 3_600_000;

/** A bootstrap token that joins can use now, also days after the first run. Done when no host is left to join. */
export function bootstrapToken(context: InstallContext): Step {
  const first = firstControlPlane(context.document);
  const [id = '', secret = ''] = context.secrets.bootstrapToken.split('.');
  return hostStep(context, {
    id: 'kubernetes/token',
    host: first.name,
    title: 'Allow the other hosts to join',
    after: [`kubernetes/init@${first.name}`],
    async probe({ connection }) {
      const others = context.document.hosts.filter((host) => host.name !== first.name);
      const results = await Promise.all(
        others.map(async (host) => {
          try {
            return await joined((await context.host(host.name)).connection);
          } catch {
            return false;
          }
        }),
      );
      if (results.every(Boolean)) return true;
      const known = await connection.run(
        `${kubectl} -n kube-system get secret "$1" -o jsonpath='{.data.expiration}' | base64 -d`,
        [`bootstrap-token-${id}`],
      );
      return Date.parse(known.stdout) > Date.now() + leastTokenLife;
    },
    async apply({ connection }) {
      const expiration = new Date(Date.now() + 24 * 3_600_000).toISOString().replace(/\.\d+Z$/, 'Z');
      const manifest = {
        apiVersion: 'v1',
        kind: 'Secret',
        type: 'bootstrap.kubernetes.io/token',
        metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
        stringData: {
          'token-id': id,
          'token-secret': secret,
          expiration,
          'usage-bootstrap-authentication': 'true',
          'usage-bootstrap-signing': 'true',
          'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token',
        },
      };
      await connection.check(
        'Set the bootstrap token',
        `${kubectl} apply --server-side --force-conflicts -f - >/dev/null`,
        [],
        {
          stdin: JSON.stringify(manifest),
        },
      );
    },
    async verify({ connection }) {
      await connection.check('Read the bootstrap token back', `${kubectl} -n kube-system get secret "$1" >/dev/null`, [
        `bootstrap-token-${id}`,
      ]);
    },
  });
}

/**
 * Takes out of etcd what stands there for a host that is not in the cluster: a member that was announced but never finished
 * joining keeps every later join from being accepted, and one of a machine that was replaced would be taken for it.
 */
async function discardLeftMember(
  context: InstallContext,
  host: HostEntry,
  connection: HostConnection,
  signal: AbortSignal,
): Promise<void> {
  const outside = 'test ! -e "$1" && ! systemctl is-active --quiet landfall-kubeadm';
  if ((await connection.run(outside, [hostPaths.joined])).exitCode !== 0) return;
  const first = firstControlPlane(context.document);
  const { connection: plane } = await context.host(first.name);
  const [begun, known] = await Promise.all([
    connection.run('test -n "$(ls -A /var/lib/etcd 2>/dev/null)" || test -e /var/log/landfall/kubeadm.log'),
    plane.run(`${kubectl} get node "$1" >/dev/null 2>&1`, [host.name]),
  ]);
  if (begun.exitCode !== 0 && known.exitCode !== 0) return;
  await ensureTool(context, first, 'etcdctl', signal);
  await plane.check(`Take the half-joined ${host.name} out of etcd`, await readAsset('hosts/discard-member.sh'), [
    host.address,
    host.name,
  ]);
}

/** `kubeadm join` of a further control plane or a worker. */
export function join(context: InstallContext, host: HostEntry): Step {
  const first = firstControlPlane(context.document);
  const isControlPlane = host.role === 'control-plane';
  return hostStep(context, {
    id: 'kubernetes/join',
    host: host.name,
    title: isControlPlane ? 'Join as a control plane' : 'Join as a worker',
    // One control plane after the other: a second one that etcd counts before the first has caught up could cost quorum.
    kind: isControlPlane ? 'control-plane' : 'host',
    after: [
      `kubernetes/token@${first.name}`,
      `node/programs@${host.name}`,
      `node/network@${host.name}`,
      `load-balancer/start@${host.name}`,
      ...(isControlPlane ? [`certificates/place@${host.name}`] : []),
    ],
    probe: ({ connection }) => joined(connection),
    async apply({ connection, facts }, reporter) {
      if (isControlPlane) await requireFreePort(connection, 6443, 'the Kubernetes API', ['landfall-kubeadm']);
      if (isControlPlane) await discardLeftMember(context, host, connection, reporter.signal);
      if (context.restore !== undefined) {
        // The old state knows this node as ready, and kubeadm refuses a second one of the same name.
        const { connection: plane } = await context.host(first.name);
        await plane.check('Forget the lost node', `${kubectl} delete node "$1" --ignore-not-found`, [host.name]);
      }
      if (isControlPlane) await placeFiles(connection, kubeadmPatches(context));
      const token = context.secrets.bootstrapToken;
      await connection.writeFile(
        hostPaths.discovery,
        discoveryKubeconfig(context.document, context.pki.clusterAuthority, token),
        0o600,
      );
      try {
        await connection.check('kubeadm join', await readAsset('hosts/kubeadm.sh'), ['join', hostPaths.joined], {
          stdin: joinConfiguration(context.document, host, facts, hostPaths.discovery, token),
          onLine: (line) => reporter.output(line),
          signal: reporter.signal,
        });
      } catch (thrown) {
        throw joinFailure(thrown);
      } finally {
        await connection.run('rm -f "$1"', [hostPaths.discovery]);
      }
      await connection.check('Start the kubelet', 'systemctl is-active --quiet kubelet || systemctl start kubelet');
    },
    async verify({ connection }) {
      await connection.check(
        'Look at the kubelet',
        'for attempt in $(seq 60); do systemctl is-active --quiet kubelet && test -e /etc/kubernetes/kubelet.conf && exit 0; sleep 0.5; done; exit 1',
      );
    },
  });
}

/** The administrator's file for root on a control plane, so that kubectl just works there. */
export function administratorFile(context: InstallContext, host: HostEntry): Step {
  const last = host.name === firstControlPlane(context.document).name ? 'init' : 'join';
  return hostStep(context, {
    id: 'kubernetes/kubectl',
    host: host.name,
    title: 'Set up kubectl for root',
    after: [`kubernetes/${last}@${host.name}`],
    async probe({ connection }) {
      const [wanted, found] = await Promise.all([
        connection.readFile(hostPaths.adminConfiguration),
        connection.readFile('/root/.kube/config'),
      ]);
      return wanted !== undefined && wanted === found;
    },
    async apply({ connection }) {
      const content = (await connection.readFile(hostPaths.adminConfiguration)) ?? '';
      await recordedWriteFile(connection, '/root/.kube/config', content, 0o600);
    },
  });
}
