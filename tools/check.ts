import { spawnSync } from 'node:child_process';

type Stage = { readonly name: string; readonly command: readonly string[] };

const node = process.execPath;
const stages: readonly Stage[] = [
  { name: 'lint', command: [node, 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.'] },
  { name: 'types', command: [node, 'node_modules/typescript/bin/tsc', '--noEmit'] },
  { name: 'tests', command: [node, 'node_modules/vitest/vitest.mjs', 'run'] },
];

let passed = 0;
let failed = 0;
for (const stage of stages) {
  console.log(`\n== ${stage.name}`);
  const [program = node, ...args] = stage.command;
  const result = spawnSync(program, args, {
    stdio: ['ignore', stage.name === 'tests' ? 'pipe' : 'inherit', 'inherit'],
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
    maxBuffer: 64 << 20,
  });
  if (result.stdout) process.stdout.write(result.stdout);
  const counted = /^\s*Tests\s+(?:(\d+) failed)?[ |]*(?:(\d+) passed)?/m.exec(result.stdout ?? '');
  if (counted) {
    failed += Number(counted[1] ?? 0);
    passed += Number(counted[2] ?? 0);
  }
  if (result.status === 0 && !counted) passed += 1;
  if (result.status !== 0 && !counted?.[1]) failed += 1;
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
