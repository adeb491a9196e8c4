import { hostname, userInfo } from 'node:os';
import { readAsset } from '../assets.ts';
import { LandfallError } from '../errors.ts';
import type { HostConnection } from './connection.ts';

const heartbeatInterval = 15_000;

export type LockRequest = {
  readonly run: string;
  /** Runs of this operator machine known to be over; their lock is nobody's any more. */
  readonly isOver: (run: string) => boolean;
  /** Takes the lock from a living owner. */
  readonly takeOver: boolean;
  /** Folder on the host that the lock lies in; the usual one unless given. */
  readonly state?: string;
};

export type ClusterLock = { release(): Promise<void> };

/** Who holds it, as another person can read it. */
function ownerName(): string {
  return `${userInfo().username}@${hostname()}`;
}

/**
 * Takes the one writer's lock of a cluster on its first control plane and keeps it fresh. Throws CLUSTER_LOCKED when
 * somebody else holds it; a lock without a heartbeat for a minute is called stale and can be taken over.
 */
export async function lockCluster(connection: HostConnection, request: LockRequest): Promise<ClusterLock> {
  const script = await readAsset('hosts/lock.sh');
  const folder = request.state === undefined ? [] : [request.state];
  const own = `${request.run} ${ownerName()}`;
  const take = async (force: boolean): Promise<string> =>
    (await connection.check('Lock the cluster', script, ['take', own, force ? 'force' : 'ask', ...folder])).trim();
  let answer = await take(request.takeOver);
  if (answer !== 'taken') {
    const [age = '', run = '', ...owner] = answer.split(' ');
    if (request.isOver(run)) {
      answer = await take(true);
    } else {
      const stale = Number(age) > 60;
      throw new LandfallError({
        code: 'CLUSTER_LOCKED',
        message: stale
          ? `The cluster is locked by ${owner.join(' ')} (run ${run}), who gave no sign of life for ${age} seconds.`
          : `The cluster is being changed by ${owner.join(' ')} (run ${run}, alive ${age} seconds ago).`,
        fix: stale
          ? 'If that run is over, take the lock with --take-over.'
          : 'Wait until it is finished. Take the lock with --take-over only when you know that it is over.',
        context: { host: connection.name, step: 'lock' },
        exitStatus: 4,
      });
    }
  }
  const timer = setInterval(() => {
    // A lost connection is the steps' affair; a missed heartbeat only makes the lock older.
    connection.run(script, ['beat', own, 'ask', ...folder]).catch(() => {});
  }, heartbeatInterval);
  timer.unref();
  return {
    async release() {
      clearInterval(timer);
      await connection.run(script, ['release', own, 'ask', ...folder]).catch(() => {});
    },
  };
}
