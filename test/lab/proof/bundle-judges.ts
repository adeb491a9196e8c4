import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { cachePath } from '../cache.ts';
import { repositoryFile } from '../cluster/landfall.ts';
import { run, until } from '../hosts/command.ts';
import type { Stage } from './stage.ts';

type Index = {
  readonly manifests: readonly { readonly digest: string; readonly annotations?: Readonly<Record<string, string>> }[];
};

type Recipe = { readonly spec: { readonly images: readonly unknown[] } };

const nameKey = 'org.opencontainers.image.ref.name';

/** Images of the layout with names, as its index says. */
function namedEntries(bundle: string) {
  const index = JSON.parse(readFileSync(path.join(bundle, 'index.json'), 'utf8')) as Index;
  return index.manifests.flatMap(({ digest, annotations }) => {
    const name = annotations?.[nameKey];
    return name === undefined ? [] : [{ name, digest }];
  });
}

function crane(): string {
  const folder = cachePath('components');
  const found = readdirSync(folder).find((name) => name.startsWith('crane-') && !name.endsWith('.lock'));
  if (found === undefined) throw new Error(`no crane in ${folder}`);
  return path.join(folder, found, 'crane');
}

export function bundleJudgements(of: () => Stage): void {
  test('skopeo reads every image of the lab bundle by its name', async () => {
    const { bundle } = of();
    const images = namedEntries(bundle).filter(({ name }) => !name.startsWith('bundle.landfall/'));
    const recipe = parse(readFileSync(repositoryFile('offline-bundle/kubernetes-1.36.yaml'), 'utf8')) as Recipe;
    expect(images.length).toBe(recipe.spec.images.length);
    for (const { name, digest } of images) {
      const output = await run(['skopeo', 'inspect', `oci:${bundle}:${name}`]);
      expect(output.stderr, name).toBe('');
      expect(JSON.parse(output.stdout), name).toMatchObject({ Digest: digest, Architecture: 'amd64', Os: 'linux' });
    }
  });

  test('crane pushes the whole layout into its own registry and finds every image valid there', async () => {
    const { lab, bundle } = of();
    const port = 5999;
    const program = crane();
    const [command = '', ...words] = lab.inside([program, 'registry', 'serve', '--address', `127.0.0.1:${port}`]);
    const registry = spawn(command, words, { stdio: 'ignore' });
    try {
      const target = `127.0.0.1:${port}/bundle`;
      await until('the registry of crane', 20_000, async () => {
        const answer = await lab.run(['curl', '--silent', '--fail', `http://127.0.0.1:${port}/v2/`]);
        return answer.exitCode === 0;
      });
      const pushed = await lab.run([program, 'push', '--insecure', '--index', bundle, `${target}:all`]);
      expect(pushed.exitCode, pushed.stderr).toBe(0);
      for (const { name, digest } of namedEntries(bundle)) {
        const found = await lab.run([program, 'digest', '--insecure', `${target}@${digest}`]);
        expect(found.stdout.trim(), `${name} ${found.stderr}`).toBe(digest);
        if (name.startsWith('bundle.landfall/')) continue;
        // --fast compares digests without reading the layers again: the push has read and proved them all.
        const valid = await lab.run([program, 'validate', '--insecure', '--fast', '--remote', `${target}@${digest}`]);
        expect(valid.exitCode, `${name} ${valid.stdout}${valid.stderr}`).toBe(0);
      }
    } finally {
      registry.kill('SIGKILL');
    }
  });
}
