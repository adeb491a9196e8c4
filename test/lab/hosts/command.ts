import { spawn } from 'node:child_process';
import { LandfallError } from '../../../source/errors.ts';

export type Output = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Milliseconds until the program is killed; no limit unless set. */
  readonly timeout?: number;
  /** Called with each line of both outputs as it comes. */
  readonly onLine?: (line: string) => void;
};

/** Runs a program to its end and returns what it said; a non-zero exit is a result, only a program that cannot start throws. */
export function run(command: readonly string[], options: RunOptions = {}): Promise<Output> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...options.environment },
      ...(options.timeout === undefined ? {} : { timeout: options.timeout, killSignal: 'SIGKILL' as const }),
    });
    const texts = { stdout: '', stderr: '' };
    const pending = { stdout: '', stderr: '' };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8');
      child[stream].on('data', (text: string) => {
        texts[stream] += text;
        if (!options.onLine) return;
        const lines = (pending[stream] + text).split('\n');
        pending[stream] = lines.pop() ?? '';
        for (const line of lines) options.onLine(line);
      });
    }
    child.on('error', (cause) => {
      reject(new LandfallError({ code: 'LAB_COMMAND', message: `${program} could not be started.`, cause }));
    });
    child.on('close', (code) => resolve({ exitCode: code ?? 255, ...texts }));
    // A program that ends without reading its input is no error of its own.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input ?? '');
  });
}

/** Like `run`, but a non-zero exit throws LAB_COMMAND with the last lines; returns standard output. */
export async function must(command: readonly string[], options: RunOptions = {}): Promise<string> {
  const output = await run(command, options);
  if (output.exitCode === 0) return output.stdout;
  const said = `${output.stdout}\n${output.stderr}`.trim().split('\n').slice(-15).join('\n');
  throw new LandfallError({
    code: 'LAB_COMMAND',
    message: `${command.slice(0, 4).join(' ')} … ended with exit code ${output.exitCode}: ${said}`,
    context: { command: command.join(' '), exitCode: output.exitCode, output: said },
  });
}

/** Resolves after so many milliseconds. */
export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Asks again and again until the answer is neither undefined nor false; throws LAB_TIMEOUT after `limit` milliseconds. */
export async function until<Answer>(
  what: string,
  limit: number,
  ask: () => Promise<Answer | undefined | false>,
): Promise<Answer> {
  const end = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) {
      throw new LandfallError({
        code: 'LAB_TIMEOUT',
        message: `The lab waited ${Math.round(limit / 1000)} s in vain: ${what}.`,
        transient: true,
      });
    }
    await pause(150);
  }
}
