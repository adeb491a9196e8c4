import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bundleCommand } from '../../source/commands/bundle.ts';
import { digest } from './fixtures/sources.ts';
import { openWorkshop, pause, plugins, serveUsual, type Usual, type Workshop, web } from './fixtures/workshop.ts';

let workshop: Workshop;
let usual: Usual;

beforeEach(async () => {
  workshop = await openWorkshop();
  usual = await serveUsual(workshop.sources);
});
afterEach(() => workshop.close());

/** Lines the command prints. */
async function run(
  ...args: readonly string[]
): Promise<{ readonly lines: readonly string[]; readonly error: unknown }> {
  let text = '';
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  try {
    const command = bundleCommand();
    for (const each of [command, ...command.commands]) each.exitOverride().configureOutput({ writeErr: () => {} });
    const error = await command.parseAsync(args, { from: 'user' }).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    return { lines: text.split('\n').slice(0, -1), error };
  } finally {
    write.mockRestore();
  }
}

const build = (...more: readonly string[]) =>
  run(
    ...['build', '--recipe', workshop.recipeFile, '--output', workshop.output, '--mirror', workshop.mirrorFile],
    ...more,
  );

test('build says what it does in plain lines, and that nothing was fetched the second time', async () => {
  const first = await build('--arch', 'amd64');
  expect(first.error).toBeUndefined();
  expect(first.lines[0]).toBe('2 images and 2 files: 645 KiB in 6 parts; comparing with what is there');
  expect(first.lines[1]).toMatch(/^to fetch: \d+ KiB in [46] parts$/);
  expect(first.lines).toContain(`Bundle test-recipe is whole in ${workshop.output}: 2 images and 2 files for amd64.`);
  expect(first.lines.at(-2)).toMatch(/^Fetched 645 KiB \(6 parts\); 0 B \(0 parts\) were there already\.$/);
  const second = await build();
  expect(second.lines).toContain('nothing to fetch');
  expect(second.lines).toContain('Fetched 0 B (0 parts); 645 KiB (6 parts) were there already.');
  for (const line of [...first.lines, ...second.lines]) expect(line).not.toContain('\u001b');
});

test('an architecture that is not known is a usage error', async () => {
  expect((await build('--arch', 'amd64,riscv64')).error).toMatchObject({ code: 'commander.invalidArgument' });
  expect((await run('inspect', workshop.output, '--output', 'xml')).error).toMatchObject({
    code: 'commander.invalidArgument',
  });
});

test('inspect shows what is in a bundle, to people and to programs', async () => {
  await build();
  const plain = (await run('inspect', workshop.output)).lines;
  expect(plain[0]).toBe('Bundle         test-recipe');
  expect(plain[1]).toBe('Kubernetes     v1.36.3');
  expect(plain.find((line) => line.includes(web))).toMatch(/application\s+amd64\s+28\d KiB\s+sha256:/);
  expect(plain.find((line) => line.includes(plugins))).toMatch(/cni-plugins\s+1\.9\.1\s+amd64\s+68\.4 KiB/);
  const json = JSON.parse((await run('inspect', workshop.output, '--output', 'json')).lines.join('\n'));
  expect(json).toMatchObject({ kind: 'Bundle', name: 'test-recipe', architectures: ['amd64'] });
  expect(json.images.map((image: { name: string }) => image.name)).toEqual([web, pause]);
  expect(json.totalBytes).toBeGreaterThan(650_000);
});

test('verify names each problem and ends in an error, or says that the bundle is whole', async () => {
  await build();
  const whole = await run('verify', workshop.output);
  expect(whole).toMatchObject({ error: undefined });
  expect(whole.lines[0]).toMatch(/is whole: \d+ parts, .* every byte as it should be\.$/);
  for (const content of [usual.kubelet, usual.plugins]) {
    const file = path.join(workshop.output, 'blobs/sha256', digest(content).slice(7));
    const damaged = readFileSync(file);
    damaged[0] = (damaged[0] ?? 0) ^ 1;
    writeFileSync(file, damaged);
  }
  const broken = await run('verify', workshop.output);
  expect(broken.lines).toHaveLength(2);
  expect(broken.lines[0]).toMatch(/^damaged: the file kubelet for amd64 in the bundle is damaged/);
  expect(broken.error).toMatchObject({
    code: 'BUNDLE_CORRUPT',
    exitStatus: 1,
    message: `The bundle ${workshop.output} is not whole: 2 problems, named above.`,
  });
});
