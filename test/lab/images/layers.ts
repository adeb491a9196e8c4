import { existsSync } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import path from 'node:path';
import { type ArchiveEntry, entryOf } from '../components/archive.ts';
import { cComponentDirectory } from '../components/build-c.ts';
import { componentDirectory } from '../components/build-go.ts';
import { goComponent, pauseComponent } from '../components/recipes.ts';
import { type DebianSource, debianRoot } from './debian.ts';
import { libraryClosure, withLinkTargets } from './libraries.ts';

export type Owner = { readonly uid: number; readonly gid: number };

/** A layer of an image. Paths are in the image, without a leading slash, and below usr/ instead of bin/, lib/ or sbin/. */
export type Layer = {
  /** Programs of built components: path in the image → where it comes from. */
  readonly programs?: Readonly<Record<string, { readonly component: string; readonly program: string }>>;
  /** Files and folders of Debian packages with the libraries they need. */
  readonly debian?: DebianSource & { readonly include: readonly string[]; readonly exclude?: readonly string[] };
  readonly files?: Readonly<Record<string, { readonly content: string; readonly mode?: number }>>;
  readonly folders?: Readonly<Record<string, { readonly mode?: number } & Partial<Owner>>>;
  readonly links?: Readonly<Record<string, string>>;
  /** Lines of the extended header of a path. */
  readonly extended?: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

function programSource(component: string, program: string): string {
  if (component === pauseComponent.name) return path.join(cComponentDirectory(pauseComponent), program);
  return path.join(componentDirectory(goComponent(component)), program);
}

/** To be raised when the same description comes to make another archive. */
const format = 1;

/** What the layer is made of, as text; two layers with the same text have the same content. */
export function layerDescription(layer: Layer): string {
  const programs = Object.values(layer.programs ?? {}).map(({ component, program }) =>
    path.basename(path.dirname(programSource(component, program))),
  );
  const root = layer.debian ? path.basename(debianRoot(layer.debian)) : '';
  return JSON.stringify([format, layer, programs, root]);
}

/** Debian 12 packages still have /bin, /lib and /sbin of their own; in the images they are links into /usr. */
function merged(file: string): string {
  return /^(bin|sbin|lib|lib64)\//.test(file) ? `usr/${file}` : file;
}

async function isElf(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString('latin1') === '\x7fELF';
  } finally {
    await handle.close();
  }
}

/** All files and links below a path, or the path itself; relative to the root. */
async function filesBelow(
  root: string,
  start: string,
): Promise<readonly { readonly file: string; readonly isLink: boolean }[]> {
  const parent = await readdir(path.join(root, path.dirname(start)), { withFileTypes: true });
  const self = parent.find((entry) => entry.name === path.basename(start));
  if (self === undefined) throw new Error(`${start} is not in ${root}`);
  if (self.isSymbolicLink())
    return withLinkTargets(root, start).map((file, index, all) => ({ file, isLink: index < all.length - 1 }));
  if (!self.isDirectory()) return [{ file: start, isLink: false }];
  const entries = await readdir(path.join(root, start), { withFileTypes: true });
  return (await Promise.all(entries.map((entry) => filesBelow(root, path.join(start, entry.name))))).flat();
}

async function debianEntries(source: NonNullable<Layer['debian']>): Promise<readonly ArchiveEntry[]> {
  const root = debianRoot(source);
  const located = (wanted: string) =>
    existsSync(path.join(root, wanted)) ? wanted : wanted.replace(/^usr\/(?=(bin|sbin|lib|lib64)\/)/, '');
  const chosen = (await Promise.all(source.include.map((wanted) => filesBelow(root, located(wanted))))).flat();
  const kept = chosen.filter(({ file }) => !source.exclude?.some((prefix) => merged(file).startsWith(prefix)));
  const elf: string[] = [];
  for (const { file, isLink } of kept) if (!isLink && (await isElf(path.join(root, file)))) elf.push(file);
  const libraries = await libraryClosure(root, elf);
  const all = new Map<string, boolean>(kept.map(({ file, isLink }) => [file, isLink]));
  for (const library of libraries) {
    const isLink = withLinkTargets(root, library).length > 1;
    all.set(library, isLink);
  }
  return Promise.all(
    [...all].map(([file, isLink]) => entryOf(path.join(root, file), merged(file), isLink ? 'symlink' : 'file')),
  );
}

/** Folders that the paths need and nobody names. */
function parents(paths: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const start of paths) {
    for (let folder = path.dirname(start); folder !== '.'; folder = path.dirname(folder)) found.add(folder);
  }
  return [...found];
}

/** The members of a layer's archive, folders before what is in them. */
export async function layerEntries(layer: Layer): Promise<readonly ArchiveEntry[]> {
  const entries: ArchiveEntry[] = [];
  if (layer.debian) entries.push(...(await debianEntries(layer.debian)));
  for (const [target, { component, program }] of Object.entries(layer.programs ?? {})) {
    entries.push(await entryOf(programSource(component, program), target, 'file', 0o755));
  }
  for (const [target, file] of Object.entries(layer.files ?? {})) {
    entries.push({ type: 'file', path: target, mode: file.mode ?? 0o644, content: file.content });
  }
  for (const [target, folder] of Object.entries(layer.folders ?? {})) {
    entries.push({
      type: 'directory',
      path: target,
      mode: folder.mode ?? 0o755,
      uid: folder.uid ?? 0,
      gid: folder.gid ?? 0,
    });
  }
  for (const [target, link] of Object.entries(layer.links ?? {})) {
    entries.push({ type: 'symlink', path: target, mode: 0o777, target: link });
  }
  // What is named later takes the place of what packages bring.
  const byPath = new Map<string, ArchiveEntry>();
  for (const entry of entries) {
    const extended = layer.extended?.[entry.path];
    byPath.set(entry.path, extended ? { ...entry, extended } : entry);
  }
  for (const folder of parents([...byPath.keys()])) {
    if (!byPath.has(folder)) byPath.set(folder, { type: 'directory', path: folder, mode: 0o755 });
  }
  return [...byPath.values()].sort((left, right) => (left.path < right.path ? -1 : 1));
}
