import { quote } from './quote.ts';

/**
 * The constant command line that runs any script. The script arrives as the first line of standard input, in base64, and
 * what follows is the script's own standard input; so nothing of it is ever seen in a list of processes. `read` takes one
 * byte at a time from a pipe and leaves the rest alone (POSIX, "read").
 */
export const bootstrap =
  'IFS= read -r landfall_line; landfall_script=$(printf %s "$landfall_line" | base64 -d) || exit 97; unset landfall_line; eval "$landfall_script"';

/** Command line for a login shell of any kind: one word after `-c`, in quotes that sh, csh and fish read alike. */
export function shellCommand(): string {
  return `exec /bin/sh -c '${bootstrap}'`;
}

/** The same below sudo. `-n` never asks; with `-S` the password is read from standard input before the script line. */
export function sudoCommand(withPassword: boolean): string {
  // `-k` with a command ignores a remembered login, so the password line is always read and never taken for the script.
  const options = withPassword ? "-k -S -p ''" : '-n';
  return `exec sudo ${options} -- /bin/sh -c '${bootstrap}'`;
}

/** First line of standard input for a script and its arguments. */
export function scriptLine(script: string, args: readonly string[]): string {
  const positional = args.length === 0 ? 'set --' : `set -- ${args.map(quote).join(' ')}`;
  return `${Buffer.from(`${positional}\n${script}\n`).toString('base64')}\n`;
}
