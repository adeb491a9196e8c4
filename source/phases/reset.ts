import { readAsset } from '../assets.ts';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import type { Step } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import { changeRecord } from '../hosts/change-record.ts';
import type { ConnectedHost } from './context.ts';

/** What a reset works with: no bundle, no secrets, only the hosts and their own records. */
export type ResetContext = {
  readonly document: ClusterDocument;
  readonly host: (name: string) => Promise<ConnectedHost>;
  readonly keepData: boolean;
};

/** Gives one host back as it was before Landfall. */
export function resetHost(context: ResetContext, host: HostEntry, after: readonly string[]): Step {
  const changed = async (): Promise<boolean> => {
    const { connection } = await context.host(host.name);
    return (await connection.run('test -d "$1"', [changeRecord])).exitCode === 0;
  };
  return {
    id: `reset/host@${host.name}`,
    phase: 'reset',
    host: host.name,
    title: 'Remove everything of Landfall and restore what was there',
    kind: 'host',
    after,
    async probe() {
      return { state: (await changed()) ? 'needed' : 'done' };
    },
    async apply(reporter) {
      const { connection } = await context.host(host.name);
      await connection.check(
        'Reset the host',
        await readAsset('hosts/reset.sh'),
        [context.keepData ? 'keep' : 'delete'],
        {
          onLine: (line) => reporter.output(line),
          signal: reporter.signal,
        },
      );
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
