import { Command } from 'commander';
import { chooseCluster } from '../cluster/known-cluster.ts';
import { parseOutput } from './present-run.ts';
import { print } from './print.ts';
import { runWorkflow } from './run-workflow.ts';

type RenewOptions = {
  readonly host?: string;
  readonly all?: true;
  readonly yes?: true;
  readonly output: string;
  readonly verbose?: true;
  readonly takeOver?: true;
};

/** `landfall certificates renew`: new certificates from the same authorities, also for a cluster whose own have ended. */
export function renewCommand(): Command {
  return new Command('renew')
    .description('renew the certificates of hosts of which one has ended or ends soon; repairs an expired cluster')
    .argument('[cluster]', 'name of the cluster, or its document; the only one known unless given')
    .option('--host <name>', 'only of this host')
    .option('--all', 'also those that last long enough')
    .option('--yes', 'do not ask before changing anything')
    .option('--output <format>', 'plain or ndjson', 'plain')
    .option('--verbose', 'show the log lines of steps too')
    .option('--take-over', "take the cluster's lock from another owner who is known to be gone")
    .action(async (cluster: string | undefined, options: RenewOptions) => {
      const output = parseOutput(options.output);
      const { document } = chooseCluster(cluster);
      await runWorkflow(
        {
          workflow: 'renew-certificates',
          document,
          all: options.all === true,
          ...(options.host === undefined ? {} : { host: options.host }),
          questions: 'skip-host',
          takeOver: options.takeOver === true,
        },
        {
          output,
          verbose: options.verbose === true,
          yes: options.yes === true,
          question: `Certificates of ${document.name} are renewed; control planes restart one at a time. Go on?`,
        },
        () => {
          if (output === 'plain') print(`How long each lasts now:  landfall certificates list ${document.name}`);
        },
      );
    });
}
