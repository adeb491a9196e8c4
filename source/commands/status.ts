import path from 'node:path';
import { Command } from 'commander';
import { clusterHome } from '../cluster/home.ts';
import { chooseCluster } from '../cluster/known-cluster.ts';
import { LandfallError } from '../errors.ts';
import { openHostPool } from '../runs/open-context.ts';
import { isRunning, listRuns } from '../runs/run-directory.ts';
import { journalSummary, type RunSummary } from '../runs/summary.ts';
import { clusterState, type Health } from '../workflows/status/cluster-state.ts';
import { print } from './print.ts';
import { statusLines } from './status-text.ts';

const exitCodes: Readonly<Record<Health, number>> = { well: 0, attention: 1, down: 7 };

/** `landfall status`: what the cluster is now, asked from the hosts themselves. The exit code tells its health. */
export function statusCommand(): Command {
  return new Command('status')
    .description('show whether the cluster is well, whether it could lose a machine now, and its last run')
    .argument('[cluster]', 'name of the cluster, or its document; the only one known unless given')
    .option('--output <format>', 'text or json', 'text')
    .action(async (name: string | undefined, options: { readonly output: string }) => {
      if (options.output !== 'text' && options.output !== 'json') {
        throw new LandfallError({
          code: 'USAGE',
          message: `There is no output format named ${options.output}.`,
          fix: 'Use --output text or --output json.',
          exitStatus: 2,
        });
      }
      const { document } = chooseCluster(name);
      const home = clusterHome(document.name);
      const last = listRuns(document.name).at(-1);
      const run =
        last === undefined ? undefined : { ...journalSummary(last.journal), id: last.id, running: isRunning(last) };
      const pool = openHostPool(document, home, {});
      const state = await clusterState(document, pool.connection);
      if (options.output === 'json') print(JSON.stringify({ cluster: document.name, ...state, lastRun: run }));
      else {
        for (const line of statusLines(document.name, state)) print(line);
        for (const line of runLines(document.name, run, path.join(home, 'runs'))) print(line);
      }
      process.exitCode = exitCodes[state.health];
      // A host that hangs would keep its connection, and with it this program, for half a minute.
      process.stdout.write('', () => process.exit());
    });
}

function runLines(
  cluster: string,
  run: (RunSummary & { readonly id: string; readonly running: boolean }) | undefined,
  runs: string,
): readonly string[] {
  if (run === undefined) return [];
  return [
    run.running
      ? `Run ${run.id} goes on: landfall watch ${cluster}`
      : `Last run ${run.id}: ${run.outcome ?? 'ended without finishing; the same command goes on from there'}`,
    `Records of all runs: ${runs}`,
  ];
}
