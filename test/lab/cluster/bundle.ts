import { LandfallError } from '../../../source/errors.ts';
import { cachePath } from '../cache.ts';
import type { Lab } from '../hosts/lab.ts';
import { startMirror } from '../mirror/mirror.ts';
import { landfall, repositoryFile } from './landfall.ts';

/** The bundle of the recipe, built by the program under test from the lab's mirror; a second build fetches nothing. */
export async function ensureLabBundle(lab: Lab, say: (line: string) => void): Promise<string> {
  const mirror = await startMirror(lab, say);
  const directory = cachePath('bundle', 'kubernetes-1.36');
  const build = (more: readonly string[]) =>
    landfall(
      lab,
      [
        ...['bundle', 'build', '--recipe', repositoryFile('offline-bundle/kubernetes-1.36.yaml')],
        ...['--output', directory, '--mirror', mirror.mirrorFile, ...more],
      ],
      { onLine: say },
    );
  // The lab's images may have been built anew since, and then have other digests than the lock says.
  const output = await build(['--update-lock']);
  if (output.exitCode === 0) return directory;
  throw new LandfallError({
    code: 'LAB_BUNDLE',
    message: `The bundle could not be built: ${output.stderr.trim().split('\n').slice(-6).join('\n')}`,
  });
}
