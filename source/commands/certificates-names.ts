import { readFileSync, writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { isSeq, parseDocument } from 'yaml';
import { z } from 'zod';
import { chooseCluster, rememberCluster } from '../cluster/known-cluster.ts';
import { LandfallError } from '../errors.ts';
import { parseOutput } from './present-run.ts';
import { print } from './print.ts';
import { runWorkflow } from './run-workflow.ts';

type NamesOptions = {
  readonly cluster?: string;
  readonly yes?: true;
  readonly output: string;
  readonly verbose?: true;
  readonly takeOver?: true;
};

const dnsName = /^(\*\.)?([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)*[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** A name or address the API may answer to. Throws USAGE on anything else. */
export function checkedName(name: string): string {
  if (z.union([z.ipv4(), z.ipv6()]).safeParse(name).success) return name;
  // What looks like an address but is none would be taken for a name.
  if (name.length <= 253 && dnsName.test(name) && !/^[\d.]+$/.test(name)) return name;
  throw new LandfallError({
    code: 'USAGE',
    message: `${name} is neither a name nor an address.`,
    fix: 'Write it as api.example.org or 10.0.0.10.',
    exitStatus: 2,
  });
}

/** The text of a cluster document with more names for the API; comments and order stay. */
export function withNames(text: string, names: readonly string[]): string {
  const document = parseDocument(text);
  const place = ['spec', 'certificates', 'additionalNames'];
  const known = document.getIn(place);
  const all = isSeq(known) ? (known.toJSON() as string[]) : [];
  const fresh = names.filter((name) => !all.includes(name));
  if (fresh.length === 0) return text;
  if (isSeq(known)) for (const name of fresh) known.add(name);
  else document.setIn(place, document.createNode(fresh, { flow: true }));
  return document.toString({ lineWidth: 0 });
}

/** `landfall certificates sans add`: more names and addresses for the API. */
export function namesCommand(): Command {
  const add = new Command('add')
    .description('let the API answer to more names or addresses')
    .argument('<name...>', 'as api.example.org or 10.0.0.10')
    .option('--cluster <cluster>', 'name of the cluster, or its document; the only one known unless given')
    .option('--yes', 'do not ask before changing anything')
    .option('--output <format>', 'plain or ndjson', 'plain')
    .option('--verbose', 'show the log lines of steps too')
    .option('--take-over', "take the cluster's lock from another owner who is known to be gone")
    .action(async (names: string[], options: NamesOptions) => {
      const output = parseOutput(options.output);
      const wanted = names.map(checkedName);
      const file = options.cluster !== undefined && /[./]/.test(options.cluster) ? options.cluster : undefined;
      const known = chooseCluster(options.cluster);
      const additionalNames = [...new Set([...known.document.certificates.additionalNames, ...wanted])];
      const document = {
        ...known.document,
        certificates: { ...known.document.certificates, additionalNames },
      };
      await runWorkflow(
        { workflow: 'add-names', document, questions: 'skip-host', takeOver: options.takeOver === true },
        {
          output,
          verbose: options.verbose === true,
          yes: options.yes === true,
          question: `The API of ${document.name} will answer to ${wanted.join(', ')} too. Go on?`,
        },
        () => {
          rememberCluster({ ...known, document });
          if (file !== undefined) writeFileSync(file, withNames(readFileSync(file, 'utf8'), wanted));
          if (output !== 'plain') return;
          print(
            file === undefined
              ? `Add them to your cluster document too, or the next apply does not know them: spec.certificates.additionalNames`
              : `They were added to ${file}.`,
          );
        },
      );
    });
  return new Command('sans').description('names and addresses the API answers to').addCommand(add);
}
