import type { ServerChannel } from 'ssh2';

/** Standard streams of a command on a practice host. */
export type CommandChannel = {
  /** The next line of input without its line break; undefined when the input ends before it. */
  readLine(): Promise<string | undefined>;
  /** The next bytes of input; undefined at its end. Not reading holds the sender back. */
  read(): Promise<Buffer | undefined>;
  say(line: string): void;
  write(bytes: Buffer): void;
  complain(line: string): void;
};

// A script's line is some kilobytes; what is longer is not one.
const longestLine = 1 << 20;

// All that has come may be megabytes, in the middle of which a fault is to strike.
const mostAtOnce = 64 * 1024;

/** Wraps the server's side of an SSH channel. */
export function commandChannel(channel: ServerChannel): CommandChannel {
  const chunks = channel[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest: Buffer = Buffer.alloc(0);
  const next = async (): Promise<Buffer | undefined> => {
    try {
      const { value, done } = await chunks.next();
      return done ? undefined : value;
    } catch {
      return undefined;
    }
  };
  return {
    async readLine() {
      for (;;) {
        const end = rest.indexOf(10);
        if (end >= 0) {
          const line = rest.toString('utf8', 0, end);
          rest = rest.subarray(end + 1);
          return line;
        }
        const chunk = rest.length > longestLine ? undefined : await next();
        if (chunk === undefined) return undefined;
        rest = Buffer.concat([rest, chunk]);
      }
    },
    async read() {
      const bytes = rest.length > 0 ? rest : await next();
      if (bytes === undefined) return undefined;
      rest = bytes.subarray(mostAtOnce);
      return bytes.subarray(0, mostAtOnce);
    },
    say(line) {
      if (channel.writable) channel.write(`${line}\n`);
    },
    write(bytes) {
      if (channel.writable) channel.write(bytes);
    },
    complain(line) {
      if (channel.writable) channel.stderr.write(`${line}\n`);
    },
  };
}
