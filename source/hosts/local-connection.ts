import { execa } from 'execa';
import type { CommandOptions, CommandResult } from './connection.ts';
import { afterMark, BaseConnection, feed, inputPieces, lineCollector } from './connection-base.ts';
import { bootstrap, scriptLine } from './remote-script.ts';

/** The operator machine itself as a host. */
export class LocalConnection extends BaseConnection {
  readonly name: string;

  constructor(name: string) {
    super();
    this.name = name;
  }

  async run(script: string, args: readonly string[] = [], options: CommandOptions = {}): Promise<CommandResult> {
    const head = scriptLine(script, args);
    const tail = inputPieces(options.stdin);
    const stdout = afterMark(lineCollector(options.onLine, 'stdout'));
    const stderr = afterMark(lineCollector(options.onLine, 'stderr'));
    const child = execa('/bin/sh', ['-c', bootstrap], {
      reject: false,
      buffer: false,
      ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
      ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
      forceKillAfterDelay: 2000,
    });
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', () => {});
    child.stdin.write(head);
    let broken: Error | undefined;
    const gone = new AbortController();
    if (tail === undefined) child.stdin.end();
    else {
      feed(tail, child.stdin, gone.signal).catch((error: Error) => {
        broken = error;
        child.kill();
      });
    }
    const result = await child;
    gone.abort();
    if (broken !== undefined) throw broken;
    options.signal?.throwIfAborted();
    return { exitCode: result.exitCode ?? 128, stdout: stdout.end(), stderr: stderr.end() };
  }

  async close(): Promise<void> {}
}
