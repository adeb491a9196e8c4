/** What a host was asked to run: the other side of `scriptLine` in hosts/remote-script.ts. */
export type ReceivedScript = { readonly script: string; readonly args: readonly string[] };

const first = 'set --';

/** Reads the first line of a command's input; undefined when it is not what `scriptLine` writes. */
export function receivedScript(line: string): ReceivedScript | undefined {
  const text = Buffer.from(line, 'base64').toString('utf8');
  if (!text.startsWith(first) || !text.endsWith('\n')) return undefined;
  const args: string[] = [];
  let position = first.length;
  while (text[position] === ' ') {
    const word = quotedWord(text, position + 1);
    if (word === undefined) return undefined;
    args.push(word.value);
    position = word.end;
  }
  if (text[position] !== '\n') return undefined;
  return { script: text.slice(position + 1, -1), args };
}

/** A word in single quotes, in which a quote is written as `'\''`. */
function quotedWord(text: string, start: number): { readonly value: string; readonly end: number } | undefined {
  if (text[start] !== "'") return undefined;
  let value = '';
  let position = start + 1;
  for (;;) {
    const end = text.indexOf("'", position);
    if (end < 0) return undefined;
    value += text.slice(position, end);
    if (!text.startsWith(`'\\''`, end)) return { value, end: end + 1 };
    value += "'";
    position = end + 4;
  }
}
