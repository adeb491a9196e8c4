import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { hasProgram, whyNoLab } from '../test/lab/hosts/machine.ts';

type Stage = {
  readonly name: string;
  readonly command: readonly string[];
  /** Why it cannot run on this machine; it is then said and not counted. */
  readonly unless?: string | undefined;
};

const node = process.execPath;
const vitest = 'node_modules/vitest/vitest.mjs';

function hostScripts(): readonly string[] {
  return readdirSync('assets', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sh'))
    .map((name) => path.join('assets', name));
}

function installed(program: string, debianPackage: string): boolean {
  if (hasProgram(program)) return true;
  if (process.getuid?.() !== 0 || !hasProgram('apt-get')) return false;
  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', debianPackage];
  const quiet = (command: readonly string[]) =>
    spawnSync(command[0] ?? '', command.slice(1), {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
  if (quiet(install).status !== 0) {
    quiet(['apt-get', 'update']);
    quiet(install);
  }
  return hasProgram(program);
}

/** Runs a stage; its output is shown as it comes and returned for counting. */
function runStage(stage: Stage): Promise<{ readonly status: number; readonly output: string }> {
  const [program = node, ...args] = stage.command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NO_COLOR: '1' },
    });
    let output = '';
    child.stdout.setEncoding('utf8');
    child.stdout.on('data', (text: string) => {
      process.stdout.write(text);
      output += text;
    });
    child.on('error', () => resolve({ status: 127, output }));
    child.on('close', (code) => resolve({ status: code ?? 128, output }));
  });
}

const labReason = process.env['LANDFALL_SKIP_LAB'] ? 'LANDFALL_SKIP_LAB is set.' : whyNoLab();
// A program of others that reads the bundle; its tests say so where it is not there.
installed('skopeo', 'skopeo');
const stages: readonly Stage[] = [
  { name: 'lint', command: [node, 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'] },
  { name: 'types', command: [node, 'node_modules/typescript/bin/tsc', '--noEmit'] },
  {
    name: 'host scripts',
    command: ['shellcheck', '-s', 'sh', ...hostScripts()],
    unless: installed('shellcheck', 'shellcheck') ? undefined : 'shellcheck is not here and cannot be installed.',
  },
  { name: 'unit and screen tests', command: [node, vitest, 'run'] },
  {
    name: 'lab tests on real hosts',
    command: [node, vitest, 'run', '--config', 'vitest.lab.config.ts'],
    unless: labReason,
  },
];

let passed = 0;
let failed = 0;
let skipped = 0;
for (const stage of stages) {
  console.log(`\n== ${stage.name}`);
  if (stage.unless !== undefined) {
    console.log(`NOT RUN: ${stage.unless}`);
    skipped += 1;
    continue;
  }
  const started = Date.now();
  const result = await runStage(stage);
  console.log(`-- ${stage.name}: ${Math.round((Date.now() - started) / 1000)} s`);
  const closing = /^\s*Tests\s+(.*)$/m.exec(result.output)?.[1];
  const number = (word: string): number => Number(new RegExp(`(\\d+) ${word}`).exec(closing ?? '')?.[1] ?? 0);
  passed += number('passed');
  failed += number('failed');
  skipped += number('skipped');
  if (result.status === 0 && closing === undefined) passed += 1;
  if (result.status !== 0 && number('failed') === 0) failed += 1;
}
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
