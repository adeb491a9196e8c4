import { currentStep } from '../engine/current-step.ts';
import type { CommandOptions, CommandResult, HostConnection, UploadOptions } from '../hosts/connection.ts';

const longest = 400;

/**
 * A command as a person would type it. A script of one line is shown with its arguments in place; a longer one by what it
 * is called and its arguments. Arguments never hold secrets; those go on standard input.
 */
export function commandText(title: string, script: string, args: readonly string[]): string {
  const line = script.trim();
  const words = args.join(' ');
  const shown = line.includes('\n')
    ? `${title}: ${words}`.replace(/: $/, '')
    : line.replaceAll('"$@"', words).replace(/"\$(\d)"/g, (whole, number) => args[Number(number) - 1] ?? whole);
  return shown.length > longest ? `${shown.slice(0, longest)} ...` : shown;
}

/** The same connection; the step that runs a command on it is told the command first. */
export function tellingConnection(own: HostConnection): HostConnection {
  return {
    name: own.name,
    run: (script: string, args?: readonly string[], options?: CommandOptions): Promise<CommandResult> =>
      own.run(script, args, options),
    check(title: string, script: string, args: readonly string[] = [], options?: CommandOptions): Promise<string> {
      currentStep()?.command?.(commandText(title, script, args));
      return own.check(title, script, args, options);
    },
    writeFile(target: string, content: string | Buffer, mode: number): Promise<void> {
      currentStep()?.command?.(`write ${target}`);
      return own.writeFile(target, content, mode);
    },
    readFile: (path: string): Promise<string | undefined> => own.readFile(path),
    upload(options: UploadOptions): Promise<void> {
      currentStep()?.command?.(`send ${options.target}`);
      return own.upload(options);
    },
    close: () => own.close(),
  };
}
