import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { parseShortImageName } from '../bundle/image-name.ts';
import { givenName, type ImageOrigin } from '../bundle/image-source.ts';
import { LandfallError } from '../errors.ts';
import type { RunRequest } from '../runs/request.ts';
import { parseOutput } from './present-run.ts';
import { clusterArgument, withBundle } from './registry-cluster.ts';
import { runWorkflow } from './run-workflow.ts';

type ChangeOptions = {
  readonly yes?: true;
  readonly output: string;
  readonly verbose?: true;
  readonly takeOver?: true;
};

/** The options every change of the registries has. */
function withChangeOptions(command: Command): Command {
  return command
    .option('--yes', 'do not ask before changing anything')
    .option('--output <format>', 'plain or ndjson', 'plain')
    .option('--verbose', 'show the log lines of steps too')
    .option('--take-over', "take the cluster's lock from another owner who is known to be gone");
}

type Change = Extract<RunRequest, { readonly workflow: 'repair-registry' | 'push-images' | 'rotate-registry' }>;
type ChangeOnly<Own> = Own extends Change ? Omit<Own, 'document' | 'bundle' | 'questions' | 'takeOver'> : never;

/** Runs a change of the registries of a known cluster. */
async function change(
  cluster: string | undefined,
  own: ChangeOnly<Change>,
  options: ChangeOptions,
  question: (cluster: string) => string,
): Promise<void> {
  const output = parseOutput(options.output);
  const { document, bundle } = withBundle(cluster);
  await runWorkflow(
    { ...own, document, bundle, questions: 'skip-host', takeOver: options.takeOver === true },
    { output, verbose: options.verbose === true, yes: options.yes === true, question: question(document.name) },
    () => {},
  );
}

/** A change that needs to know nothing but the cluster. */
function clusterChange(
  name: string,
  description: string,
  workflow: 'repair-registry' | 'rotate-registry',
  question: (cluster: string) => string,
): Command {
  const command = new Command(name).description(description).argument('[cluster]', clusterArgument);
  return withChangeOptions(command).action((cluster: string | undefined, options: ChangeOptions) =>
    change(cluster, { workflow }, options, question),
  );
}

/** `registry repair` */
export function repairCommand(): Command {
  return clusterChange(
    'repair',
    'replace what is damaged or missing in a registry, from another one or from the bundle',
    'repair-registry',
    (cluster) => `What is damaged or missing in the registries of ${cluster} is replaced. Go on?`,
  );
}

/** `registry rotate` */
export function rotateCommand(): Command {
  return clusterChange(
    'rotate',
    'new certificates and a new password for the registries, while nodes go on pulling',
    'rotate-registry',
    (cluster) => `The registries of ${cluster} get new certificates and a new password. Go on?`,
  );
}

/** A file or folder where there is one of that name, else an image in a registry. Throws IMAGE_SOURCE_MISSING. */
export function imageOrigin(text: string, mirrorFile: string | undefined): ImageOrigin {
  const file = path.resolve(text);
  if (existsSync(file)) return { kind: 'file', path: file };
  const isFile = /^[./~]|\.(tar|tgz|tar\.gz)$/.test(text);
  if (!isFile && typeof parseShortImageName(text) !== 'string') {
    return {
      kind: 'registry',
      image: text,
      ...(mirrorFile === undefined ? {} : { mirrorFile: path.resolve(mirrorFile) }),
    };
  }
  throw new LandfallError({
    code: 'IMAGE_SOURCE_MISSING',
    message: `There is no file or folder ${text}, and it is no name of an image in a registry either.`,
    fix: 'Give an OCI archive, an OCI layout or what `docker save` writes; or an image in full, as registry.example.com/team/shop:2.',
    exitStatus: 2,
  });
}

type PushOptions = ChangeOptions & {
  readonly name?: string;
  readonly mirror?: string;
  readonly cluster?: string;
};

/** `registry push` */
export function pushCommand(): Command {
  const command = new Command('push')
    .description('bring your own images into the registries of all control planes')
    .argument('<source>', 'an OCI archive, an OCI layout, what `docker save` writes; or an image in another registry')
    .option('--name <name>', 'the name it gets, as team/shop:2; its own unless given')
    .option('--mirror <file>', 'where other registries are reached, and with which login, as for `bundle build`')
    .option('--cluster <cluster>', clusterArgument);
  return withChangeOptions(command).action((source: string, options: PushOptions) => {
    const origin = imageOrigin(source, options.mirror);
    const name = options.name === undefined ? undefined : givenName(options.name);
    return change(
      options.cluster,
      { workflow: 'push-images', origin, ...(name === undefined ? {} : { name }) },
      options,
      (cluster) => `${source} is brought into the registries of ${cluster}. Go on?`,
    );
  });
}
