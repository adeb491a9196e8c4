import { expect, test } from 'vitest';
import { scriptLine } from '../../source/hosts/remote-script.ts';
import { receivedScript } from '../../source/practice/received-script.ts';

const received = (script: string, args: readonly string[]) => receivedScript(scriptLine(script, args).trimEnd());

test('script and arguments come back as they were sent, whatever they hold', () => {
  const words = [`it's`, `''`, `'`, '"double"', '$HOME `id`', 'back\\slash', 'two\nlines', '', ' ', '漢字', `end'`];
  for (const script of ['id -u', 'set -eu\necho "$1"\n', `printf '%s' "it's"`, '']) {
    expect(received(script, words)).toEqual({ script, args: words });
    expect(received(script, [])).toEqual({ script, args: [] });
    for (const word of words) expect(received(script, [word])).toEqual({ script, args: [word] });
  }
});

test('what is not a script line is refused', () => {
  for (const text of ['id', 'set -- a\n', "set -- 'a\n", "set -- 'a' b\nid\n", 'set --']) {
    expect(receivedScript(Buffer.from(text).toString('base64'))).toBeUndefined();
  }
});
