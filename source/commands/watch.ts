import { Command } from 'commander';
import { chooseCluster } from '../cluster/known-cluster.ts';
import { readJournal } from '../engine/journal.ts';
import { LandfallError } from '../errors.ts';
import { listRuns, runningRun } from '../runs/run-directory.ts';
import { parseOutput, presenterFor, presentToEnd } from './present-run.ts';

type ShowOptions = { readonly output: string; readonly verbose?: true };

/** `landfall watch`: attaches to the run of a cluster, or shows the last one again. */
export function watchCommand(): Command {
  return new Command('watch')
    .description('attach to the run that goes on, or show the last one')
    .argument('[cluster]', 'name of the cluster, or its document; the only one known unless given')
    .option('--output <format>', 'plain or ndjson', 'plain')
    .option('--verbose', 'show the log lines of steps too')
    .action(async (cluster: string | undefined, options: ShowOptions) => {
      const { document } = chooseCluster(cluster);
      const run = runningRun(document.name) ?? listRuns(document.name).at(-1);
      if (run === undefined) {
        throw new LandfallError({
          code: 'RUN_UNKNOWN',
          message: `The cluster ${document.name} had no run yet.`,
          fix: 'Start one with `landfall apply`.',
          exitStatus: 2,
        });
      }
      await presentToEnd(run, parseOutput(options.output), options.verbose === true, () => {});
    });
}

/** `landfall replay`: shows a journal as its run was shown. */
export function replayCommand(): Command {
  return new Command('replay')
    .description('show a journal as its run was shown')
    .argument('<journal>', 'journal.ndjson of a run')
    .option('--output <format>', 'plain or ndjson', 'plain')
    .option('--verbose', 'show the log lines of steps too')
    .action((file: string, options: ShowOptions) => {
      const presenter = presenterFor(parseOutput(options.output), options.verbose === true);
      try {
        for (const event of readJournal(file)) presenter.show(event);
      } catch (cause) {
        throw new LandfallError({
          code: 'JOURNAL_MISSING',
          message: `The journal ${file} cannot be read.`,
          fix: 'Name the journal.ndjson of a run; `landfall status` tells where they are.',
          exitStatus: 2,
          cause,
        });
      }
    });
}
