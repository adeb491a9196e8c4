import { cleanText } from '../presenters/terminal/text.ts';

/** A line for the person or program that called the command. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Lines beside the result: hints, questions, errors, without what would steer a terminal. */
export function printAside(text: string): void {
  process.stderr.write(`${text.split('\n').map(cleanText).join('\n')}\n`);
}
