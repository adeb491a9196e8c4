import { Command, CommanderError } from 'commander';
import { appCommand } from './commands/app.ts';
import { applyCommand } from './commands/apply.ts';
import { bundleCommand } from './commands/bundle.ts';
import { certificatesCommand } from './commands/certificates.ts';
import { demoCommand } from './commands/demo.ts';
import { discoverCommand } from './commands/discover.ts';
import { executeRunCommand } from './commands/execute-run.ts';
import { preflightCommand } from './commands/preflight.ts';
import { printAside } from './commands/print.ts';
import { resetCommand } from './commands/reset.ts';
import { statusCommand } from './commands/status.ts';
import { replayCommand, watchCommand } from './commands/watch.ts';
import { startWizard } from './commands/wizard/start-wizard.ts';
import { withWizard } from './commands/wizard/wizard-command.ts';
import { toLandfallError } from './errors.ts';

const version = '0.1.0';

function program(): Command {
  const landfall = new Command('landfall')
    .description('From bare Linux machines to a highly available Kubernetes with your applications, without internet.')
    .version(version)
    .exitOverride();
  withWizard(landfall, version);
  for (const command of [
    discoverCommand(),
    preflightCommand(),
    applyCommand(),
    statusCommand(),
    watchCommand(),
    replayCommand(),
    resetCommand(),
    bundleCommand(),
    appCommand(),
    certificatesCommand(),
    demoCommand(startWizard, version),
  ]) {
    landfall.addCommand(withExitOverride(command));
  }
  landfall.addCommand(withExitOverride(executeRunCommand()), { hidden: true });
  return landfall;
}

/** Usage errors of sub-commands end here too, with the same exit code. */
function withExitOverride(command: Command): Command {
  command.exitOverride();
  for (const child of command.commands) withExitOverride(child);
  return command;
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

await program().parseAsync(process.argv).catch(fail);
