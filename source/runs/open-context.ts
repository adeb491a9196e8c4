import path from 'node:path';
import { openBundle } from '../bundle/open.ts';
import type { KeyCustody } from '../certificates/authorities.ts';
import { openClusterPki } from '../certificates/cluster-pki.ts';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import { readPasswordFile } from '../cluster/load-document.ts';
import { type ClusterSecrets, openClusterSecrets } from '../cluster/secrets.ts';
import { LandfallError } from '../errors.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { gatherFacts } from '../hosts/gather-facts.ts';
import { openHostKeyStore } from '../hosts/host-keys.ts';
import { openJumpHosts } from '../hosts/jump-hosts.ts';
import { LocalConnection } from '../hosts/local-connection.ts';
import { SshConnection } from '../hosts/ssh-connection.ts';
import type { HostSecrets } from '../hosts/ssh-login.ts';
import type { ConnectedHost, InstallContext } from '../phases/context.ts';
import { hostPaths } from '../phases/paths.ts';
import type { TypedSecrets } from './request.ts';
import { tellingConnection } from './telling-connection.ts';

/** Login secrets of a host: what was typed, else what the document's files hold. */
export function hostSecrets(host: HostEntry, typed: TypedSecrets): HostSecrets {
  const { passwordFile, sudoPasswordFile } = host.ssh;
  return {
    ...(passwordFile === undefined ? {} : { password: readPasswordFile(passwordFile) }),
    ...(sudoPasswordFile === undefined ? {} : { sudoPassword: readPasswordFile(sudoPasswordFile) }),
    ...typed[host.name],
  };
}

/** Connections and facts of hosts, each made when first needed, kept, and made again after it failed. */
export type HostPool = {
  /** The connection alone, opened when it is first used. Throws HOST_UNKNOWN. */
  connection(name: string): HostConnection;
  host(name: string): Promise<ConnectedHost>;
  /** Every login secret in use, for the redactor. */
  secretValues(): readonly string[];
  close(): Promise<void>;
};

export function openHostPool(document: ClusterDocument, home: string, typed: TypedSecrets): HostPool {
  const keys = openHostKeyStore(path.join(home, 'known-hosts'));
  const jumpHosts = openJumpHosts(keys);
  const secrets = new Map(document.hosts.map((host) => [host.name, hostSecrets(host, typed)]));
  const values = [
    ...new Set(
      [...secrets.values()].flatMap((host) =>
        [host.password, host.sudoPassword, host.keyPassphrase].filter((value) => value !== undefined),
      ),
    ),
  ];
  const connections = new Map<string, HostConnection>();
  const connected = new Map<string, Promise<ConnectedHost>>();
  const connection = (name: string): HostConnection => {
    const known = connections.get(name);
    if (known !== undefined) return known;
    const entry = document.hosts.find((host) => host.name === name);
    if (entry === undefined) {
      throw new LandfallError({
        code: 'HOST_UNKNOWN',
        message: `The cluster document has no host named ${name}.`,
        exitStatus: 2,
      });
    }
    const made =
      entry.connection === 'local'
        ? new LocalConnection(entry.name)
        : new SshConnection(entry, secrets.get(name) ?? {}, keys, jumpHosts);
    connections.set(name, made);
    return made;
  };
  return {
    connection,
    host(name) {
      const known = connected.get(name);
      if (known !== undefined) return known;
      const made = (async () => {
        const own = connection(name);
        return { connection: tellingConnection(own), facts: await gatherFacts(own) };
      })();
      connected.set(name, made);
      made.catch(() => connected.delete(name));
      return made;
    },
    secretValues: () => values,
    async close() {
      await Promise.allSettled([...connections.values()].map((own) => own.close()));
    },
  };
}

/** How the keys of a cluster's authorities are kept, as its document says. */
export function keyCustody(document: ClusterDocument, pool: HostPool): KeyCustody {
  const { authorityFolder, authorityKeys, passphraseFile } = document.certificates;
  return {
    ...(authorityFolder === undefined ? {} : { given: authorityFolder }),
    ...(authorityKeys === 'encrypted' && passphraseFile !== undefined
      ? { passphrase: readPasswordFile(passphraseFile) }
      : {}),
    ...(authorityKeys === 'control-planes'
      ? { fetch: (name: string) => keyOnControlPlanes(document, pool, name) }
      : {}),
  };
}

async function keyOnControlPlanes(
  document: ClusterDocument,
  pool: HostPool,
  name: string,
): Promise<string | undefined> {
  for (const plane of document.hosts.filter((host) => host.role === 'control-plane')) {
    try {
      const key = await (await pool.host(plane.name)).connection.readFile(`${hostPaths.kubernetesPki}/${name}`);
      if (key !== undefined) return key;
    } catch {
      // Another control plane may be reached.
    }
  }
  return undefined;
}

export type OpenedContext = {
  readonly context: InstallContext;
  readonly secrets: ClusterSecrets;
  readonly pool: HostPool;
};

/** Opens all that an install works with. `home` is the cluster's folder on the operator machine. */
export async function openInstallContext(
  document: ClusterDocument,
  bundleDirectory: string,
  home: string,
  typed: TypedSecrets,
): Promise<OpenedContext> {
  const pool = openHostPool(document, home, typed);
  const [bundle, pki] = await Promise.all([
    openBundle(bundleDirectory),
    openClusterPki(path.join(home, 'pki'), document, keyCustody(document, pool)),
  ]);
  const secrets = openClusterSecrets(home);
  return {
    context: { document, bundle, secrets, pki, home, host: (name) => pool.host(name) },
    secrets,
    pool,
  };
}
