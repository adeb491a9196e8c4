import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { recallCluster } from '../../cluster/known-cluster.ts';
import { watchPracticeClusters } from '../../practice/services-clusters.ts';
import type { KnownCluster } from '../../presenters/terminal/services.ts';

const apiPort = 6443;
const lookAgain = 30_000;

/** True when the Kubernetes API's port answers on this address. */
function answers(address: string, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: apiPort, signal });
    const end = (found: boolean): void => {
      socket.destroy();
      resolve(found);
    };
    socket.setTimeout(3000, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}

type Reach = 'ready' | 'degraded' | 'unreachable';

async function reachOf(name: string, signal: AbortSignal): Promise<Reach> {
  const planes = recallCluster(name)?.document.hosts.filter((host) => host.role === 'control-plane') ?? [];
  const found = await Promise.all(planes.map((host) => answers(host.address, signal)));
  const up = found.filter(Boolean).length;
  return up === 0 ? 'unreachable' : up < planes.length ? 'degraded' : 'ready';
}

/** Clusters by their newest runs, those that are installed by what answers now as well. */
export async function watchClusters(
  onChange: (clusters: readonly KnownCluster[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const reach = new Map<string, Reach>();
  let newest: readonly KnownCluster[] = [];
  const tell = (): void => {
    if (signal.aborted) return;
    onChange(
      newest.map((cluster) =>
        cluster.condition === 'ready' ? { ...cluster, condition: reach.get(cluster.name) ?? 'checking' } : cluster,
      ),
    );
  };
  const lookAround = async (): Promise<void> => {
    while (!signal.aborted) {
      const installed = newest.filter(({ condition }) => condition === 'ready');
      await Promise.all(
        installed.map(async ({ name }) => {
          const found = await reachOf(name, signal);
          if (reach.get(name) === found) return;
          reach.set(name, found);
          tell();
        }),
      );
      const known = installed.length > 0 ? lookAgain : 500;
      await wait(known, undefined, { signal }).catch(() => undefined);
    }
  };
  await Promise.all([
    watchPracticeClusters((clusters) => {
      newest = clusters;
      tell();
    }, signal),
    lookAround(),
  ]);
}
