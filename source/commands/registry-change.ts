import { existsSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { parseShortImageName } from '../bundle/image-name.ts';
import { givenName, type ImageOrigin } from '../bundle/image-source.ts';
import { LandfallError } from '../errors.ts';
import { formatBytes } from '../language/format.ts';
import type { RunRequest } from '../runs/request.ts';
import { registryPrunePreview } from '../workflows/registry.ts';
import { parseOutput } from './present-run.ts';
import { print } from './print.ts';
import { clusterArgument, inContext, withBundle } from './registry-cluster.ts';
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

type Change = Extract<
  RunRequest,
  { readonly workflow: 'repair-registry' | 'push-images' | 'rotate-registry' | 'prune-registry' }
>;
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

type PruneOptions = ChangeOptions & { readonly dryRun?: true; readonly cluster?: string };

/** Shows what would go, and changes nothing. */
async function preview(cluster: string | undefined, images: readonly string[]): Promise<void> {
  await inContext(cluster, async (context) => {
    for (const { host, tags, blobs, bytes } of await registryPrunePreview(context, images)) {
      print(`${host}: ${formatBytes(bytes)} in ${blobs} blobs would go`);
      for (const tag of tags) print(`  tag  ${tag}`);
    }
  });
}

function prune(
  cluster: string | undefined,
  images: readonly string[],
  options: PruneOptions,
  question: (cluster: string) => string,
): Promise<void> {
  if (options.dryRun === true) return preview(cluster, images);
  return change(cluster, { workflow: 'prune-registry', images }, options, question);
}

/** `registry prune` */
export function pruneCommand(): Command {
  const command = new Command('prune')
    .description('take out of all registries what no tag, no workload and no bundle needs')
    .argument('[cluster]', clusterArgument)
    .option('--dry-run', 'only show what would go');
  return withChangeOptions(command).action((cluster: string | undefined, options: PruneOptions) =>
    prune(cluster, [], options, (name) => `What nothing needs is taken out of the registries of ${name}. Go on?`),
  );
}

/** `registry remove` */
export function removeCommand(): Command {
  const command = new Command('remove')
    .description('take your own images out of all registries, with what nothing else needs of them')
    .argument('<images...>', 'names with tag, as `registry list` shows them')
    .option('--dry-run', 'only show what would go')
    .option('--cluster <cluster>', clusterArgument);
  return withChangeOptions(command).action((images: readonly string[], options: PruneOptions) =>
    prune(
      options.cluster,
      images,
      options,
      (name) => `${images.join(', ')} and what nothing needs is taken out of the registries of ${name}. Go on?`,
    ),
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
