import { createHash } from 'node:crypto';
import { rememberPaths } from './change-record.ts';
import type { HostConnection } from './connection.ts';

/** A small file that is placed on a host as it is; `mode` is octal, such as 0o600. */
export type PlacedFile = { readonly path: string; readonly content: string; readonly mode: number };

const compareScript = `while read -r mode digest path; do
  [ "$(stat -c %a "$path" 2>/dev/null)" = "$mode" ] || exit 1
  actual=$(sha256sum <"$path") || exit 1
  [ "\${actual%% *}" = "$digest" ] || exit 1
done`;

// The content travels in base64, because `read` is the one thing in POSIX sh that takes a line and no more.
const placeScript = `set -eu
umask 077
while read -r mode path; do
  read -r content || :
  mkdir -p -m 755 "$(dirname "$path")"
  printf %s "$content" | base64 -d >"$path.landfall-new"
  chmod "$mode" "$path.landfall-new"
  mv -f "$path.landfall-new" "$path"
done`;

/**
 * Whether the host has exactly these files, with these modes, and `condition`, a script, holds too. One round trip; no
 * content comes back.
 */
export async function hasFiles(
  connection: HostConnection,
  files: readonly PlacedFile[],
  condition = ':',
): Promise<boolean> {
  const list = files
    .map((file) => `${file.mode.toString(8)} ${createHash('sha256').update(file.content).digest('hex')} ${file.path}\n`)
    .join('');
  return (await connection.run(`${compareScript}\n${condition}`, [], { stdin: list })).exitCode === 0;
}

/** Writes files, each whole or not at all, in one round trip; what was there before is kept for reset. */
export async function placeFiles(connection: HostConnection, files: readonly PlacedFile[]): Promise<void> {
  await rememberPaths(
    connection,
    files.map((file) => file.path),
  );
  const list = files
    .map((file) => `${file.mode.toString(8)} ${file.path}\n${Buffer.from(file.content).toString('base64')}\n`)
    .join('');
  await connection.check('Place files', placeScript, [], { stdin: list });
}
