import path from 'node:path';
import { Command } from 'commander';
import { clusterHome } from '../cluster/home.ts';
import { chooseCluster } from '../cluster/known-cluster.ts';
import { LandfallError } from '../errors.ts';
import { openHostPool } from '../runs/open-context.ts';
import { isRunning, listRuns } from '../runs/run-directory.ts';
import { journalSummary, type RunSummary } from '../runs/summary.ts';
import { type ClusterState, clusterState } from '../workflows/cluster-state.ts';
import { print } from './print.ts';

/** `landfall status`: what the cluster is now, asked from the hosts themselves. Exit code 0 only when all is well. */
export function statusCommand(): Command {
  return new Command('status')
    .description('show whether the cluster is well, and its last run')
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
      try {
        const state = await clusterState(document, pool.host);
        if (options.output === 'json') print(JSON.stringify({ cluster: document.name, ...state, lastRun: run }));
        else for (const line of statusLines(document.name, state, run, path.join(home, 'runs'))) print(line);
        process.exitCode = state.healthy ? 0 : 1;
      } finally {
        await pool.close();
      }
    });
}

function statusLines(
  cluster: string,
  state: ClusterState,
  run: (RunSummary & { readonly id: string; readonly running: boolean }) | undefined,
  runs: string,
): readonly string[] {
  const width = Math.max(...state.hosts.map((host) => host.name.length));
  const hosts = state.hosts.map((host) => {
    const role = host.role.padEnd('control-plane'.length);
    const words = host.problems.length === 0 ? 'ready' : host.problems.join('; ');
    return `  ${host.problems.length === 0 ? 'ok ' : '!! '} ${host.name.padEnd(width)}  ${role}  ${words}`;
  });
  const lastRun =
    run === undefined
      ? []
      : [
          run.running
            ? `Run ${run.id} goes on: landfall watch ${cluster}`
            : `Last run ${run.id}: ${run.outcome ?? 'ended without finishing; the same command goes on from there'}`,
          `Records of all runs: ${runs}`,
        ];
  return [
    `Cluster ${cluster}: ${state.summary}`,
    ...hosts,
    ...state.problems.map((text) => `  !!  ${text}`),
    ...lastRun,
  ];
}
