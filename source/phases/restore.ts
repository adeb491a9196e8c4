import { createReadStream } from 'node:fs';
import { readAsset } from '../assets.ts';
import type { HostEntry } from '../cluster/document.ts';
import type { Step, StepReporter } from '../engine/step.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { controlPlanes, firstControlPlane, type InstallContext, type RestoreSource } from './context.ts';
import { hostStep } from './host-step.ts';
import { kubectl } from './kubernetes.ts';
import { ensureTool } from './node-binaries.ts';
import { hostPaths } from './paths.ts';

type Part = 'check' | 'stop' | 'data' | 'start' | 'clear' | 'finish';

export type RestoreContext = InstallContext & { readonly restore: RestoreSource };

async function runPart(
  context: RestoreContext,
  connection: HostConnection,
  part: Part,
  reporter: StepReporter,
  more: readonly string[] = [],
): Promise<void> {
  const args = [part, context.restore.id, hostPaths.restoreSnapshot, ...more];
  await connection.check(`Restore etcd (${part})`, await readAsset('hosts/restore-etcd.sh'), args, {
    onLine: (line) => reporter.output(line),
    signal: reporter.signal,
  });
}

/** Whether this very restore has already been done to a host. */
async function isRestored(context: RestoreContext, connection: HostConnection): Promise<boolean> {
  return (await connection.readFile(hostPaths.restored)) === context.restore.id;
}

/** Sends the snapshot and proves it on the host, before anything that runs is touched. */
export function sendSnapshot(context: RestoreContext, host: HostEntry, after: readonly string[]): Step {
  const { snapshot, size, sha256 } = context.restore;
  const present = async (connection: HostConnection): Promise<boolean> => {
    const script = '[ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d" " -f1)" = "$2" ]';
    return (await connection.run(script, [hostPaths.restoreSnapshot, sha256])).exitCode === 0;
  };
  return hostStep(context, {
    id: 'restore/snapshot',
    host: host.name,
    title: 'Send the snapshot and prove it',
    kind: 'upload',
    after,
    probe: ({ connection }) => present(connection),
    async apply({ connection }, reporter) {
      await connection.upload({
        target: hostPaths.restoreSnapshot,
        mode: 0o600,
        size,
        sha256,
        open: (offset) => createReadStream(snapshot, { start: offset }),
        onProgress: (sent) => reporter.progress(sent, size, 'bytes'),
        signal: reporter.signal,
      });
      await ensureTool(context, host, 'etcdctl', reporter.signal);
      await runPart(context, connection, 'check', reporter);
    },
  });
}

/** Stops a control plane's etcd and API server; none may run anywhere while the state is replaced. */
export function stopMember(context: RestoreContext, host: HostEntry, after: readonly string[]): Step {
  const stopped = async (connection: HostConnection): Promise<boolean> => {
    if (await isRestored(context, connection)) return true;
    const script = '! ss -Hltn "sport = :2379" | grep -q . && ! ss -Hltn "sport = :6443" | grep -q .';
    return (await connection.run(script)).exitCode === 0;
  };
  return hostStep(context, {
    id: 'restore/stop',
    host: host.name,
    title: 'Stop etcd and the API server',
    after,
    probe: ({ connection }) => stopped(connection),
    apply: ({ connection }, reporter) => runPart(context, connection, 'stop', reporter),
  });
}

/** Puts the snapshot in the place of what a stopped member holds; the old state is kept aside until all is proved. */
export function replaceData(context: RestoreContext, host: HostEntry, after: readonly string[]): Step {
  const members = controlPlanes(context.document)
    .map(({ name, address }) => `${name}=https://${address}:2380`)
    .join(',');
  return hostStep(context, {
    id: 'restore/data',
    host: host.name,
    title: 'Put the snapshot in the place of the state of etcd',
    after,
    probe: ({ connection }) => isRestored(context, connection),
    apply: ({ connection }, reporter) =>
      runPart(context, connection, 'data', reporter, [host.name, host.address, members]),
  });
}

/** Starts etcd and the API server again and waits until the API server is ready. */
export function startMember(context: RestoreContext, host: HostEntry, after: readonly string[]): Step {
  const ready = `test -e /etc/kubernetes/manifests/etcd.yaml && ${kubectl} --server https://127.0.0.1:6443 --request-timeout=5s get --raw=/readyz >/dev/null 2>&1`;
  return hostStep(context, {
    id: 'restore/start',
    host: host.name,
    title: 'Start etcd and the API server',
    after,
    probe: async ({ connection }) => (await connection.run(ready)).exitCode === 0,
    apply: ({ connection }, reporter) => runPart(context, connection, 'start', reporter),
  });
}

/** Ends an old control plane, so that nobody reaches the old state while a new cluster is made of the snapshot. */
export function clearControlPlane(context: RestoreContext, host: HostEntry): Step {
  return hostStep(context, {
    id: 'restore/clear',
    host: host.name,
    title: 'Clear the old control plane',
    after: [`node/programs@${host.name}`],
    probe: ({ connection }) => isRestored(context, connection),
    apply: ({ connection }, reporter) => runPart(context, connection, 'clear', reporter),
  });
}

const renewals = 120;

/** Makes a kubelet that lived through it report to the restored cluster; proved by a fresh sign of life of its node. */
export function reattach(context: RestoreContext, host: HostEntry, after: readonly string[]): Step {
  const marker = `${hostPaths.state}/reattached`;
  return hostStep(context, {
    id: 'restore/reattach',
    host: host.name,
    title: 'Let the node report to the restored cluster',
    after,
    async probe({ connection }) {
      return (await connection.readFile(marker)) === context.restore.id;
    },
    async apply({ connection }, reporter) {
      const { connection: plane } = await context.host(firstControlPlane(context.document).name);
      const began = (await plane.check('Read the clock', 'date -u +%Y-%m-%dT%H:%M:%S')).trim();
      await connection.check('Restart the kubelet', 'systemctl restart kubelet');
      // Times of this form compare as text.
      await plane.check(
        'Wait for the node',
        `for attempt in $(seq ${renewals}); do
  seen=$(${kubectl} --namespace kube-node-lease get lease "$1" -o jsonpath='{.spec.renewTime}' 2>/dev/null)
  if [ -n "$seen" ] && [ "$(printf '%s\\n%s\\n' "$2" "$seen" | sort | head -n 1)" = "$2" ]; then exit 0; fi
  sleep 1
done
echo "node $1 gives no sign of life" >&2; exit 1`,
        [host.name, began],
        { signal: reporter.signal },
      );
      await connection.writeFile(marker, context.restore.id, 0o600);
    },
  });
}

/** Removes the snapshot and the old state, once the restored cluster is proved. */
export function finishRestore(context: RestoreContext, host: HostEntry, after: readonly string[]): Step {
  return hostStep(context, {
    id: 'restore/finish',
    host: host.name,
    title: 'Remove what the restore left',
    after,
    async probe({ connection }) {
      const script = 'test ! -e "$1" && test ! -e /var/lib/etcd/before-restore';
      return (await connection.run(script, [hostPaths.restoreSnapshot])).exitCode === 0;
    },
    apply: ({ connection }, reporter) => runPart(context, connection, 'finish', reporter),
  });
}
