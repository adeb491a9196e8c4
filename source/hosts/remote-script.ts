import { quote } from './quote.ts';

/** The line after which output is the script's own; before it stands what startup files of a login shell print. */
export const outputMark = 'landfall-output-begins';

/**
 * The constant command line that runs any script. The script arrives as the first line of standard input, in base64, and
 * what follows is the script's own standard input; so nothing of it is ever seen in a list of processes. `read` takes one
 * byte at a time from a pipe and leaves the rest alone (POSIX, "read"). Scripts find the same language, umask and folders
 * of programs on every host, whatever the user has set there.
 */
export const bootstrap = [
  'LC_ALL=C PATH=$PATH:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'export LC_ALL PATH',
  'umask 022',
  `echo ${outputMark}`,
  `echo ${outputMark} >&2`,
  'IFS= read -r landfall_line',
  'landfall_script=$(printf %s "$landfall_line" | base64 -d) || exit 97',
  'unset landfall_line',
  'eval "$landfall_script"',
].join('; ');

/** Command line for a login shell of any kind: one word after `-c`, in quotes that sh, csh and fish read alike. */
export function shellCommand(): string {
  return `exec /bin/sh -c '${bootstrap}'`;
}

/** The same below sudo. `-n` never asks; with `-S` the password is read from standard input before the script line. */
export function sudoCommand(withPassword: boolean): string {
  // `-k` with a command ignores a remembered login, so the password line is always read and never taken for the script.
  const options = withPassword ? "-k -S -p ''" : '-n';
  // In one language, because what sudo complains about is told from its words.
  return `exec env LC_ALL=C sudo ${options} -- /bin/sh -c '${bootstrap}'`;
}

/** First line of standard input for a script and its arguments. */
export function scriptLine(script: string, args: readonly string[]): string {
  const positional = args.length === 0 ? 'set --' : `set -- ${args.map(quote).join(' ')}`;
  return `${Buffer.from(`${positional}\n${script}\n`).toString('base64')}\n`;
}
