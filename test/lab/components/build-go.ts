import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { cachePath } from '../cache.ts';
import { withLock } from './lock.ts';
import type { GoComponent } from './recipes.ts';

/** Folder with the built programs of a component; its name holds the version and a hash of how it is built. */
export function componentDirectory(component: GoComponent): string {
  const hash = createHash('sha256').update(JSON.stringify(component)).digest('hex').slice(0, 10);
  return cachePath('components', `${component.name}-${component.version}-${hash}`);
}

/** The modules that Kubernetes replaces by folders of its own repository; outside it they are modules of their own. */
async function stagingModules(version: string): Promise<readonly string[]> {
  const { stdout } = await execa('go', ['mod', 'download', '-json', `k8s.io/kubernetes@v${version}`]);
  const folder = (JSON.parse(stdout) as { readonly Dir: string }).Dir;
  const goMod = await readFile(path.join(folder, 'go.mod'), 'utf8');
  return [...goMod.matchAll(/^\s*(?:replace\s+)?(k8s\.io\/[a-z0-9-]+) => \.\/staging/gm)].map(
    (match) => match[1] ?? '',
  );
}

/** Builds a component unless it is there, once however many processes ask. Returns the folder with its programs. */
export async function buildGoComponent(component: GoComponent, onLine: (line: string) => void): Promise<string> {
  const target = componentDirectory(component);
  if (!existsSync(path.join(target, 'complete'))) {
    await withLock(`${target}.lock`, onLine, async () => {
      if (!existsSync(path.join(target, 'complete'))) await build(component, target, onLine);
    });
  }
  return target;
}

async function build(component: GoComponent, target: string, onLine: (line: string) => void): Promise<void> {
  const started = Date.now();
  onLine(`building ${component.name} ${component.version}`);
  // A name of its own: a compiler that a killed run left behind may still be writing to the folder of that run.
  const work = `${target}.work-${process.pid}`;
  for (const name of await readdir(path.dirname(target)).catch(() => [])) {
    if (name.startsWith(`${path.basename(target)}.work`)) {
      await rm(path.join(path.dirname(target), name), { recursive: true, force: true });
    }
  }
  await rm(target, { recursive: true, force: true });
  await mkdir(path.join(work, 'out'), { recursive: true });
  const staging = component.staging ? await stagingModules(component.version) : [];
  const packages = Object.values(component.programs);
  await writeFile(
    path.join(work, 'go.mod'),
    [
      'module landfall.dev/lab',
      'go 1.25',
      `require ${component.module} v${component.version}`,
      ...(component.goMod ?? []),
      ...staging.map((name) => `replace ${name} => ${name} v0${component.version.slice(1)}`),
      '',
    ].join('\n'),
  );
  // A main package cannot be imported by ordinary code; behind a tag that is never set it only makes `go mod tidy` keep it.
  await writeFile(
    path.join(work, 'tools.go'),
    `//go:build tools\n\npackage lab\n\nimport (\n${packages.map((name) => `\t_ "${name}"`).join('\n')}\n)\n`,
  );
  const environment = {
    CGO_ENABLED: component.cgo ? '1' : '0',
    GOFLAGS: '-buildvcs=false -mod=mod',
    GOTOOLCHAIN: 'local',
  };
  const go = (...args: readonly string[]) =>
    execa('nice', ['-n', '5', 'go', ...args], { cwd: work, env: environment, all: true });
  await go('mod', 'tidy', '-e');
  for (const [program, source] of Object.entries(component.programs)) {
    await go(
      'build',
      '-trimpath',
      ...(component.tags ? ['-tags', component.tags.join(' ')] : []),
      '-ldflags',
      ['-s', '-w', ...(component.linker ?? [])]
        .map((part) => (part.startsWith('-extldflags') ? "-extldflags '-static'" : part))
        .join(' '),
      '-o',
      path.join(work, 'out', program),
      source,
    );
    onLine(`  ${program} after ${Math.round((Date.now() - started) / 1000)} s`);
  }
  await rename(path.join(work, 'out'), target);
  await writeFile(path.join(target, 'complete'), '');
  await rm(work, { recursive: true, force: true });
}
