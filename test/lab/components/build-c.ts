import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cachePath } from '../cache.ts';
import { must } from '../hosts/command.ts';
import { withLock } from './lock.ts';
import type { CComponent } from './recipes.ts';

/** Folder with the built program of a component; its name holds the version and a hash of the source. */
export function cComponentDirectory(component: CComponent): string {
  const hash = createHash('sha256').update(component.source).digest('hex').slice(0, 10);
  return cachePath('components', `${component.name}-${component.version}-${hash}`);
}

/** Compiles a component unless it is there. Returns the folder with its program. */
export async function buildCComponent(component: CComponent, say: (line: string) => void): Promise<string> {
  const target = cComponentDirectory(component);
  if (existsSync(target)) return target;
  await withLock(`${target}.lock`, say, async () => {
    if (existsSync(target)) return;
    say(`building ${component.name} ${component.version}`);
    const work = `${target}.work`;
    await rm(work, { recursive: true, force: true });
    await mkdir(work, { recursive: true });
    const source = path.join(work, `${component.name}.c`);
    await writeFile(source, component.source);
    await must(['gcc', '-static', '-Os', '-s', '-Wall', '-Werror', '-o', path.join(work, component.name), source]);
    await rm(source);
    await rename(work, target);
  });
  return target;
}
