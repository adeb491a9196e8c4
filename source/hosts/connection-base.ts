import { createHash } from 'node:crypto';
import type { Writable } from 'node:stream';
import { LandfallError } from '../errors.ts';
import type { CommandOptions, CommandResult, HostConnection, UploadOptions } from './connection.ts';
import { outputMark } from './remote-script.ts';
import { transferScripts } from './transfer-scripts.ts';

const kept = 4000;

/** Last lines of output for an error message. */
function lastLines(text: string): string {
  return text.trim().split('\n').slice(-12).join('\n').slice(-kept);
}

/** What every transport shares: all of it is said in terms of `run`. */
export abstract class BaseConnection implements HostConnection {
  abstract readonly name: string;
  abstract run(script: string, args?: readonly string[], options?: CommandOptions): Promise<CommandResult>;
  abstract close(): Promise<void>;

  async check(
    title: string,
    script: string,
    args: readonly string[] = [],
    options: CommandOptions = {},
  ): Promise<string> {
    const result = await this.run(script, args, options);
    if (result.exitCode === 0) return result.stdout;
    const output = lastLines(result.stderr || result.stdout);
    const full = /No space left on device/.test(result.stderr);
    throw new LandfallError({
      code: full ? 'DISK_FULL' : 'COMMAND_FAILED',
      message: full
        ? `${title}: the disk of ${this.name} is full.`
        : `${title} failed on ${this.name} with exit code ${result.exitCode}.`,
      fix: full
        ? 'Make room on the host, then run the same command again; it goes on from here.'
        : 'See the last lines of its output; running the same command again goes on from here.',
      context: { host: this.name, command: title, exitCode: result.exitCode, ...(output === '' ? {} : { output }) },
    });
  }

  async writeFile(target: string, content: string | Buffer, mode: number): Promise<void> {
    await this.check(`Write ${target}`, transferScripts.write, [target, mode.toString(8)], { stdin: content });
  }

  async readFile(path: string): Promise<string | undefined> {
    const result = await this.run(transferScripts.read, [path]);
    if (result.exitCode === 44) return undefined;
    if (result.exitCode === 0) return result.stdout;
    throw new LandfallError({
      code: 'COMMAND_FAILED',
      message: `${path} on ${this.name} cannot be read.`,
      context: { host: this.name, exitCode: result.exitCode, output: lastLines(result.stderr) },
    });
  }

  async upload(options: UploadOptions): Promise<void> {
    const { target, size, sha256, open, mode } = options;
    const answer = (await this.check(`Look at ${target}`, transferScripts.part, [target, String(size)]))
      .trim()
      .split('\n');
    const [state, first, second] = (answer[0] ?? '').split(' ');
    if (state === 'whole' && first === sha256) {
      await this.check(`Set the mode of ${target}`, transferScripts.mode, [target, mode.toString(8)]);
      options.onProgress?.(size);
      return;
    }
    let offset = 0;
    if (state === 'part' && first !== undefined && second !== undefined) {
      const there = Number(first);
      if (there > 0 && there <= size && (await prefixHash(open, there)) === second) offset = there;
    }
    const free = Number(/free (\d+)/.exec(answer.join('\n'))?.[1] ?? Number.MAX_SAFE_INTEGER);
    if (free < size - offset) {
      throw new LandfallError({
        code: 'DISK_FULL',
        message: `${this.name} has ${Math.floor(free / 1e6)} MB free for ${target}, which needs ${Math.ceil((size - offset) / 1e6)} MB.`,
        fix: 'Make room on the host, then run the same command again; it goes on from here.',
        context: { host: this.name },
      });
    }
    let arrived = '';
    if (offset < size) {
      const how = offset > 0 ? 'append' : 'new';
      arrived = await this.check(`Send ${target}`, transferScripts.receive, [target, how, String(size)], {
        stdin: counted(open(offset), offset, options.onProgress),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
    }
    const finished = await this.run(transferScripts.finish, [
      target,
      sha256,
      mode.toString(8),
      arrived.trim(),
      String(size),
    ]);
    if (finished.exitCode === 0) return;
    throw new LandfallError({
      code: 'UPLOAD_HASH',
      message: `${target} arrived damaged on ${this.name}.`,
      fix: 'Verify the bundle with `landfall bundle verify`, then run the same command again.',
      context: { host: this.name, output: lastLines(finished.stderr) },
      transient: true,
    });
  }
}

/** Counts on the way through: a listener on the source would make it flow before the connection takes anything. */
async function* counted(
  source: AsyncIterable<Buffer>,
  offset: number,
  onProgress: UploadOptions['onProgress'],
): AsyncGenerator<Buffer> {
  let sent = offset;
  for await (const chunk of source) {
    yield chunk;
    sent += chunk.length;
    onProgress?.(sent);
  }
}

async function prefixHash(open: UploadOptions['open'], length: number): Promise<string> {
  const hash = createHash('sha256');
  let left = length;
  for await (const chunk of open(0)) {
    hash.update(chunk.length > left ? chunk.subarray(0, left) : chunk);
    left -= chunk.length;
    if (left <= 0) break;
  }
  return hash.digest('hex');
}

/** Collects a command's output and hands on its lines; shared by the transports. */
export function lineCollector(
  onLine: CommandOptions['onLine'],
  stream: 'stdout' | 'stderr',
): { push(chunk: Buffer): void; end(): string } {
  const chunks: Buffer[] = [];
  let rest = '';
  return {
    push(chunk) {
      chunks.push(chunk);
      if (onLine === undefined) return;
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line, stream);
    },
    end() {
      if (onLine !== undefined && rest !== '') onLine(rest, stream);
      return Buffer.concat(chunks).toString('utf8');
    },
  };
}

/** Hands on what a command writes after the mark, and keeps what came before it or without one. */
export function afterMark(collector: { push(chunk: Buffer): void; end(): string }): {
  push(chunk: Buffer): void;
  /** All output after the mark; everything when there was none. */
  end(): string;
  seen(): boolean;
} {
  let before: Buffer | undefined = Buffer.alloc(0);
  return {
    push(chunk) {
      if (before === undefined) {
        collector.push(chunk);
        return;
      }
      before = Buffer.concat([before, chunk]);
      const end = before.indexOf(`${outputMark}\n`);
      if (end < 0) return;
      const rest = before.subarray(end + outputMark.length + 1);
      before = undefined;
      if (rest.length > 0) collector.push(rest);
    },
    end() {
      if (before !== undefined) collector.push(before);
      return collector.end();
    },
    seen: () => before === undefined,
  };
}

/** The input of a command in pieces: the script's line, and what follows it. */
export function inputPieces(stdin: CommandOptions['stdin']): AsyncIterable<Buffer> | Iterable<Buffer> | undefined {
  if (typeof stdin === 'string') return [Buffer.from(stdin)];
  return Buffer.isBuffer(stdin) ? [stdin] : stdin;
}

/** Resolves when the piece is written, or can never be. */
function written(target: Writable, piece: Buffer, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      gone.removeEventListener('abort', settle);
      resolve();
    };
    gone.addEventListener('abort', settle, { once: true });
    target.write(piece, settle);
  });
}

/**
 * Writes pieces one after the other, so that a source may use the memory of one for the next, and ends the target.
 * @param gone is aborted when nobody reads any more; the source is closed then.
 */
export async function feed(
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
  target: Writable,
  gone: AbortSignal,
): Promise<void> {
  for await (const piece of source) {
    if (!gone.aborted) await written(target, piece, gone);
    if (gone.aborted || target.destroyed) return;
  }
  target.end();
}
