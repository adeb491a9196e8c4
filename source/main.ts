import { Command, CommanderError } from 'commander';
import { printAside } from './commands/print.ts';
import { withWizard } from './commands/wizard/wizard-command.ts';
import { toLandfallError } from './errors.ts';

const version = '0.1.0';

/** Whether the words ask for the wizard alone: only options, and none that speaks of the commands. */
function wizardAlone(words: readonly string[]): boolean {
  const ofOption = (index: number): boolean => ['--script', '--language'].includes(words[index - 1] ?? '');
  return words.every((word, index) =>
    word.startsWith('-') ? !['-h', '--help', '-V', '--version'].includes(word) : ofOption(index),
  );
}

async function program(words: readonly string[]): Promise<Command> {
  const landfall = new Command('landfall')
    .description('From bare Linux machines to a highly available Kubernetes with your applications, without internet.')
    .version(version)
    .exitOverride();
  withWizard(landfall, version);
  // The first screen does not wait for what only the commands need.
  if (!wizardAlone(words)) (await import('./all-commands.ts')).addCommands(landfall, version);
  return landfall;
}

function fail(thrown: unknown): void {
  if (thrown instanceof CommanderError) {
    process.exitCode = thrown.exitCode === 0 ? 0 : 2;
    return;
  }
  const error = toLandfallError(thrown);
  const { host, step, output } = error.context;
  const where = [host, step].filter((part) => part !== undefined).join(', ');
  printAside(`landfall: ${where === '' ? '' : `${where}: `}${error.message} [${error.code}]`);
  if (output !== undefined) for (const line of output.split('\n')) printAside(`  | ${line}`);
  if (error.fix !== undefined) printAside(`What to do: ${error.fix}`);
  if (error.code === 'UNEXPECTED' && process.env['LANDFALL_DEBUG'] && error.cause instanceof Error) {
    printAside(error.cause.stack ?? '');
  }
  process.exitCode = error.exitStatus;
}

// A reader that goes away (`landfall … | head`) is no failure of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

await program(process.argv.slice(2))
  .then((landfall) => landfall.parseAsync(process.argv))
  .catch(fail);
