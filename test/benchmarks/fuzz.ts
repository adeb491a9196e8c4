import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LandfallError } from '../../source/errors.ts';
import { repositoryFile } from '../lab/cluster/landfall.ts';
import { hasTmux, tmuxTerminal } from '../screens/tmux.ts';
import { random } from '../support/random.ts';

const keys: readonly string[] = [
  ...['Up', 'Down', 'Down', 'Left', 'Right', 'Enter', 'Enter', 'Enter', 'Enter', 'Escape', 'Space', 'Tab', 'BTab'],
  ...[
    'PageUp',
    'PageDown',
    'Home',
    'End',
    'BSpace',
    'C-c',
    'C-l',
    '/',
    '?',
    'a',
    'w',
    'f',
    'l',
    'p',
    'x',
    's',
    'r',
    'g',
  ],
];
const texts: readonly string[] = ['10.0.0.11-15', '127.0.0.1', '中文', 'Ωé👩‍👩‍👧', 'a;b"c$d', 'x'.repeat(300)];
const sizes = [
  { columns: 80, rows: 24 },
  { columns: 60, rows: 15 },
  { columns: 120, rows: 40 },
  { columns: 30, rows: 8 },
] as const;

/**
 * Presses at random on the demo as it is shipped, for so many seconds; whoever leaves the program by chance starts it
 * again. Throws with the last keys and the screen when the program crashes, leaves the terminal broken, or is stuck.
 */
export async function fuzz(seconds: number, seed: number, say: (line: string) => void): Promise<void> {
  if (!hasTmux) {
    throw new LandfallError({
      code: 'TMUX_MISSING',
      message: 'tmux is not here.',
      fix: 'Install it: apt-get install tmux',
    });
  }
  say(`seed ${seed}; the same again: --seed ${seed}`);
  const home = mkdtempSync(path.join(tmpdir(), 'landfall-fuzz-'));
  const terminal = tmuxTerminal('fuzz');
  const next = random(seed);
  const pick = <Item>(list: readonly Item[]): Item => list[Math.floor(next() * list.length)] as Item;
  const history: string[] = [];
  const open = (): void => {
    const words = [process.execPath, repositoryFile('dist/landfall.mjs'), 'demo', '--speed', '20'];
    terminal.open([...words, '--faults', 'full-disk:node-4'], { LANDFALL_HOME: home });
  };
  const fail = (what: string): never => {
    throw new Error(`${what} (seed ${seed}) after ${history.slice(-15).join(' ')}; the screen:\n${terminal.screen()}`);
  };
  let pressed = 0;
  let left = 0;
  try {
    open();
    await terminal.until('New cluster');
    for (const end = Date.now() + seconds * 1000; Date.now() < end; pressed++) {
      const dice = next();
      if (dice < 0.05) {
        const size = pick(sizes);
        history.push(`${size.columns}x${size.rows}`);
        terminal.resize(size);
      } else if (dice < 0.1) {
        const text = pick(texts);
        history.push(JSON.stringify(text.slice(0, 20)));
        await terminal.type(text);
      } else {
        const key = pick(keys);
        history.push(key);
        await terminal.press(key);
      }
      const ended = /ended with (\d+)/.exec(terminal.screen())?.[1];
      if (ended === undefined) continue;
      // Leaving by the menu or by Ctrl-C and yes is no crash.
      if (ended !== '0') fail(`the program ended with ${ended}`);
      if (terminal.state('#{cursor_flag} #{alternate_on}') !== '1 0') fail('the terminal was left broken');
      left++;
      terminal.hangUp();
      open();
      await terminal.until(/New cluster|新建集群/);
    }
    terminal.resize(sizes[0]);
    for (let round = 0; round < 12; round++) await terminal.press('Escape');
    if (terminal.screen().trim() === '' || !/Landfall/.test(terminal.screen())) fail('the screens are stuck');
    say(`${pressed} keys, texts and sizes in ${seconds} s; left and opened again ${left} times; nothing broke`);
  } finally {
    terminal.close();
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
}
