import { Command, InvalidArgumentError } from 'commander';
import { type BuildOptions, buildBundle } from '../bundle/build.ts';
import type { BuildEvent } from '../bundle/build-events.ts';
import type { Architecture } from '../bundle/contents.ts';
import { openBundle } from '../bundle/open.ts';
import { architectures } from '../bundle/recipe.ts';
import { verifyBundle } from '../bundle/verify.ts';
import { LandfallError } from '../errors.ts';
import { formatBytes } from '../language/format.ts';
import { print, printAside } from './print.ts';

/** At most one line of progress in this many milliseconds. */
const progressPause = 3000;

function parseArchitectures(text: string): readonly Architecture[] {
  const known = text.split(',').map((name) => architectures.find((architecture) => architecture === name.trim()));
  const found = known.filter((architecture) => architecture !== undefined);
  if (found.length === 0 || found.length < known.length) {
    throw new InvalidArgumentError(`Name ${architectures.join(' or ')}, or both with a comma between them.`);
  }
  return found;
}

/** Ends the work at the first Ctrl-C; what was done is kept. */
async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => {
    printAside('Stopping …');
    controller.abort();
  };
  process.once('SIGINT', stop);
  try {
    return await work(controller.signal);
  } finally {
    process.removeListener('SIGINT', stop);
  }
}

/** A line of progress when the last one is a while ago and something has changed. */
function paced(write: (line: string) => void): (line: () => string) => void {
  let last = Date.now();
  let shown = '';
  return (line) => {
    if (Date.now() - last < progressPause) return;
    last = Date.now();
    const text = line();
    if (text !== shown) write(text);
    shown = text;
  };
}

const percent = (done: number, total: number): string =>
  `${String(total === 0 ? 100 : Math.min(100, Math.floor((done / total) * 100))).padStart(3)} %`;

/** Plain lines for the events of a build. */
export function buildLines(write: (line: string) => void): (event: BuildEvent) => void {
  const pace = paced(write);
  return (event) => {
    switch (event.kind) {
      case 'resolved':
        write(
          `${event.images} images and ${event.files} files: ${formatBytes(event.bytes)} in ${event.items} parts; comparing with what is there`,
        );
        return;
      case 'compared':
        write(event.items === 0 ? 'nothing to fetch' : `to fetch: ${formatBytes(event.bytes)} in ${event.items} parts`);
        return;
      case 'progress':
        pace(
          () =>
            `${percent(event.bytes, event.totalBytes)}  ${formatBytes(event.bytes)} of ${formatBytes(event.totalBytes)}, ${event.items} of ${event.totalItems} parts`,
        );
        return;
      case 'fetched':
        if (event.size >= 1 << 20) write(`fetched ${event.item} (${formatBytes(event.size)})`);
        return;
      case 'damaged':
        write(`${event.item} in the folder is damaged and is fetched again`);
        return;
      case 'retry':
        write(`trying again: ${event.reason}`);
        return;
    }
  };
}

type BuildArguments = {
  readonly recipe: string;
  readonly output: string;
  readonly mirror?: string;
  readonly arch?: readonly Architecture[];
  readonly updateLock?: true;
};

async function build(given: BuildArguments): Promise<void> {
  const options: BuildOptions = {
    recipeFile: given.recipe,
    output: given.output,
    mirrorFile: given.mirror,
    architectures: given.arch,
    updateLock: given.updateLock,
    onProgress: buildLines(print),
  };
  const result = await interruptible((signal) => buildBundle({ ...options, signal }));
  const { summary, fetched, present, removedBytes } = result;
  print(
    `Bundle ${summary.name} is whole in ${result.directory}: ${summary.images.length} images and ${summary.files.length} files for ${summary.architectures.join(', ')}.`,
  );
  print(
    `Fetched ${formatBytes(fetched.bytes)} (${fetched.items} parts); ${formatBytes(present.bytes)} (${present.items} parts) were there already.`,
  );
  if (removedBytes > 0) print(`Removed ${formatBytes(removedBytes)} that the bundle no longer needs.`);
  print(`The lock is ${result.lockFile}; keep it beside the recipe.`);
}

function parseInspectOutput(text: string): 'plain' | 'json' {
  if (text === 'plain' || text === 'json') return text;
  throw new InvalidArgumentError('It is plain or json.');
}

async function inspect(directory: string, given: { readonly output: 'plain' | 'json' }): Promise<void> {
  const { summary, blobs } = await openBundle(directory);
  const total = blobs.reduce((sum, blob) => sum + blob.size, 0);
  if (given.output === 'json') {
    print(JSON.stringify({ ...summary, totalBytes: total }, null, 2));
    return;
  }
  const table = (rows: readonly (readonly string[])[]): void => {
    const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    for (const row of rows)
      print(`  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
  };
  print(`Bundle         ${summary.name}`);
  print(`Kubernetes     ${summary.kubernetesVersion}`);
  print(`Built          ${summary.created}`);
  print(`Architectures  ${summary.architectures.join(', ')}`);
  print(`Size           ${formatBytes(total)} in ${blobs.length} parts`);
  print('');
  print(`Images (${summary.images.length})`);
  table(
    summary.images.map((image) => [
      image.name,
      image.use,
      image.architectures.join(','),
      formatBytes(image.size),
      image.digest.slice(0, 19),
    ]),
  );
  print('');
  print(`Files (${summary.files.length})`);
  table(
    summary.files.map((file) => [
      file.role,
      file.version,
      file.architecture,
      formatBytes(file.size),
      file.sha256.slice(0, 12),
      file.source,
    ]),
  );
  if (summary.split.length > 0) {
    print('');
    print('In pieces, because a FAT32 stick takes no file of their size');
    table(summary.split.map((blob) => [blob.digest.slice(0, 19), `${blob.pieces} pieces`]));
  }
}

async function verify(directory: string): Promise<void> {
  const pace = paced(print);
  const result = await interruptible((signal) =>
    verifyBundle(
      directory,
      ({ done, total }) => pace(() => `${percent(done, total)}  ${formatBytes(done)} of ${formatBytes(total)} read`),
      { signal },
    ),
  );
  for (const problem of result.problems) print(`${problem.kind}: ${problem.message}`);
  if (!result.whole) {
    const count = result.problems.length;
    throw new LandfallError({
      code: 'BUNDLE_CORRUPT',
      message: `The bundle ${directory} is not whole: ${count} ${count === 1 ? 'problem' : 'problems'}, named above.`,
      fix: 'Copy the bundle again, or run its `landfall bundle build` again, which fetches only what is missing or damaged.',
    });
  }
  print(
    `The bundle ${directory} is whole: ${result.blobs} parts, ${formatBytes(result.bytes)}, every byte as it should be.`,
  );
}

/** `landfall bundle`: makes bundles and looks into them. */
export function bundleCommand(): Command {
  const command = new Command('bundle').description(
    'make an offline bundle, see what is in one, prove that it is whole',
  );
  command
    .command('build')
    .description('build a bundle from a recipe, or complete one; what is there already is not fetched again')
    .requiredOption('--recipe <file>', 'what goes into it, as offline-bundle/kubernetes-1.36.yaml')
    .requiredOption('--output <folder>', 'folder of the bundle, on a disk or a stick')
    .option('--mirror <file>', 'where to take images and files from instead of their upstream sources')
    .option('--arch <list>', "amd64, arm64 or amd64,arm64; the recipe's own unless given", parseArchitectures)
    .option('--update-lock', 'resolve every name anew instead of taking what the lock holds')
    .action(build);
  command
    .command('inspect')
    .description('show what is in a bundle')
    .argument('<folder>', 'folder of the bundle')
    .option('--output <format>', 'plain or json', parseInspectOutput, 'plain')
    .action(inspect);
  command
    .command('verify')
    .description('read every byte of a bundle and name everything that is wrong with it')
    .argument('<folder>', 'folder of the bundle')
    .action(verify);
  return command;
}
