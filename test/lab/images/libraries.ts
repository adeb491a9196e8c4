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

async function directlyNeeded(root: string, files: readonly string[]): Promise<readonly string[]> {
  if (files.length === 0) return [];
  const { stdout } = await run([
    'readelf',
    '--dynamic',
    '--program-headers',
    '--wide',
    ...files.map((file) => path.join(root, file)),
  ]);
  const libraries = [...stdout.matchAll(/\(NEEDED\)\s+Shared library: \[([^\]]+)\]/g)].map((match) => match[1] ?? '');
  const interpreters = [...stdout.matchAll(/program interpreter: ([^\]]+)\]/g)].map((match) =>
    path.basename(match[1] ?? ''),
  );
  return [...new Set([...libraries, ...interpreters])];
}

/** Every shared library of the root that the files need, with the links that lead to it; relative to the root. */
export async function libraryClosure(root: string, files: readonly string[]): Promise<readonly string[]> {
  const seen = new Set<string>();
  const closure = new Set<string>();
  let pending: readonly string[] = files;
  while (pending.length > 0) {
    const added: string[] = [];
    for (const name of await directlyNeeded(root, pending)) {
      if (seen.has(name)) continue;
      seen.add(name);
      const folder = folders.find((candidate) => existsSync(path.join(root, candidate, name)));
      if (folder === undefined) {
        throw new LandfallError({ code: 'LAB_IMAGE', message: `No package in ${root} brings the library ${name}.` });
      }
      for (const found of withLinkTargets(root, path.join(folder, name))) {
        closure.add(found);
        added.push(found);
      }
    }
    pending = added.filter((file) => !lstatSync(path.join(root, file)).isSymbolicLink());
  }
  return [...closure].sort();
}
