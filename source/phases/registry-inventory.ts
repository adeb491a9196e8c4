import type { RegistryContent } from './registry-content.ts';

/** What the storage of one registry holds, as it was read and hashed. */
export type RegistryInventory = {
  /** By lower-case hex digest. */
  readonly blobs: ReadonlyMap<string, { readonly size: number; readonly whole: boolean }>;
  /** Lines in the form of `registry-link.sh`. */
  readonly links: ReadonlySet<string>;
};

/** What one registry lacks of what it shall hold. */
export type RegistryDifference = {
  /** Hex digests of blobs that are not there. */
  readonly missing: readonly string[];
  /** Hex digests of blobs whose bytes are not what their name says. */
  readonly damaged: readonly string[];
  /** Links that are not there; of a tag also when it names something else. */
  readonly links: readonly string[];
  /** Tags that name something else, as `REPOSITORY:TAG`. */
  readonly changedTags: readonly string[];
};

/** Reads the link of a registry's storage back into the line it was made from; undefined for one that is only an index. */
export function linkLine(path: string, hex: string): string | undefined {
  const match = /^repositories\/(.+)\/(_layers|_manifests\/revisions|_manifests\/tags)\/(.+)\/link$/.exec(path);
  if (match === null) return undefined;
  const [, repository = '', kind, rest = ''] = match;
  if (kind === '_manifests/tags') {
    const tag = /^([^/]+)\/current$/.exec(rest)?.[1];
    return tag === undefined ? undefined : `tag ${repository} ${tag} ${hex}`;
  }
  // A link that names another digest than its own place is none.
  if (rest !== `sha256/${hex}`) return undefined;
  return `${kind === '_layers' ? 'layer' : 'manifest'} ${repository} ${hex}`;
}

/** Understands what `registry-inventory.sh` prints. */
export function parseInventory(text: string): RegistryInventory {
  const sizes = new Map<string, number>();
  const hashes = new Map<string, string>();
  const links = new Set<string>();
  for (const line of text.split('\n')) {
    const size = /^size (\d+) blobs\/sha256\/..\/([0-9a-f]{64})\/data$/.exec(line);
    const hash = /^([0-9a-f]{64}) \*blobs\/sha256\/..\/([0-9a-f]{64})\/data$/.exec(line);
    const link = /^(repositories\/.+\/link):sha256:([0-9a-f]{64})$/.exec(line);
    if (size !== null) sizes.set(size[2] ?? '', Number(size[1]));
    else if (hash !== null) hashes.set(hash[2] ?? '', hash[1] ?? '');
    else if (link !== null) {
      const known = linkLine(link[1] ?? '', link[2] ?? '');
      if (known !== undefined) links.add(known);
    }
  }
  const blobs = [...sizes].map(([hex, size]) => [hex, { size, whole: hashes.get(hex) === hex }] as const);
  return { blobs: new Map(blobs), links };
}

const tagKey = (line: string): string | undefined => /^tag (\S+ \S+) [0-9a-f]+$/.exec(line)?.[1];

/**
 * What every registry shall hold: the bundle's content, and what users pushed to any of them. The bundle decides what its
 * tags name; a tag of a user that differs is what most registries say it is, the first ones where they are even.
 */
export function wantedContent(
  bundle: RegistryContent,
  inventories: readonly RegistryInventory[],
): RegistryContent & { readonly foreign: ReadonlySet<string> } {
  const blobs = new Map(bundle.blobs.map((blob) => [blob.digest, blob]));
  const links = new Set(bundle.links);
  const own = new Set(bundle.links.map(tagKey).filter((key) => key !== undefined));
  const votes = new Map<string, Map<string, number>>();
  const foreign = new Set<string>();
  for (const inventory of inventories) {
    for (const line of inventory.links) {
      const key = tagKey(line);
      if (key !== undefined) {
        if (own.has(key)) continue;
        const counted = votes.get(key) ?? new Map<string, number>();
        votes.set(key, counted.set(line, (counted.get(line) ?? 0) + 1));
        continue;
      }
      const [kind, repository = '', hex = ''] = line.split(' ');
      const digest = `sha256:${hex}`;
      const held = inventories.map((each) => each.blobs.get(hex)).find((blob) => blob?.whole === true);
      if (held === undefined && !blobs.has(digest)) {
        // Nothing can bring it back where no registry has it whole; it is told where one has it damaged.
        if (!inventories.some((each) => each.blobs.has(hex))) continue;
      }
      links.add(line);
      // Registries give manifests as blobs to one another only where they are linked as such.
      if (kind === 'manifest' && !blobs.has(digest)) links.add(`layer ${repository} ${hex}`);
      if (!blobs.has(digest)) {
        const size =
          held?.size ?? inventories.map((each) => each.blobs.get(hex)?.size).find((one) => one !== undefined);
        blobs.set(digest, { digest, size: size ?? 0, repository });
        foreign.add(hex);
      }
    }
  }
  for (const counted of votes.values()) {
    const [best] = [...counted].sort(([, left], [, right]) => right - left);
    if (best !== undefined && blobs.has(`sha256:${best[0].split(' ').at(-1)}`)) links.add(best[0]);
  }
  return { blobs: [...blobs.values()], links: [...links], foreign };
}

/** Compares what a registry holds with what it shall hold. */
export function compareInventory(inventory: RegistryInventory, wanted: RegistryContent): RegistryDifference {
  const hexes = wanted.blobs.map((blob) => blob.digest.replace('sha256:', ''));
  const links = wanted.links.filter((line) => !inventory.links.has(line));
  const present = new Set([...inventory.links].map(tagKey));
  return {
    missing: hexes.filter((hex) => !inventory.blobs.has(hex)),
    damaged: [...inventory.blobs].filter(([, blob]) => !blob.whole).map(([hex]) => hex),
    links,
    changedTags: links.flatMap((line) => {
      const key = tagKey(line);
      return key !== undefined && present.has(key) ? [key.replace(' ', ':')] : [];
    }),
  };
}

/** Whether nothing is wrong. */
export function isSame(difference: RegistryDifference): boolean {
  return difference.missing.length + difference.damaged.length + difference.links.length === 0;
}
