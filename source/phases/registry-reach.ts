import { parseManifest } from '../bundle/oci.ts';
import type { RegistryContent } from './registry-content.ts';
import { linkLine } from './registry-inventory.ts';

/** What the storage of one registry holds, with what its manifests name. */
export type RegistrySurvey = {
  /** Hash of all its links, by which a change is noticed. */
  readonly state: string;
  /** Bytes by lower-case hex digest. */
  readonly blobs: ReadonlyMap<string, number>;
  /** Lines in the form of `registry-link.sh`. */
  readonly links: ReadonlySet<string>;
  /** Links and blobs that are so young that a push may be about to name them; blobs as `blob HEX`. */
  readonly fresh: ReadonlySet<string>;
  /** What each manifest names, by hex; one that cannot be read is not among them. */
  readonly manifests: ReadonlyMap<string, { readonly names: readonly string[]; readonly config: string | undefined }>;
};

/** What goes from one registry. */
export type Removal = {
  /** Lines for `registry-remove.sh`, links before blobs. */
  readonly lines: readonly string[];
  readonly tags: readonly string[];
  readonly blobs: number;
  readonly bytes: number;
};

const hexOf = (digest: string): string => digest.replace('sha256:', '');
const blobPath = /^blobs\/sha256\/..\/([0-9a-f]{64})\/data$/;

function namesIn(
  content: Buffer,
): { readonly names: readonly string[]; readonly config: string | undefined } | undefined {
  try {
    const manifest = parseManifest(content, 'a manifest');
    const parts = [manifest.config, ...(manifest.layers ?? []), ...(manifest.manifests ?? [])];
    return {
      names: parts.flatMap((part) => (part === undefined ? [] : [hexOf(part.digest)])),
      config: manifest.config === undefined ? undefined : hexOf(manifest.config.digest),
    };
  } catch {
    return undefined;
  }
}

/** Understands what `registry-survey.sh` prints. */
export function parseSurvey(text: string): RegistrySurvey {
  let state = '';
  const blobs = new Map<string, number>();
  const links = new Map<string, string>();
  const young: string[] = [];
  const manifests = new Map<string, { names: readonly string[]; config: string | undefined }>();
  for (const line of text.split('\n')) {
    const [word = '', first = '', second = ''] = line.split(' ');
    const link = /^(repositories\/.+\/link):sha256:([0-9a-f]{64})$/.exec(line);
    if (link !== null) {
      const known = linkLine(link[1] ?? '', link[2] ?? '');
      if (known !== undefined) links.set(link[1] ?? '', known);
    } else if (word === 'state') state = first;
    else if (word === 'blob') blobs.set(second, Number(first));
    else if (word === 'fresh') young.push(line.slice('fresh '.length));
    else if (word === 'manifest') {
      const names = namesIn(Buffer.from(second, 'base64'));
      if (names !== undefined) manifests.set(first, names);
    }
  }
  const fresh = young.flatMap((path) => {
    const hex = blobPath.exec(path)?.[1];
    return hex === undefined ? (links.get(path) ?? []) : [`blob ${hex}`];
  });
  return { state, blobs, links: new Set(links.values()), fresh: new Set(fresh), manifests };
}

/**
 * What the registries of all control planes hold together. What goes is planned over this, so that they hold the same
 * afterwards: what one of them has reason to keep stays in all.
 */
export function mergeSurveys(surveys: readonly RegistrySurvey[]): RegistrySurvey {
  return {
    state: '',
    blobs: new Map(surveys.flatMap((survey) => [...survey.blobs])),
    links: new Set(surveys.flatMap((survey) => [...survey.links])),
    fresh: new Set(surveys.flatMap((survey) => [...survey.fresh])),
    manifests: new Map(surveys.flatMap((survey) => [...survey.manifests])),
  };
}

/** Everything that these manifests lead to, themselves included. */
export function reachedFrom(survey: RegistrySurvey, roots: Iterable<string>): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [...roots];
  for (let hex = open.pop(); hex !== undefined; hex = open.pop()) {
    if (reached.has(hex)) continue;
    reached.add(hex);
    for (const name of survey.manifests.get(hex)?.names ?? []) {
      if (survey.manifests.has(name)) open.push(name);
      else reached.add(name);
    }
  }
  return reached;
}

type Link = { readonly kind: string; readonly repository: string; readonly what: string; readonly hex: string };

function parseLink(line: string): Link {
  const [kind = '', repository = '', what = '', hex = what] = line.split(' ');
  return { kind, repository, what, hex };
}

/**
 * What nothing reaches any more. Kept are the bundle's content; what the other tags lead to; what the cluster runs, by the
 * digests of manifests or configurations; and what is so young that a push may be about to name it.
 * @param removed keys of tags that shall go, as `REPOSITORY TAG`
 */
export function planRemoval(
  survey: RegistrySurvey,
  bundle: RegistryContent,
  used: ReadonlySet<string>,
  removed: ReadonlySet<string>,
): Removal {
  const ofBundle = new Set(bundle.links);
  const kept = new Set<string>();
  const links = [...survey.links].map((line) => ({ line, ...parseLink(line) }));
  const repositories = Map.groupBy(links, (link) => link.repository);
  const keptBlobs = new Set(bundle.blobs.map((blob) => hexOf(blob.digest)));
  const leaving = links.filter((link) => link.kind === 'tag' && removed.has(`${link.repository} ${link.what}`));
  const given = reachedFrom(
    survey,
    leaving.map((link) => link.hex),
  );
  const emptied = new Set(leaving.map((link) => link.repository));
  // What was whole enough to have a tag is no push that goes on, but in another repository one may.
  const isFresh = ({ line, hex, repository }: Link & { readonly line: string }): boolean =>
    (survey.fresh.has(line) || survey.fresh.has(`blob ${hex}`)) && !(given.has(hex) && emptied.has(repository));
  for (const own of repositories.values()) {
    const tags = own.filter((link) => link.kind === 'tag' && !removed.has(`${link.repository} ${link.what}`));
    const manifests = own.filter((link) => link.kind === 'manifest');
    const isUsed = (hex: string): boolean => used.has(hex) || used.has(survey.manifests.get(hex)?.config ?? '');
    const roots = [
      ...tags.map((link) => link.hex),
      ...manifests
        .filter((link) => ofBundle.has(link.line) || isUsed(link.hex) || isFresh(link))
        .map((link) => link.hex),
    ];
    const reached = reachedFrom(survey, roots);
    // Of a manifest that is damaged or not there nobody knows what it leads to; `registry repair` comes first.
    const unknown = [...tags, ...manifests].some((link) => reached.has(link.hex) && !survey.manifests.has(link.hex));
    for (const link of own) {
      const keep =
        link.kind === 'tag'
          ? tags.includes(link)
          : unknown || ofBundle.has(link.line) || reached.has(link.hex) || used.has(link.hex) || isFresh(link);
      if (!keep) continue;
      kept.add(link.line);
      keptBlobs.add(link.hex);
    }
    for (const hex of reached) keptBlobs.add(hex);
  }
  const gone = links.filter((link) => !kept.has(link.line));
  const blobs = [...survey.blobs].filter(
    ([hex]) => !keptBlobs.has(hex) && !used.has(hex) && !(survey.fresh.has(`blob ${hex}`) && !given.has(hex)),
  );
  const ofKind = (kind: string): readonly string[] =>
    gone.filter((link) => link.kind === kind).map((link) => `${kind} ${link.repository} ${link.what}`);
  return removalOf(
    [...new Set(ofKind('tag')), ...ofKind('manifest'), ...ofKind('layer'), ...blobs.map(([hex]) => `blob ${hex}`)],
    survey,
  );
}

function removalOf(lines: readonly string[], { blobs }: RegistrySurvey): Removal {
  const after = (kind: string): readonly string[] =>
    lines.flatMap((line) => (line.startsWith(`${kind} `) ? [line.slice(kind.length + 1)] : []));
  const sizes = after('blob').map((hex) => blobs.get(hex) ?? 0);
  return {
    lines,
    tags: after('tag').map((key) => key.replace(' ', ':')),
    blobs: sizes.length,
    bytes: sizes.reduce((sum, size) => sum + size, 0),
  };
}

/** The part of a removal that one registry has. */
export function removalFrom(survey: RegistrySurvey, { lines }: Removal): Removal {
  const held = new Set([
    ...[...survey.links].map((line) => line.replace(/^(tag \S+ \S+) .*$/, '$1')),
    ...[...survey.blobs.keys()].map((hex) => `blob ${hex}`),
  ]);
  return removalOf(
    lines.filter((line) => held.has(line)),
    survey,
  );
}
