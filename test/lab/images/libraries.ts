import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import { LandfallError } from '../../../source/errors.ts';
import { run } from '../hosts/command.ts';

const folders = ['usr/lib/x86_64-linux-gnu', 'lib/x86_64-linux-gnu', 'usr/lib64', 'lib64'];

/** A path of the root and the targets of its links, which belong with it; relative to the root. */
export function withLinkTargets(root: string, start: string): readonly string[] {
  const found = [start];
  let current = start;
  while (lstatSync(path.join(root, current)).isSymbolicLink()) {
    const target = readlinkSync(path.join(root, current));
    current = target.startsWith('/') ? target.slice(1) : path.join(path.dirname(current), target);
    if (!existsSync(path.join(root, current))) break;
    found.push(current);
  }
  return found;
}

type Needed = { readonly libraries: readonly string[]; readonly interpreters: readonly string[] };

async function directlyNeeded(root: string, files: readonly string[]): Promise<Needed> {
  if (files.length === 0) return { libraries: [], interpreters: [] };
  const command = ['readelf', '--dynamic', '--program-headers', '--wide'];
  const { stdout } = await run([...command, ...files.map((file) => path.join(root, file))]);
  const all = (pattern: RegExp) => [...new Set([...stdout.matchAll(pattern)].map((match) => match[1] ?? ''))];
  return {
    libraries: all(/\(NEEDED\)\s+Shared library: \[([^\]]+)\]/g),
    interpreters: all(/program interpreter: \/([^\]]+)\]/g),
  };
}

function locate(root: string, name: string, candidates: readonly string[]): string {
  const found = candidates.find((candidate) => existsSync(path.join(root, candidate)));
  if (found !== undefined) return found;
  throw new LandfallError({ code: 'LAB_IMAGE', message: `No package in ${root} brings ${name}.` });
}

/** Every shared library of the root that the files need, with the links that lead to it; relative to the root. */
export async function libraryClosure(root: string, files: readonly string[]): Promise<readonly string[]> {
  const closure = new Set<string>();
  let pending: readonly string[] = files;
  while (pending.length > 0) {
    const { libraries, interpreters } = await directlyNeeded(root, pending);
    // The kernel looks for the interpreter by its full path, which may be a link that no library search would find.
    const starts = [
      ...libraries.map((name) =>
        locate(
          root,
          name,
          folders.map((folder) => path.join(folder, name)),
        ),
      ),
      ...interpreters.map((file) => locate(root, file, [file, `usr/${file}`])),
    ];
    const added = starts.flatMap((start) => withLinkTargets(root, start)).filter((file) => !closure.has(file));
    for (const file of added) closure.add(file);
    pending = [...new Set(added)].filter((file) => !lstatSync(path.join(root, file)).isSymbolicLink());
  }
  return [...closure].sort();
}
