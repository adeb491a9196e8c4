import type { Architecture, Bundle, BundleFile, BundleImage } from '../bundle/contents.ts';
import { imageTree } from '../bundle/image-tree.ts';
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

/**
 * Plans the content of a registry. Each image stands under its name with the domain before it, which is where the mirror
 * files of known domains look, and under its bare path, where any other name of it is looked for.
 */
export async function registryContent(
  bundle: Bundle,
  images: readonly BundleImage[],
  architectures: readonly Architecture[],
): Promise<RegistryContent> {
  const blobs = new Map<string, { digest: string; size: number; repository: string }>();
  const links: string[] = [];
  for (const image of images) {
    const { domain, path, tag } = splitImageName(image.name);
    const tree = await imageTree(bundle, image, architectures);
    // Control planes copy manifests from one another as blobs, which a registry gives only where they are linked as such.
    for (const manifest of tree.manifests) links.push(`layer ${domain}/${path} ${hex(manifest.digest)}`);
    for (const repository of [`${domain}/${path}`, path]) {
      for (const blob of tree.blobs) links.push(`layer ${repository} ${hex(blob.digest)}`);
      for (const manifest of tree.manifests) links.push(`manifest ${repository} ${hex(manifest.digest)}`);
      links.push(`tag ${repository} ${tag} ${hex(image.digest)}`);
    }
    for (const blob of [...tree.blobs, ...tree.manifests])
      blobs.set(blob.digest, { ...blob, repository: `${domain}/${path}` });
  }
  return { blobs: [...blobs.values()], links };
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
