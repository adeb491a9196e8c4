import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { cachePath } from '../cache.ts';
import { must } from '../hosts/command.ts';
import { withLock } from './lock.ts';

/** Compiles one Go file that needs nothing but the standard library, unless it is there; returns the program. */
export async function buildGoSource(name: string, source: string, say: (line: string) => void): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 10);
  const target = cachePath('components', `${name}-${hash}`);
  const program = path.join(target, name);
  if (existsSync(program)) return program;
  await withLock(`${target}.lock`, say, async () => {
    if (existsSync(program)) return;
    say(`building ${name}`);
    const work = `${target}.work`;
    await rm(work, { recursive: true, force: true });
    await mkdir(work, { recursive: true });
    const environment = { CGO_ENABLED: '0', GOTOOLCHAIN: 'local', GOFLAGS: '-trimpath' };
    await must(['nice', '-n', '5', 'go', 'build', '-o', path.join(work, name), source], { environment });
    await rename(work, target);
  });
  return program;
}
