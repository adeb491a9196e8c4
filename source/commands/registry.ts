import { Command } from 'commander';
import { pruneCommand, pushCommand, removeCommand, repairCommand, rotateCommand } from './registry-change.ts';
import { loginCommand } from './registry-login.ts';
import { listCommand, verifyCommand } from './registry-report.ts';

/** `landfall registry`: what the cluster's own registries hold, and whether it is whole. */
export function registryCommand(): Command {
  return new Command('registry')
    .description("the cluster's own image registries")
    .addCommand(listCommand())
    .addCommand(pushCommand())
    .addCommand(verifyCommand())
    .addCommand(repairCommand())
    .addCommand(removeCommand())
    .addCommand(pruneCommand())
    .addCommand(rotateCommand())
    .addCommand(loginCommand());
}
