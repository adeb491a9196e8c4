/** A line for the person or program that called the command. */
export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** A line beside the result: hints, questions, errors. */
export function printAside(line: string): void {
  process.stderr.write(`${line}\n`);
}
