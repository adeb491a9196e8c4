import { rmSync } from 'node:fs';
import path from 'node:path';
import { readAsset } from '../assets.ts';
import { type ImageName, nameInBundle } from '../bundle/image-name.ts';
import { type ImageOrigin, type OwnImages, openOwnImages } from '../bundle/image-source.ts';
import type { HostEntry } from '../cluster/document.ts';
import type { Step, StepReporter } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import type { HostConnection } from '../hosts/connection.ts';
import type { InstallContext } from './context.ts';
import { hostStep } from './host-step.ts';
import { hostPaths } from './paths.ts';
import { missingBlobs, sendBlobs, wholeContent } from './registry.ts';
import { ownContent, type RegistryContent } from './registry-content.ts';
import { fetchFromPeers, writeLinkLines } from './registry-repair.ts';

/** What is pushed, and the name it gets where it shall not keep its own. */
export type PushRequest = { readonly origin: ImageOrigin; readonly name?: ImageName };

/** Folder of the operator machine in which images are read. */
export const pushFolder = (home: string): string => path.join(home, 'push');

/** Gives back the room the images took on the operator machine. */
export function forgetPush(home: string): void {
  rmSync(pushFolder(home), { recursive: true, force: true });
}

/** What the steps of a push share in one run. */
export type Push = {
  /** The images, read once; `reporter` is of the step that reads them. */
  read(reporter: StepReporter): Promise<OwnImages>;
  /** The control plane that gets the bytes from here; settled when it has them or has failed. */
  sender: { readonly host: HostEntry; readonly done: Promise<boolean> } | undefined;
};

/** A push that has not begun. */
export function openPush(context: InstallContext, { origin, name }: PushRequest): Push {
  let images: Promise<OwnImages> | undefined;
  return {
    sender: undefined,
    read(reporter) {
      images ??= openOwnImages(
        origin,
        pushFolder(context.home),
        name,
        context.bundle.architectures,
        reporter.signal,
        (done, total) => reporter.progress(done, total, 'bytes'),
      );
      // Another try reads again.
      images.catch(() => {
        images = undefined;
      });
      return images;
    },
  };
}

const tagOf = (line: string): { readonly key: string; readonly hex: string } | undefined => {
  const match = /^tag (\S+ \S+) ([0-9a-f]+)$/.exec(line);
  return match === null ? undefined : { key: match[1] ?? '', hex: match[2] ?? '' };
};

/** Throws REGISTRY_TAG_OF_BUNDLE where a name belongs to another image of the bundle. */
export function refuseBundleTags(wanted: RegistryContent, bundle: RegistryContent): void {
  const own = new Map(bundle.links.flatMap((line) => tagOf(line) ?? []).map(({ key, hex }) => [key, hex]));
  for (const tag of wanted.links.flatMap((line) => tagOf(line) ?? [])) {
    const hex = own.get(tag.key);
    if (hex === undefined || hex === tag.hex) continue;
    const name = tag.key.replace(' ', ':');
    throw new LandfallError({
      code: 'REGISTRY_TAG_OF_BUNDLE',
      message: `${name} is an image of the bundle, sha256:${hex}, and what runs in the cluster relies on it.`,
      fix: 'Give your image another name or tag with --name.',
      exitStatus: 2,
    });
  }
}

/** Throws IMAGE_ARCHITECTURE for an image that no node of the bundle could run. */
export function refuseForeign({ images }: OwnImages, architectures: readonly string[]): void {
  for (const { names, tree } of images) {
    if ([...tree.architectures].some((one) => one === '' || architectures.includes(one))) continue;
    throw new LandfallError({
      code: 'IMAGE_ARCHITECTURE',
      message: `${names.map(nameInBundle).join(', ')} is made for ${[...tree.architectures].join(', ')}; the cluster is ${architectures.join(', ')}.`,
      fix: 'Build the image for that architecture.',
      exitStatus: 2,
    });
  }
}

/** Reads the images on the operator machine, proves them, and looks whether they may be pushed under their names. */
export function readImages(context: InstallContext, push: Push): Step {
  const read = async (reporter: StepReporter): Promise<void> => {
    const own = await push.read(reporter);
    refuseForeign(own, context.bundle.architectures);
    refuseBundleTags(ownContent(own.images), await wholeContent(context));
    for (const { names, digest } of own.images) reporter.output(`${names.map(nameInBundle).join(', ')} is ${digest}`);
  };
  return {
    id: 'registry/read@operator',
    phase: 'registry',
    host: 'operator',
    title: 'Read the images',
    kind: 'operator',
    after: [],
    async probe(reporter) {
      await read(reporter);
      return { state: 'done' };
    },
    apply: read,
    verify: read,
  };
}

type NamedTag = { readonly repository: string; readonly tag: string; readonly hex: string };

async function tagsOn(connection: HostConnection, images: OwnImages['images']): Promise<readonly NamedTag[]> {
  const names = images.flatMap((image) => image.names);
  const output = await connection.check(
    'Look for the names in the registry',
    await readAsset('hosts/registry-tags.sh'),
    [hostPaths.registryStorage],
    { stdin: names.map(({ repository, tag }) => `${repository} ${tag}\n`).join('') },
  );
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [repository = '', tag = '', hex = ''] = line.split(' ');
      return { repository, tag, hex };
    });
}

/**
 * Nodes find an image by its path, whatever domain its name begins with, so two images with one path and tag would be one
 * to them. Throws REGISTRY_NAME_TAKEN.
 */
function refuseTaken(images: OwnImages['images'], known: readonly NamedTag[]): void {
  for (const { names, digest } of images) {
    for (const { domain, repository, tag } of names) {
      const other = known.find(
        (one) =>
          one.tag === tag &&
          one.repository.endsWith(`/${repository}`) &&
          one.repository !== `${domain}/${repository}` &&
          `sha256:${one.hex}` !== digest,
      );
      if (other === undefined) continue;
      throw new LandfallError({
        code: 'REGISTRY_NAME_TAKEN',
        message: `${other.repository}:${tag} is another image of the same path, and nodes look for ${repository}:${tag} whatever domain a name begins with.`,
        fix: `Give your image another name or tag with --name, or take the other away: landfall registry remove ${other.repository}:${tag}`,
        exitStatus: 2,
      });
    }
  }
}

/** Brings the blobs: one control plane gets them from here, the others from that one. */
async function bringBlobs(
  context: InstallContext,
  push: Push,
  host: HostEntry,
  connection: HostConnection,
  reporter: StepReporter,
): Promise<void> {
  const own = await push.read(reporter);
  const wanted = ownContent(own.images);
  const send = async (): Promise<void> => sendBlobs(own.openBlob, connection, wanted, reporter);
  if (push.sender === undefined || push.sender.host.name === host.name) {
    let end: (good: boolean) => void = () => undefined;
    const done = new Promise<boolean>((resolve) => {
      end = resolve;
    });
    push.sender = { host, done };
    try {
      await send();
      // The others can ask for what is linked only.
      await writeLinkLines(connection, wanted.links);
      end(true);
    } catch (error) {
      end(false);
      throw error;
    }
    return;
  }
  const { host: sender, done } = push.sender;
  if (await done) {
    const missing = await missingBlobs(connection, wanted);
    const blobs = wanted.blobs.filter((blob) => missing.has(blob.digest));
    if (blobs.length > 0) await fetchFromPeers(context, [sender], connection, blobs, reporter);
  }
  await send();
}

/** The registry of a control plane holds the images under their names. */
export function pushImages(context: InstallContext, push: Push, host: HostEntry): Step {
  return hostStep(context, {
    id: 'registry/push',
    host: host.name,
    title: 'Bring the images into the registry',
    kind: 'upload',
    after: [`connect/host@${host.name}`, 'registry/read@operator'],
    async probe({ connection }, reporter) {
      const { images } = await push.read(reporter);
      const wanted = ownContent(images);
      const known = await tagsOn(connection, images);
      refuseTaken(images, known);
      const here = new Map(known.map(({ repository, tag, hex }) => [`${repository} ${tag}`, hex]));
      const named = wanted.links.flatMap((line) => tagOf(line) ?? []).every(({ key, hex }) => here.get(key) === hex);
      if (!named || (await missingBlobs(connection, wanted)).size > 0) return false;
      push.sender ??= { host, done: Promise.resolve(true) };
      return true;
    },
    async apply({ connection }, reporter) {
      await bringBlobs(context, push, host, connection, reporter);
      // Tags are the last lines of each image, so that none names what is not there.
      await writeLinkLines(connection, ownContent((await push.read(reporter)).images).links);
    },
  });
}
