import { readAsset } from '../assets.ts';
import type { HostConnection } from './connection.ts';

/** The host's own record of what was there before; `reset.sh` gives it back. */
export const changeRecord = '/var/lib/landfall/changes';

/** Keeps what is at these paths, the first time only. */
export async function rememberPaths(connection: HostConnection, paths: readonly string[]): Promise<void> {
  await connection.check('Remember what was there', await readAsset('hosts/remember.sh'), [changeRecord, ...paths]);
}

/** Writes a file and, before the first time, keeps what was there. */
export async function recordedWriteFile(
  connection: HostConnection,
  path: string,
  content: string,
  mode: number,
): Promise<void> {
  await rememberPaths(connection, [path]);
  await connection.writeFile(path, content, mode);
}
