import { readAsset } from '../assets.ts';
import type { HostEntry } from '../cluster/document.ts';
import {
  type RegistryRotation,
  type RegistryStage,
  type RotationStore,
  registryStages,
  registryStandIn,
  registryUser,
} from '../cluster/secrets.ts';
import type { Step } from '../engine/step.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { hasFiles, type PlacedFile, placeFiles } from '../hosts/placed-files.ts';
import { mirrorFile, mirrorFiles } from './containerd.ts';
import { hasRegistry, type InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';
import { hostPaths } from './paths.ts';
import {
  acceptsLogins,
  copyMirror,
  loginsText,
  type RegistryLogin,
  registryFiles,
  restartRegistry,
} from './registry.ts';
import { splitImageName } from './registry-content.ts';

/** What the rotation of the registries' certificates and password works with. */
export type RegistryRotationContext = InstallContext & { readonly rotation: RotationStore };

/** Stages that are still to come: all hosts have come through those before the noted one. */
export function remainingStages(current: RegistryRotation | undefined): readonly RegistryStage[] {
  return registryStages.slice(current === undefined ? 0 : registryStages.indexOf(current.stage));
}

/** Stages of the registries; the others are of every node. */
export type ServerStage = Extract<RegistryStage, 'certificate' | 'accept' | 'replace' | 'retire'>;
export type NodeStage = Exclude<RegistryStage, ServerStage>;

const titles: Readonly<Record<RegistryStage, string>> = {
  certificate: 'Take a new certificate',
  accept: 'Accept the old and the new password',
  introduce: 'Ask the registries with the new password',
  replace: 'Give the new password to the usual user',
  settle: 'Ask the registries as the usual user',
  retire: 'Accept the new password only',
};

/**
 * Whom the registries accept at a stage. A file of users has one password for each, so a stand-in carries the nodes over
 * while that of the usual user changes.
 */
export function loginsAt(stage: ServerStage, old: string, next: string): readonly RegistryLogin[] {
  const usual = { user: registryUser, password: next };
  const standIn = { user: registryStandIn, password: next };
  switch (stage) {
    case 'certificate':
      return [{ user: registryUser, password: old }];
    case 'accept':
      return [{ user: registryUser, password: old }, standIn];
    case 'replace':
      return [usual, standIn];
    case 'retire':
      return [usual];
  }
}

/** Asks the registry for a blob of the bundle. Without a login it is asked as nodes ask. */
async function prove(
  context: InstallContext,
  host: HostEntry,
  connection: HostConnection,
  login?: RegistryLogin,
): Promise<void> {
  const image = context.bundle.images.find((one) => one.name.includes('/pause:'));
  if (image === undefined) return;
  const { domain, path } = splitImageName(image.name);
  const { port } = context.document.registry;
  const asked =
    login === undefined
      ? { place: domain, repository: path, mirror: '' }
      : {
          place: `${host.address}:${port}`,
          repository: `${domain}/${path}`,
          mirror: mirrorFile([host.address], port, undefined, `${login.user}:${login.password}`),
        };
  await connection.check(
    'Ask the registry for an image',
    await readAsset('hosts/registry-prove.sh'),
    [asked.place, asked.repository, image.digest.replace('sha256:', '')],
    { stdin: asked.mirror },
  );
}

/** One stage on a control plane's registry. */
export function rotateRegistry(
  context: RegistryRotationContext,
  host: HostEntry,
  stage: ServerStage,
  after: readonly string[],
): Step {
  const { rotation } = context;
  const { port } = context.document.registry;
  const certificateFiles = async (since: number): Promise<readonly PlacedFile[]> => {
    const { certificate, key } = await context.pki.registryCertificate(host, since);
    return [
      { path: registryFiles.certificate, content: certificate, mode: 0o644 },
      { path: registryFiles.key, content: key, mode: 0o600 },
    ];
  };
  // Written after the registry has answered with its new certificate.
  const marker = (since: number): PlacedFile => ({
    path: `${hostPaths.markers}/registry-certificate`,
    content: `${since}\n`,
    mode: 0o644,
  });
  return hostStep(context, {
    id: `registry/rotate-${stage}`,
    host: host.name,
    title: titles[stage],
    kind: 'control-plane',
    after,
    async probe({ connection }) {
      const { password, since } = rotation.begin();
      if (stage === 'certificate') {
        return hasFiles(connection, [...(await certificateFiles(since)), marker(since)]);
      }
      const logins = loginsAt(stage, context.secrets.registryPassword, password);
      return acceptsLogins(await connection.readFile(registryFiles.users), logins);
    },
    async apply({ connection }) {
      const { password, since } = rotation.begin();
      rotation.note(stage);
      const logins = loginsAt(stage, context.secrets.registryPassword, password);
      if (stage === 'certificate') {
        await placeFiles(connection, await certificateFiles(since));
        await restartRegistry(connection, port);
      } else {
        // The registry looks for a newer file at every request.
        const content = await loginsText(logins);
        await placeFiles(connection, [{ path: registryFiles.users, content, mode: 0o600 }]);
      }
      for (const login of logins) await prove(context, host, connection, login);
      if (stage === 'certificate') {
        const { path, content, mode } = marker(since);
        await connection.writeFile(path, content, mode);
      }
    },
  });
}

/** One stage on a node: it asks the registries with other credentials. */
export function rotateNode(
  context: RegistryRotationContext,
  host: HostEntry,
  stage: NodeStage,
  after: readonly string[],
): Step {
  const { rotation } = context;
  const files = (): readonly PlacedFile[] => {
    const user = stage === 'introduce' ? registryStandIn : registryUser;
    const credentials = `${user}:${rotation.begin().password}`;
    const copy = hasRegistry(context, host) ? [copyMirror(context, credentials)] : [];
    return [...mirrorFiles(context, host, credentials), ...copy];
  };
  return hostStep(context, {
    id: `registry/rotate-${stage}`,
    host: host.name,
    title: titles[stage],
    after,
    probe: ({ connection }) => hasFiles(connection, files()),
    async apply({ connection }) {
      rotation.note(stage);
      await placeFiles(connection, files());
      await prove(context, host, connection);
    },
  });
}
