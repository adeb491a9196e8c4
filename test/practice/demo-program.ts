import { Command } from 'commander';
import { demoCommand } from '../../source/commands/demo.ts';
import { toLandfallError } from '../../source/errors.ts';

/** The demo as a program of its own, for tests that need a real process. */
await new Command('landfall')
  .addCommand(demoCommand())
  .parseAsync(process.argv)
  .catch((thrown: unknown) => {
    const error = toLandfallError(thrown);
    process.stderr.write(`${error.code}: ${error.message}\n`);
    process.exitCode = error.exitStatus;
  });
