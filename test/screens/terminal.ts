import type { EventEmitter } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import xterm from '@xterm/headless';

export type Size = { readonly columns: number; readonly rows: number };

/** A real terminal emulator behind Node's streams: what it shows is what a person would see. */
export class EmulatedTerminal {
  readonly emulator: InstanceType<typeof xterm.Terminal>;
  readonly output: NodeJS.WriteStream;
  readonly input: NodeJS.ReadStream;
  /** All that was written, for counting bytes and looking for forbidden sequences. */
  written = '';
  rawMode = false;
  #pending = 0;

  constructor(size: Size) {
    this.emulator = new xterm.Terminal({
      cols: size.columns,
      rows: size.rows,
      allowProposedApi: true,
      scrollback: 500,
      convertEol: true,
    });
    const terminal = this;
    const stream = new Writable({
      decodeStrings: false,
      write(chunk, _encoding, done) {
        const text = String(chunk);
        terminal.written += text;
        terminal.#pending++;
        terminal.emulator.write(text, () => {
          terminal.#pending--;
        });
        done();
      },
    });
    this.output = Object.assign(stream, { columns: size.columns, rows: size.rows, isTTY: true }) as never;
    const input = Object.assign(new PassThrough(), {
      isTTY: true,
      setRawMode: (mode: boolean) => {
        this.rawMode = mode;
        return input;
      },
      ref: () => input,
      unref: () => input,
    });
    this.input = input as never;
  }

  resize(size: Size): void {
    this.emulator.resize(size.columns, size.rows);
    Object.assign(this.output, size);
    (this.output as unknown as EventEmitter).emit('resize');
  }

  type(text: string): void {
    this.input.push(text);
  }

  /** Resolves when the emulator has drawn all that was written so far. */
  async drawn(): Promise<void> {
    while (this.#pending > 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** The rows of the screen without the spaces at their ends. */
  lines(): readonly string[] {
    const buffer = this.emulator.buffer.active;
    return Array.from({ length: this.emulator.rows }, (_, row) =>
      (buffer.getLine(buffer.baseY + row)?.translateToString(true, 0, this.emulator.cols) ?? '').trimEnd(),
    );
  }

  text(): string {
    return `${this.lines().join('\n').trimEnd()}\n`;
  }

  cursor(): { readonly x: number; readonly y: number } {
    return { x: this.emulator.buffer.active.cursorX, y: this.emulator.buffer.active.cursorY };
  }
}
