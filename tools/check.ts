import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { hasProgram, whyNoLab } from '../test/lab/hosts/machine.ts';

type Stage = {
  readonly name: string;
  readonly command: readonly string[];
  /** Counts its own tests in vitest's closing lines; any other stage counts as one test. */
  readonly vitest?: true;
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

/** Runs a stage with its output shown as it comes, and returns the last part of it for counting. */
function runStage(stage: Stage): SpawnSyncReturns<string> {
  const [program = node, ...args] = stage.command;
  return spawnSync(program, args, {
    stdio: ['ignore', stage.vitest === true ? 'pipe' : 'inherit', 'inherit'],
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 256 << 20,
  });
}

const labReason = process.env['LANDFALL_SKIP_LAB'] ? 'LANDFALL_SKIP_LAB is set.' : whyNoLab();
const stages: readonly Stage[] = [
  { name: 'lint', command: [node, 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'] },
  { name: 'types', command: [node, 'node_modules/typescript/bin/tsc', '--noEmit'] },
  {
    name: 'host scripts',
    command: ['shellcheck', '-s', 'sh', ...hostScripts()],
    unless: installed('shellcheck', 'shellcheck') ? undefined : 'shellcheck is not here and cannot be installed.',
  },
  { name: 'unit and screen tests', command: [node, vitest, 'run'], vitest: true },
  {
    name: 'lab tests on real hosts',
    command: [node, vitest, 'run', '--config', 'vitest.lab.config.ts'],
    vitest: true,
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
  const result = runStage(stage);
  if (result.stdout) process.stdout.write(result.stdout);
  console.log(`-- ${stage.name}: ${Math.round((Date.now() - started) / 1000)} s`);
  const closing = /^\s*Tests\s+(.*)$/m.exec(result.stdout ?? '')?.[1];
  const number = (word: string): number => Number(new RegExp(`(\\d+) ${word}`).exec(closing ?? '')?.[1] ?? 0);
  passed += number('passed');
  failed += number('failed');
  skipped += number('skipped');
  if (result.status === 0 && closing === undefined) passed += 1;
  if (result.status !== 0 && number('failed') === 0) failed += 1;
}
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed === 0 ? 0 : 1;
