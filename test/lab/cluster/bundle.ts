import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { LandfallError } from '../../../source/errors.ts';
import { cachePath } from '../cache.ts';
import type { Lab } from '../hosts/lab.ts';
import { startMirror } from '../mirror/mirror.ts';
import { landfall, repositoryFile } from './landfall.ts';

const recipe = 'offline-bundle/kubernetes-1.36.yaml';

/** What a bundle is made of: the recipe, and the lab's images and release files as they are now. */
function ingredients(): string {
  const hash = createHash('sha256').update(readFileSync(repositoryFile(recipe)));
  for (const folder of [cachePath('images', 'records'), cachePath('releases', 'keys')]) {
    for (const name of readdirSync(folder).sort()) hash.update(name).update(readFileSync(path.join(folder, name)));
  }
  return hash.digest('hex');
}

function madeOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** The bundle of the recipe, built by the program under test from the lab's mirror; a second build fetches nothing. */
export async function ensureLabBundle(lab: Lab, say: (line: string) => void): Promise<string> {
  const mirror = await startMirror(lab, say);
  const directory = cachePath('bundle', 'kubernetes-1.36');
  const build = (more: readonly string[]) =>
    landfall(
      lab,
      [
        ...['bundle', 'build', '--recipe', repositoryFile(recipe)],
        ...['--output', directory, '--mirror', mirror.mirrorFile, ...more],
      ],
      { onLine: say },
    );
  const stamp = `${directory}.made-of`;
  const now = ingredients();
  // What was built anew since has another digest than the lock says; files are only compared by being fetched again.
  const output = await build(madeOf(stamp) === now ? [] : ['--update-lock']);
  if (output.exitCode === 0) {
    writeFileSync(stamp, now);
    return directory;
  }
  throw new LandfallError({
    code: 'LAB_BUNDLE',
    message: `The bundle could not be built: ${output.stderr.trim().split('\n').slice(-6).join('\n')}`,
  });
}
