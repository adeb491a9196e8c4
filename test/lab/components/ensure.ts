import { buildMissingImages } from '../images/build.ts';
import { buildCComponent } from './build-c.ts';
import { buildGoComponent } from './build-go.ts';
import { ensureBuildPackages } from './build-packages.ts';
import { goComponents, pauseComponent } from './recipes.ts';
import { ensureReleases } from './releases.ts';

/**
 * Builds every program that the lab lacks and packs the release files: about ten minutes the first time, nothing after.
 * Processes that ask at the same time wait for one another.
 */
export async function ensureComponents(say: (line: string) => void): Promise<void> {
  await ensureBuildPackages(say);
  for (const component of goComponents) await buildGoComponent(component, say);
  await buildCComponent(pauseComponent, say);
  await ensureReleases(say);
}

/** Builds every image that the lab lacks, and before that the components they are made of. */
export async function ensureImages(say: (line: string) => void): Promise<void> {
  await ensureComponents(say);
  await buildMissingImages(say);
}
