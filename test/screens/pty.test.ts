import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { hasTmux, tmuxTerminal } from './tmux.ts';

// The program as it is shipped, in a real terminal: tmux is the terminal, its keys are the person.
const program = path.resolve('dist/landfall.mjs');
const terminal = tmuxTerminal('pty');
const { press, until } = terminal;
const homes: string[] = [];
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

function open(home: string, ...words: readonly string[]): void {
  terminal.open([process.execPath, program, 'demo', ...words], { LANDFALL_HOME: home });
}

function newHome(): string {
  const home = mkdtempSync(path.join(tmpdir(), 'landfall-pty-'));
  homes.push(home);
  return home;
}

beforeAll(() => {
  const built = spawnSync(process.execPath, [path.resolve('tools/build.mjs')], { encoding: 'utf8' });
  expect(built.status, built.stderr).toBe(0);
}, 120_000);

afterEach(() => {
  terminal.hangUp();
});

afterAll(() => {
  for (const home of homes) {
    const record = path.join(home, 'practice', 'fleet.json');
    if (existsSync(record)) {
      try {
        process.kill((JSON.parse(readFileSync(record, 'utf8')) as { processId: number }).processId, 'SIGTERM');
      } catch {
        // It ended by itself.
      }
    }
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
  terminal.close();
});

/** From the first screen to the running install, by keys alone. */
async function startInstall(): Promise<void> {
  await until('New cluster');
  await press('Enter');
  await until('USB PRACT');
  await press('Enter');
  await until('No hosts yet');
  await press('Enter');
  await until('Scan the network');
  await press('Enter');
  await until(/5 found/);
  await press('Enter');
  await until('How Landfall logs in');
  await press('Enter', 'Enter', 'Enter');
  await until('5 of 5 chosen hosts ready');
  await press('Enter');
  await until('step 3 of 6');
  await press('Enter');
  await until(/All \d+ checks passed/);
  await press('Enter');
  await until('MariaDB');
  await press('Tab', 'Enter');
  await until('What will happen');
  await press('Enter');
  expect(await until('Yes, start the install')).toContain('❯ No, go back');
  await press('Down', 'Enter');
  await until('Installing');
}

test.runIf(hasTmux)(
  'a lost terminal loses nothing: the next one watches the run to its end',
  { timeout: 300_000 },
  async () => {
    const home = newHome();
    open(home, '--speed', '10');
    expect(await until('New cluster')).toContain('PRACTICE');
    await startInstall();
    await until(/working/);
    // As when the window is closed: the shell and all it started get SIGHUP.
    terminal.hangUp();
    await pause(500);
    open(home, '--speed', '10');
    await until(/practice|cluster/);
    const first = await until('New cluster');
    if (/working|looking/.test(first)) await press('Enter');
    else await press('Enter');
    await until(/Ready|Manage/, 180);
  },
);

test.runIf(hasTmux)(
  'a full disk asks in the middle of the run, the answer is heeded, and Esc, Ctrl-C and the end give the terminal back',
  {
    timeout: 300_000,
  },
  async () => {
    const home = newHome();
    open(home, '--speed', '20', '--faults', 'full-disk:node-4');
    await startInstall();
    expect(await until('A step failed', 120)).toContain('Try again');
    await press('Down', 'Enter');
    await until('Not finished', 180);
    await press('C-c');
    await until('Do you want to leave Landfall?');
    await press('Down', 'Enter');
    const after = await until('ended with 0');
    expect(after).not.toContain('Not finished');
    expect(terminal.state('#{cursor_flag} #{alternate_on}')).toBe('1 0');
  },
);

test('README.md shows the screens as they are', { timeout: 400_000 }, () => {
  const check = spawnSync(process.execPath, [path.resolve('tools/picture.mjs'), '--check'], { encoding: 'utf8' });
  expect(check.status, check.stderr).toBe(0);
});

test.runIf(hasTmux)(
  'a terminal that is made smaller and larger is drawn anew each time',
  { timeout: 120_000 },
  async () => {
    open(newHome(), '--speed', '20');
    await until('New cluster');
    terminal.resize({ columns: 50, rows: 12 });
    await until('Please enlarge');
    terminal.resize({ columns: 60, rows: 15 });
    await until('New cluster');
    terminal.resize({ columns: 132, rows: 43 });
    const large = await until('New cluster');
    expect(large.match(/New cluster/g)).toHaveLength(1);
  },
);
