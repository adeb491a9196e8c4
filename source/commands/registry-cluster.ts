import { clusterHome } from '../cluster/home.ts';
import { chooseCluster } from '../cluster/known-cluster.ts';
import { LandfallError } from '../errors.ts';
import type { InstallContext } from '../phases/context.ts';
import { openInstallContext } from '../runs/open-context.ts';

/** What help says of the argument that names a cluster. */
export const clusterArgument = 'name of the cluster, or its document; the only one known unless given';

/** A known cluster with the bundle it was installed from. Throws BUNDLE_MISSING. */
export function withBundle(cluster: string | undefined) {
  const { document, bundle } = chooseCluster(cluster);
  if (bundle === undefined) {
    throw new LandfallError({
      code: 'BUNDLE_MISSING',
      message: 'No bundle is known for this cluster.',
      fix: 'Run landfall apply with --bundle once.',
      exitStatus: 2,
    });
  }
  return { document, bundle };
}

/** Throws USAGE for an output format that is none. */
export function requireFormat(output: string): void {
  if (output === 'text' || output === 'json') return;
  throw new LandfallError({
    code: 'USAGE',
    message: `There is no output format named ${output}.`,
    fix: 'Use --output text or --output json.',
    exitStatus: 2,
  });
}

/** Opens a known cluster, works in it, and closes all connections. */
export async function inContext(
  cluster: string | undefined,
  work: (context: InstallContext, home: string) => Promise<void>,
): Promise<void> {
  const { document, bundle } = withBundle(cluster);
  const home = clusterHome(document.name);
  const { context, pool } = await openInstallContext(document, bundle, home, {});
  try {
    await work(context, home);
  } finally {
    await pool.close();
  }
}
