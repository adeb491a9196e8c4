import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

// The program as it is shipped, in a real terminal: tmux is the terminal, its keys are the person.
const program = path.resolve('dist/landfall.mjs');
const hasTmux = spawnSync('tmux', ['-V']).status === 0;
const socket = `landfall-test-${process.pid}`;
const homes: string[] = [];

function tmux(...words: readonly string[]): string {
  const result = spawnSync('tmux', ['-L', socket, '-u', ...words], { encoding: 'utf8' });
  return result.stdout;
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
const screen = (): string => tmux('capture-pane', '-p', '-t', 'wizard');

async function until(text: string | RegExp, seconds = 60): Promise<string> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const shown = screen();
    if (typeof text === 'string' ? shown.includes(text) : text.test(shown)) return shown;
    if (Date.now() > end) throw new Error(`the screen never showed ${text}; it shows:\n${shown}`);
    await pause(100);
  }
}

async function press(...keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    tmux('send-keys', '-t', 'wizard', key);
    await pause(150);
  }
}

function open(home: string, ...words: readonly string[]): void {
  const command = [process.execPath, program, 'demo', ...words].map((word) => `'${word}'`).join(' ');
  // The shell stays, so that what the program leaves behind in the terminal can be seen.
  tmux(
    ...['new-session', '-d', '-s', 'wizard', '-x', '80', '-y', '24'],
    `LANG=C.UTF-8 LC_ALL=C.UTF-8 LANDFALL_HOME='${home}' ${command}; echo "ended with $?"; sleep 600`,
  );
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
  tmux('kill-session', '-t', 'wizard');
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
  tmux('kill-server');
});

/** From the first screen to the running install, by keys alone. */
async function startInstall(): Promise<void> {
  await until('New cluster');
  await press('Enter');
  await until('USB PRACT');
  await press('Enter');
  await until('No hosts yet');
  await press('s');
  await until('Scan the network');
  await press('Enter');
  await until(/5 found/);
  await press('Tab', 'Right', 'Right', 'Right', 'Right', 'Enter');
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
    tmux('kill-session', '-t', 'wizard');
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
    expect(tmux('display-message', '-p', '-t', 'wizard', '#{cursor_flag} #{alternate_on}').trim()).toBe('1 0');
  },
);

test.runIf(hasTmux)(
  'a terminal that is made smaller and larger is drawn anew each time',
  { timeout: 120_000 },
  async () => {
    open(newHome(), '--speed', '20');
    await until('New cluster');
    tmux('resize-window', '-t', 'wizard', '-x', '50', '-y', '12');
    await until('Please enlarge');
    tmux('resize-window', '-t', 'wizard', '-x', '60', '-y', '15');
    await until('New cluster');
    tmux('resize-window', '-t', 'wizard', '-x', '132', '-y', '43');
    const large = await until('New cluster');
    expect(large.match(/New cluster/g)).toHaveLength(1);
  },
);
