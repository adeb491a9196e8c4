import { PassThrough, Writable } from 'node:stream';

/** A terminal of a given size that shows nothing to anybody: for scripts where there is no terminal. */
export function blindOutput(columns: number, rows: number): NodeJS.WriteStream {
  const output = new Writable({
    write(_chunk, _encoding, done) {
      done();
    },
  });
  return Object.assign(output, { columns, rows, isTTY: true }) as unknown as NodeJS.WriteStream;
}

export type MergedInput = { readonly stream: NodeJS.ReadStream; send(bytes: string): void; close(): void };

/** Keys of a script, and of the real keyboard too where there is one. */
export function mergedInput(keyboard: NodeJS.ReadStream | undefined): MergedInput {
  const stream = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode(mode: boolean) {
      keyboard?.setRawMode?.(mode);
      return stream;
    },
    ref: () => stream,
    unref: () => stream,
  });
  const forward = (chunk: Buffer): void => {
    stream.push(chunk);
  };
  keyboard?.on('data', forward);
  return {
    stream: stream as unknown as NodeJS.ReadStream,
    send: (bytes) => {
      stream.push(bytes);
    },
    close() {
      keyboard?.off('data', forward);
      keyboard?.pause();
    },
  };
}
