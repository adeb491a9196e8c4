import type { Command } from 'commander';
import { toLandfallError } from '../../source/errors.ts';

/** Runs a tool of developers; what goes wrong is said with what to do, and decides the exit code. */
export async function runProgram(program: Command): Promise<void> {
  try {
    await program.parseAsync();
  } catch (thrown) {
    const error = toLandfallError(thrown);
    console.error(`${error.code}: ${error.message}`);
    if (error.fix !== undefined) console.error(error.fix);
    if (error.context.output !== undefined) console.error(error.context.output);
    if (error.code === 'UNEXPECTED' && error.cause instanceof Error) console.error(error.cause.stack);
    process.exitCode = error.exitStatus;
  }
}
