import path from 'node:path';
import { Command, Option } from 'commander';
import { chooseCluster } from '../cluster/known-cluster.ts';
import { parseOutput } from './present-run.ts';
import { print } from './print.ts';
import { runWorkflow } from './run-workflow.ts';

type RotateOptions = {
  readonly until: 'trust' | 'switch' | 'retire';
  readonly back?: true;
  readonly authorityFolder?: string;
  readonly yes?: true;
  readonly output: string;
  readonly verbose?: true;
  readonly takeOver?: true;
};

function after(cluster: string, { back, until }: RotateOptions): string {
  if (back === true) return 'The authorities are the ones from before; nothing of the new ones is in use.';
  if (until === 'retire') return 'The cluster trusts its new authorities only.';
  return `Old and new authorities are trusted. Go on: landfall certificates rotate-ca ${cluster}   Go back: add --back`;
}

/** `landfall certificates rotate-ca`: new authorities, with an overlap in which both are trusted, and a way back. */
export function rotateCommand(): Command {
  return new Command('rotate-ca')
    .description('replace the authorities and the key of service accounts; the API stays, and there is a way back')
    .argument('[cluster]', 'name of the cluster, or its document; the only one known unless given')
    .addOption(
      new Option('--until <stage>', 'stop after this stage; without it the whole way is gone')
        .choices(['trust', 'switch', 'retire'])
        .default('retire'),
    )
    .option('--back', 'go back to the authorities from before')
    .option('--authority-folder <folder>', 'your own new authorities, laid out as certificates.authorityFolder')
    .option('--yes', 'do not ask before changing anything')
    .option('--output <format>', 'plain or ndjson', 'plain')
    .option('--verbose', 'show the log lines of steps too')
    .option('--take-over', "take the cluster's lock from another owner who is known to be gone")
    .action(async (name: string | undefined, options: RotateOptions) => {
      const output = parseOutput(options.output);
      const { document } = chooseCluster(name);
      await runWorkflow(
        {
          workflow: 'rotate-authorities',
          document,
          until: options.until,
          back: options.back === true,
          ...(options.authorityFolder === undefined ? {} : { authorityFolder: path.resolve(options.authorityFolder) }),
          questions: 'skip-host',
          takeOver: options.takeOver === true,
        },
        {
          output,
          verbose: options.verbose === true,
          yes: options.yes === true,
          question: `Authorities of ${document.name} change; control planes restart one at a time, three times, and pods that talk to the API twice. Go on?`,
        },
        () => {
          if (output === 'plain') print(after(document.name, options));
        },
      );
    });
}
