import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';

const program = path.join(import.meta.dirname, 'demo-program.ts');
const homes: string[] = [];

/** Process id of the fleet that lives in a home, if any. */
function fleetProcess(home: string): number | undefined {
  const file = path.join(home, 'practice', 'fleet.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { processId: number }).processId : undefined;
}

const alive = (processId: number): boolean => {
  try {
    process.kill(processId, 0);
    return true;
  } catch {
    return false;
  }
};

afterEach(async () => {
  for (const home of homes.splice(0)) {
    const fleet = fleetProcess(home);
    if (fleet !== undefined) process.kill(fleet, 'SIGTERM');
    if (fleet !== undefined) await expect.poll(() => alive(fleet), { timeout: 10_000 }).toBe(false);
    rmSync(home, { recursive: true, force: true });
  }
});

function newHome(): string {
  const home = mkdtempSync(path.join(tmpdir(), 'landfall-demo-'));
  homes.push(home);
  return home;
}

type Demo = { readonly child: ChildProcess; output(): string; readonly ended: Promise<number | null> };

function demo(home: string, ...words: readonly string[]): Demo {
  const child = spawn(process.execPath, [program, 'demo', ...words], {
    env: { ...process.env, LANDFALL_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  return { child, output: () => chunks.join(''), ended: new Promise((resolve) => child.once('close', resolve)) };
}

test('a demo installs a practice cluster, says PRACTICE, and a second one finds it done', {
  timeout: 60_000,
}, async () => {
  const home = newHome();
  const first = demo(home, '--yes', '--speed', '50', '--hosts', '4');
  expect(await first.ended).toBe(0);
  expect(first.output()).toContain('PRACTICE: 4 simulated hosts on this machine');
  expect(first.output()).toMatch(/Finished in .*: \d+ steps changed something/);
  const second = demo(home, '--yes', '--speed', '50', '--hosts', '4');
  expect(await second.ended).toBe(0);
  expect(second.output()).toContain('Nothing to change');
});

test('a killed demo does not end its run; the next one watches it to its end', { timeout: 180_000 }, async () => {
  const home = newHome();
  const first = demo(home, '--yes', '--speed', '10', '--hosts', '4');
  await expect.poll(() => first.output(), { timeout: 90_000 }).toContain('Start containerd');
  first.child.kill('SIGKILL');
  await first.ended;
  const fleet = fleetProcess(home);
  expect(fleet !== undefined && alive(fleet)).toBe(true);
  const second = demo(home, '--yes', '--speed', '10', '--hosts', '4');
  expect(await second.ended).toBe(0);
  expect(second.output()).toContain('its run goes on; watching it');
  // From the first event on, as if it had been watched all the time.
  expect(second.output()).toContain('steps in');
  expect(second.output()).toMatch(/Finished in/);
  expect(fleetProcess(home)).toBe(fleet);
});

test('a fault ends a demo as documented, and the same command goes on after the repair', {
  timeout: 60_000,
}, async () => {
  const home = newHome();
  const words = ['--yes', '--speed', '50', '--hosts', '4', '--faults', 'full-disk:node-4'];
  const first = demo(home, ...words);
  expect(await first.ended).toBe(1);
  expect(first.output()).toContain('[DISK_FULL]');
  const second = demo(home, ...words);
  expect(await second.ended).toBe(0);
});

test('wrong options are refused before anything is started', async () => {
  const home = newHome();
  const wrong = demo(home, '--yes', '--faults', 'earthquake:node-1');
  expect(await wrong.ended).toBe(2);
  expect(wrong.output()).toContain('PRACTICE_FAULTS');
  const many = demo(home, '--yes', '--hosts', '1001');
  expect(await many.ended).toBe(2);
  expect(fleetProcess(home)).toBeUndefined();
});
