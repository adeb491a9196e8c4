import type { Architecture, Bundle, BundleFile, BundleImage } from '../bundle/contents.ts';
import type { OwnImage } from '../bundle/image-source.ts';
import { type ImageTree, imageTree } from '../bundle/image-tree.ts';
import { bundleDomain } from './paths.ts';

/** Everything a registry must hold for a set of images and files, in terms of its own storage. */
export type RegistryContent = {
  /** Distinct blobs. */
  readonly blobs: readonly { readonly digest: string; readonly size: number; readonly repository: string }[];
  /** Lines for `registry-link.sh`. */
  readonly links: readonly string[];
};

/** Splits `registry.k8s.io/pause:3.10.2`; a digest behind the tag is dropped. */
export function splitImageName(name: string): { readonly domain: string; readonly path: string; readonly tag: string } {
  const [reference = name] = name.split('@');
  const slash = reference.indexOf('/');
  const colon = reference.lastIndexOf(':');
  const tagged = colon > slash;
  return {
    domain: reference.slice(0, slash),
    path: reference.slice(slash + 1, tagged ? colon : undefined),
    tag: tagged ? reference.slice(colon + 1) : 'latest',
  };
}

const hex = (digest: string): string => digest.replace('sha256:', '');

/** What one image is in these repositories, under a tag; blobs are asked of the first one. */
function imageContent(
  tree: ImageTree,
  digest: string,
  repositories: readonly [string, ...string[]],
  tag: string,
): RegistryContent {
  const [first] = repositories;
  // Control planes copy manifests from one another as blobs, which a registry gives only where they are linked as such.
  const links = tree.manifests.map((manifest) => `layer ${first} ${hex(manifest.digest)}`);
  for (const repository of repositories) {
    for (const blob of tree.blobs) links.push(`layer ${repository} ${hex(blob.digest)}`);
    for (const manifest of tree.manifests) links.push(`manifest ${repository} ${hex(manifest.digest)}`);
    links.push(`tag ${repository} ${tag} ${hex(digest)}`);
  }
  return { blobs: [...tree.blobs, ...tree.manifests].map((blob) => ({ ...blob, repository: first })), links };
}

/**
 * Plans the content of a registry. Each image stands under its name with the domain before it, which is where the mirror
 * files of known domains look, and under its bare path, where any other name of it is looked for.
 */
export async function registryContent(
  bundle: Bundle,
  images: readonly BundleImage[],
  architectures: readonly Architecture[],
): Promise<RegistryContent> {
  const parts: RegistryContent[] = [];
  for (const image of images) {
    const { domain, path, tag } = splitImageName(image.name);
    const tree = await imageTree(bundle, image, architectures);
    parts.push(imageContent(tree, image.digest, [`${domain}/${path}`, path], tag));
  }
  return mergeContent(...parts);
}

/** Repositories in which an image of this name stands; a domain with a port cannot be the beginning of one. */
export function repositoriesOf(domain: string, path: string): readonly [string, ...string[]] {
  return /^[a-z0-9]+([.-]+[a-z0-9]+)*$/.test(domain) ? [`${domain}/${path}`, path] : [path];
}

/**
 * What the images of a user are in a registry, under all their names. Nobody knows later in which of its repositories a
 * manifest is to be asked for, so each has it as a blob too.
 */
export function ownContent(images: readonly OwnImage[]): RegistryContent {
  return mergeContent(
    ...images.flatMap(({ names, digest, tree }) =>
      names.map(({ domain, repository, tag = 'latest' }) =>
        mergeContent(...repositoriesOf(domain, repository).map((own) => imageContent(tree, digest, [own], tag))),
      ),
    ),
  );
}

/** Files of the bundle as blobs of one repository, for these architectures. */
export function fileContent(all: readonly BundleFile[], architectures: readonly Architecture[]): RegistryContent {
  const repository = `${bundleDomain}/files`;
  const files = all.filter((file) => architectures.includes(file.architecture));
  return {
    blobs: files.map((file) => ({ digest: `sha256:${file.sha256}`, size: file.size, repository })),
    links: files.map((file) => `layer ${repository} ${file.sha256}`),
  };
}

export function mergeContent(...parts: readonly RegistryContent[]): RegistryContent {
  const blobs = new Map(parts.flatMap((part) => part.blobs).map((blob) => [blob.digest, blob]));
  return { blobs: [...blobs.values()], links: [...new Set(parts.flatMap((part) => part.links))] };
}
