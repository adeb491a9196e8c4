import { existsSync, readdirSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { loadCatalogue } from '../../applications/catalogue.ts';
import { readIndex, readSummary } from '../../bundle/layout.ts';
import { openBundle } from '../../bundle/open.ts';
import type { BundleSummary } from '../../bundle/summary.ts';
import { landfallHome } from '../../cluster/home.ts';
import { toLandfallError } from '../../errors.ts';
import type { BundleInfo, Problem } from '../../presenters/terminal/services.ts';

/** Folders below which each folder may be a medium. */
function mediaRoots(): readonly string[] {
  const user = process.env['USER'] ?? '';
  return process.platform === 'darwin'
    ? ['/Volumes']
    : ['/media', `/media/${user}`, '/run/media', `/run/media/${user}`, '/mnt'];
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map((entry) => path.join(folder, entry.name));
  } catch {
    return [];
  }
}

/** True for a folder that looks like an OCI image layout; anything more is found by opening it. */
function looksLikeBundle(folder: string): boolean {
  return existsSync(path.join(folder, 'oci-layout')) && existsSync(path.join(folder, 'index.json'));
}

/** Where the program itself lies: on a stick, the bundle is beside it. */
function programFolder(): string {
  return path.dirname(path.resolve(process.argv[1] ?? '.'));
}

type Place = { readonly folder: string; readonly removable: boolean; readonly medium?: string };

/** The folder itself and what lies one level below. */
function around(folder: string, removable: boolean, medium?: string): readonly Place[] {
  const named = medium === undefined ? {} : { medium };
  return [folder, ...foldersIn(folder)].map((entry) => ({ folder: entry, removable, ...named }));
}

/** Places that are looked at, each once, the operator machine's own first. */
export function bundlePlaces(): readonly Place[] {
  const own = [
    path.join(landfallHome(), 'bundles'),
    process.cwd(),
    path.join(process.cwd(), 'offline-bundle'),
    path.join(homedir(), 'Downloads'),
    homedir(),
    '/srv',
    '/opt',
    programFolder(),
    path.dirname(programFolder()),
  ];
  const media = mediaRoots()
    .flatMap(foldersIn)
    .flatMap((medium) => around(medium, true, path.basename(medium)));
  const places = [...media, ...own.flatMap((folder) => around(folder, false))];
  const seen = new Set<string>();
  return places.filter(({ folder }) => {
    const known = seen.has(folder);
    seen.add(folder);
    return !known;
  });
}

/** Applications of the catalogue whose images are all in the bundle, those of the components they need too. */
export function applicationsIn(summary: BundleSummary): readonly string[] {
  const held = new Set(summary.images.map(({ name }) => name));
  const { packages } = loadCatalogue();
  const complete = (name: string): boolean => {
    const found = packages.find((entry) => entry.name === name);
    if (found === undefined) return false;
    return Object.values(found.images).every((image) => held.has(image)) && found.dependsOn.every(complete);
  };
  return packages.filter(({ role, name }) => role === 'application' && complete(name)).map(({ name }) => name);
}

async function wholeOrProblem(directory: string): Promise<Problem | undefined> {
  try {
    await openBundle(directory);
    return undefined;
  } catch (thrown) {
    const { code, message, fix } = toLandfallError(thrown);
    return { code, message, ...(fix === undefined ? {} : { fix }) };
  }
}

/** What a bundle is, with why it cannot be used where it cannot. Throws when the folder is no bundle at all. */
export async function inspectBundle(place: Place): Promise<BundleInfo> {
  const index = await readIndex(place.folder);
  const { summary } = await readSummary(place.folder, index);
  const problem = await wholeOrProblem(place.folder);
  const images = summary.images.reduce((sum, image) => sum + image.size, 0);
  const files = summary.files.reduce((sum, file) => sum + file.size, 0);
  return {
    directory: place.folder,
    removable: place.removable,
    ...(place.medium === undefined ? {} : { medium: place.medium }),
    kubernetesVersion: summary.kubernetesVersion,
    architectures: summary.architectures,
    images: summary.images.length,
    applications: applicationsIn(summary),
    size: images + files,
    built: summary.created,
    signature: 'unsigned',
    ...(problem === undefined ? {} : { problem }),
  };
}

export type BundleSearch = (onFound: (bundle: BundleInfo) => void, signal: AbortSignal) => Promise<void>;

/** A search through all places; what is no bundle is passed over, what did not change is not read again. */
export function bundleSearch(): BundleSearch {
  const known = new Map<string, BundleInfo>();
  return async (onFound, signal) => {
    for (const place of bundlePlaces()) {
      if (signal.aborted) return;
      if (!looksLikeBundle(place.folder)) continue;
      const changed = statSync(path.join(place.folder, 'index.json'), { throwIfNoEntry: false })?.mtimeMs;
      const state = `${place.folder} ${changed}`;
      const info = known.get(state) ?? (await inspectBundle(place).catch(() => undefined));
      if (info === undefined || signal.aborted) continue;
      if (info.problem === undefined) known.set(state, info);
      onFound(info);
    }
  };
}

/** Whether a folder lies on a medium that may be pulled. */
export function placeOf(directory: string): Place {
  const folder = path.resolve(directory);
  const medium = mediaRoots()
    .flatMap(foldersIn)
    .find((root) => folder === root || folder.startsWith(`${root}/`));
  return medium === undefined
    ? { folder, removable: false }
    : { folder, removable: true, medium: path.basename(medium) };
}
