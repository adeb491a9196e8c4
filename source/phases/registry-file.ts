import { readAsset } from '../assets.ts';
import type { BundleFile } from '../bundle/contents.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { bundleDomain, hostPaths } from './paths.ts';

/** A file of the bundle on its way from the cluster's registry to a host. */
export type RegistryFile = {
  readonly file: BundleFile;
  /** The program's path, or for an archive the folder it is unpacked into. */
  readonly target: string;
  /** Leading folders of the archive's names that are dropped. */
  readonly strip: number;
  /** Members of the archive that are taken; all when there are none. */
  readonly members: readonly string[];
  /** The program whose presence shows that it was done. */
  readonly proof: string;
};

const markerOf = (item: RegistryFile): string => `${hostPaths.markers}/${item.file.role}`;

/** Whether the host has exactly these files already. */
export async function hasRegistryFiles(connection: HostConnection, items: readonly RegistryFile[]): Promise<boolean> {
  const script =
    'while read -r marker digest proof; do [ "$(cat "$marker" 2>/dev/null)" = "$digest" ] && [ -x "$proof" ] || exit 1; done';
  const list = items.map((item) => `${markerOf(item)} sha256:${item.file.sha256} ${item.proof}\n`).join('');
  return (await connection.run(script, [], { stdin: list })).exitCode === 0;
}

/**
 * Takes a file from the registry over the local network by containerd's own client, or from the host's own registry where
 * that holds it already; its hash is checked either way.
 * @param keep puts it into the storage of the host's own registry too, so that it crosses the network once.
 */
export async function fetchRegistryFile(
  connection: HostConnection,
  item: RegistryFile,
  keep: boolean,
  signal: AbortSignal,
): Promise<void> {
  if (await hasRegistryFiles(connection, [item])) return;
  await connection.check(
    `Get ${item.file.role}`,
    await readAsset('hosts/fetch-file.sh'),
    [
      `${bundleDomain}/files:latest`,
      `sha256:${item.file.sha256}`,
      keep ? hostPaths.registryStorage : '',
      item.target,
      item.file.archive ? 'archive' : 'file',
      markerOf(item),
      String(item.strip),
      ...item.members,
    ],
    { signal },
  );
}
