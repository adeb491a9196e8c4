import { readAsset } from '../assets.ts';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import type { Step } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import { changeRecord } from '../hosts/change-record.ts';
import type { CommandOptions } from '../hosts/connection.ts';
import type { ConnectedHost } from './context.ts';
import { hostPaths } from './paths.ts';

/** What a reset works with: no bundle, no secrets, only the hosts and their own records. */
export type ResetContext = {
  readonly document: ClusterDocument;
  readonly host: (name: string) => Promise<ConnectedHost>;
  readonly keepData: boolean;
};

// The second is what a reset that lost power at its very end leaves.
const unfinished = 'test -e "$1" || test -e "$2/finished"';

/** Gives one host back as it was before Landfall. The lock of the cluster stays on it until the run is over. */
export function resetHost(context: ResetContext, host: HostEntry): Step {
  const changed = async (): Promise<boolean> => {
    const { connection } = await context.host(host.name);
    return (await connection.run(unfinished, [changeRecord, hostPaths.state])).exitCode === 0;
  };
  return {
    id: `reset/host@${host.name}`,
    phase: 'reset',
    host: host.name,
    title: 'Remove everything of Landfall and restore what was there',
    kind: 'host',
    after: [],
    async probe() {
      return { state: (await changed()) ? 'needed' : 'done' };
    },
    async apply(reporter) {
      const { connection } = await context.host(host.name);
      const options: CommandOptions = { onLine: (line) => reporter.output(line), signal: reporter.signal };
      const data = context.keepData ? 'keep' : 'delete';
      await connection.check('End what was started', await readAsset('hosts/reset.sh'), [data], options);
      const restore = await readAsset('hosts/restore.sh');
      await connection.check('Restore what was there', restore, [changeRecord, hostPaths.state], options);
    },
    async verify() {
      if (!(await changed())) return;
      throw new LandfallError({
        code: 'STEP_NOT_PROVED',
        message: 'The reset ran, but the record of changes is still there.',
        fix: 'Look at the log of this host, then run the same command again.',
      });
    },
  };
}
