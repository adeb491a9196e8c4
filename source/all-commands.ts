import type { Command } from 'commander';
import { appCommand } from './commands/app.ts';
import { applyCommand } from './commands/apply.ts';
import { backupCommand } from './commands/backup.ts';
import { bundleCommand } from './commands/bundle.ts';
import { certificatesCommand } from './commands/certificates.ts';
import { demoCommand } from './commands/demo.ts';
import { discoverCommand } from './commands/discover.ts';
import { doctorCommand } from './commands/doctor.ts';
import { executeRunCommand } from './commands/execute-run.ts';
import { preflightCommand } from './commands/preflight.ts';
import { registryCommand } from './commands/registry.ts';
import { resetCommand } from './commands/reset.ts';
import { restoreCommand } from './commands/restore.ts';
import { statusCommand } from './commands/status.ts';
import { replayCommand, watchCommand } from './commands/watch.ts';
import { startWizard } from './commands/wizard/start-wizard.ts';

/** Every command beside the wizard. */
export function addCommands(landfall: Command, version: string): void {
  for (const command of [
    discoverCommand(),
    preflightCommand(),
    applyCommand(),
    statusCommand(),
    doctorCommand(),
    watchCommand(),
    replayCommand(),
    backupCommand(),
    restoreCommand(),
    resetCommand(),
    bundleCommand(),
    appCommand(),
    certificatesCommand(),
    registryCommand(),
    demoCommand(startWizard, version),
  ]) {
    landfall.addCommand(withExitOverride(command));
  }
  landfall.addCommand(withExitOverride(executeRunCommand()), { hidden: true });
}

/** Usage errors of sub-commands end here too, with the same exit code. */
function withExitOverride(command: Command): Command {
  command.exitOverride();
  for (const child of command.commands) withExitOverride(child);
  return command;
}
