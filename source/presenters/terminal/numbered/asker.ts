import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { LandfallError } from '../../../errors.ts';
import type { Messages } from '../../../language/index.ts';
import { cleanText } from '../text.ts';

/** Thrown inside a question when the person wants the one before. */
export class BackWish extends Error {}

/** Questions and lines of text: for screen readers, plain terminals, and whoever prefers them. */
export type Asker = {
  say(line?: string): void;
  /** The typed line; the default when it is empty. Asked again while `judge` finds something wrong. */
  ask(question: string, options?: AskOptions): Promise<string>;
  /** Index of the chosen one. */
  choose(question: string, choices: readonly string[], standard?: number): Promise<number>;
  /** False unless clearly yes. */
  confirm(question: string): Promise<boolean>;
  close(): void;
};

export type AskOptions = {
  readonly standard?: string;
  readonly hidden?: boolean;
  readonly judge?: (value: string) => string | undefined;
};

export function createAsker(
  input: NodeJS.ReadableStream & { readonly isTTY?: boolean },
  output: NodeJS.WritableStream,
  messages: Messages,
): Asker {
  let muted = false;
  const throughMute = new Writable({
    write(chunk, _encoding, done) {
      if (!muted) output.write(chunk);
      done();
    },
  });
  const reader = createInterface({ input, output: throughMute, terminal: input.isTTY === true });
  const lines: string[] = [];
  const waiting: ((line: string | undefined) => void)[] = [];
  let closed = false;
  // Lines are queued, because a pipe delivers many before the next question is asked.
  reader.on('line', (line) => {
    const next = waiting.shift();
    if (next === undefined) lines.push(line);
    else next(line);
  });
  reader.on('close', () => {
    closed = true;
    for (const next of waiting.splice(0)) next(undefined);
  });
  const say = (line = ''): void => {
    output.write(`${cleanText(line)}\n`);
  };
  const read = async (prompt: string, hidden: boolean): Promise<string> => {
    output.write(prompt);
    muted = hidden;
    const line = await new Promise<string | undefined>((resolve) => {
      const known = lines.shift();
      if (known !== undefined || closed) resolve(known);
      else waiting.push(resolve);
    });
    muted = false;
    if (hidden) output.write('\n');
    if (line === undefined) {
      throw new LandfallError({
        code: 'TERMINAL_CLOSED',
        message: 'The input ended before all questions were answered.',
        fix: 'Start again, or use `landfall apply` with a cluster document.',
        exitStatus: 2,
      });
    }
    return line;
  };
  const ask = async (question: string, options: AskOptions = {}): Promise<string> => {
    const standard = options.standard === undefined || options.standard === '' ? '' : ` [${options.standard}]`;
    for (;;) {
      const typed = (
        await read(`${question}${options.hidden === true ? '' : standard}: `, options.hidden === true)
      ).trim();
      if (typed === '<') throw new BackWish();
      const value = typed === '' ? (options.standard ?? '') : typed;
      const problem = options.judge?.(value);
      if (problem === undefined) return value;
      say(`! ${problem}`);
    }
  };
  return {
    say,
    ask,
    async choose(question, choices, standard) {
      say(question);
      for (const [index, choice] of choices.entries()) say(`  ${index + 1}. ${choice}`);
      const typed = await ask(messages.numbered.number, {
        ...(standard === undefined ? {} : { standard: String(standard + 1) }),
        judge: (value) =>
          /^\d+$/.test(value) && Number(value) >= 1 && Number(value) <= choices.length
            ? undefined
            : messages.numbered.between(choices.length),
      });
      return Number(typed) - 1;
    },
    async confirm(question) {
      const typed = await ask(`${question} ${messages.numbered.yesNo}`, { standard: messages.words.no });
      return typed.toLowerCase() === messages.words.yes.toLowerCase() || /^(y|yes)$/i.test(typed);
    },
    close: () => reader.close(),
  };
}
