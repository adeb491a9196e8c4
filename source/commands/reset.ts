import { Command } from 'commander';
import { chooseCluster } from '../cluster/known-cluster.ts';
import { parseOutput } from './present-run.ts';
import { print } from './print.ts';
import { runWorkflow } from './run-workflow.ts';

type ResetOptions = {
  readonly yes?: true;
  readonly keepData?: true;
  readonly output: string;
  readonly verbose?: true;
  readonly takeOver?: true;
};

/** `landfall reset`: gives the hosts back as they were. */
export function resetCommand(): Command {
  return new Command('reset')
    .description('remove the cluster and give the hosts back as they were')
    .argument('[cluster]', 'name of the cluster, or its document; the only one known unless given')
    .option('--yes', 'do not ask')
    .option('--keep-data', "keep the applications' data in /var/lib/landfall-volumes of each host")
    .option('--output <format>', 'plain or ndjson', 'plain')
    .option('--verbose', 'show the log lines of steps too')
    .option('--take-over', "take the cluster's lock from another owner who is known to be gone")
    .action(async (cluster: string | undefined, options: ResetOptions) => {
      const output = parseOutput(options.output);
      const { document } = chooseCluster(cluster);
      const data = options.keepData === true ? 'is kept' : 'IS DELETED';
      await runWorkflow(
        {
          workflow: 'reset',
          document,
          keepData: options.keepData === true,
          questions: 'skip-host',
          takeOver: options.takeOver === true,
        },
        {
          output,
          verbose: options.verbose === true,
          yes: options.yes === true,
          question: `The cluster ${document.name} ends on ${document.hosts.length} hosts; data of its applications ${data}. Go on?`,
        },
        () => {
          if (output === 'plain') print('The hosts are as they were. Logs of the runs are kept on this machine.');
        },
      );
    });
}
