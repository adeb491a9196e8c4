import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { repositoryFile } from '../lab/cluster/landfall.ts';

const program = repositoryFile('dist/landfall.mjs');
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

type Pty = {
  readonly processId: number;
  /** Everything the program wrote since the last call that emptied it. */
  text(): string;
  forget(): void;
  bytes(): number;
  /** When the program was started. */
  readonly startedAt: number;
  send(keys: string): void;
  until(text: string | RegExp, seconds: number): Promise<void>;
  end(): Promise<void>;
};

/** The program as it is shipped in a pseudo-terminal of 120 × 40, made by util-linux's `script`. */
async function inPty(words: readonly string[], home: string): Promise<Pty> {
  const command = `stty cols 120 rows 40; echo BEGIN $$; exec ${[process.execPath, program, ...words].join(' ')}`;
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn('script', ['-qfec', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, TERM: 'xterm-256color', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', LANDFALL_HOME: home },
  });
  let text = '';
  let bytes = 0;
  let begun: (() => void) | undefined;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    text += chunk.toString('utf8');
    if (text.includes('BEGIN')) begun?.();
  });
  let ended = false;
  const closed = new Promise<void>((resolve) =>
    child.once('close', () => {
      ended = true;
      resolve();
    }),
  );
  await new Promise<void>((resolve, reject) => {
    begun = resolve;
    child.once('error', reject);
    child.once('close', () => reject(new Error('no pseudo-terminal could be made; is `script` of util-linux here?')));
  });
  begun = undefined;
  const startedAt = performance.now();
  const processId = Number(/BEGIN (\d+)/.exec(text)?.[1]);
  return {
    processId,
    startedAt,
    text: () => text,
    forget() {
      text = '';
    },
    bytes: () => bytes,
    send: (keys) => {
      child.stdin.write(keys);
    },
    async until(wanted, seconds) {
      const end = Date.now() + seconds * 1000;
      while (typeof wanted === 'string' ? !text.includes(wanted) : !wanted.test(text)) {
        if (ended || Date.now() > end)
          throw new Error(`the program never wrote ${wanted}; it wrote last: ${text.slice(-2000)}`);
        await pause(5);
      }
    },
    async end() {
      try {
        process.kill(processId, 'SIGTERM');
      } catch {
        // It ended by itself.
      }
      await closed;
    },
  };
}

/** Milliseconds of processor time of a process so far. */
function processorOf(processId: number): number {
  const stat = readFileSync(`/proc/${processId}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** The most bytes a process ever had resident. */
function memoryOf(processId: number): number {
  const status = readFileSync(`/proc/${processId}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** Milliseconds from the start of the program to its first screen. */
export async function measureFirstFrame(
  rounds: number,
): Promise<{ readonly median: number; readonly processor: number }> {
  const home = mkdtempSync(path.join(tmpdir(), 'landfall-bench-'));
  const wall: number[] = [];
  const processor: number[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const pty = await inPty([], home);
      await pty.until('New cluster', 30);
      wall.push(performance.now() - pty.startedAt);
      processor.push(processorOf(pty.processId));
      await pty.end();
    }
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
  return { median: median(wall), processor: median(processor) };
}

export type InstallFigures = {
  readonly seconds: number;
  readonly bytesPerSecond: number;
  readonly mostBytes: number;
  readonly memory: number;
};

const keys = { enter: '\r', down: '\u001b[B', tab: '\t', right: '\u001b[C' } as const;

/** From the first screen to the end of an install of so many practice hosts, measured while it installs. */
export async function measureInstall(hosts: number): Promise<InstallFigures> {
  const home = mkdtempSync(path.join(tmpdir(), 'landfall-bench-'));
  const pty = await inPty(['demo', '--hosts', String(hosts), '--speed', '2'], home);
  const go = async (wanted: string | RegExp, seconds: number, ...pressed: readonly string[]): Promise<void> => {
    await pty.until(wanted, seconds);
    pty.forget();
    for (const key of pressed) {
      await pause(100);
      pty.send(key);
    }
  };
  try {
    await go('New cluster', 120, keys.enter);
    await go('PRACTICE', 60, keys.enter);
    await go('Scan network', 60, keys.enter);
    await go('Networks', 60, keys.enter);
    await go(new RegExp(`${hosts} found`), 300, keys.enter);
    await go('How Landfall logs in', 60, keys.enter, keys.enter, keys.enter);
    await go(new RegExp(`${hosts} of ${hosts} chosen`), 600, keys.enter);
    await go('step 3 of 6', 60, keys.enter);
    await go(/checks passed/, 600, keys.enter);
    await go('MariaDB', 60, keys.tab, keys.enter);
    await go('What will happen', 120, keys.enter);
    await go('Yes, start the install', 60, keys.down, keys.enter);
    await pty.until('so far', 120);
    const began = performance.now();
    const before = pty.bytes();
    let most = 0;
    let last = { bytes: before, at: began };
    while (!/Ready|Not finished/.test(pty.text())) {
      pty.forget();
      await pause(1000);
      // A busy machine makes the pause longer than asked.
      const now = { bytes: pty.bytes(), at: performance.now() };
      most = Math.max(most, ((now.bytes - last.bytes) * 1000) / (now.at - last.at));
      last = now;
      if (performance.now() - began > 1_800_000) throw new Error('the install did not end within half an hour');
    }
    const seconds = (performance.now() - began) / 1000;
    const bytesPerSecond = (pty.bytes() - before) / seconds;
    return { seconds, bytesPerSecond, mostBytes: most, memory: memoryOf(pty.processId) };
  } finally {
    await pty.end();
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
