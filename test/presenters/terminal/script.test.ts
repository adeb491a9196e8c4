import { expect, test } from 'vitest';
import { parseScript } from '../../../source/presenters/terminal/script/parse-script.ts';
import { runScript, type ScriptStage } from '../../../source/presenters/terminal/script/run-script.ts';

const stage = (parts: Partial<ScriptStage> = {}): ScriptStage & { readonly sent: string[] } => {
  const sent: string[] = [];
  return {
    sent,
    send: (bytes) => sent.push(bytes),
    screen: () => ['Landfall  Welcome'],
    resize: () => {},
    print: () => {},
    ended: () => false,
    ...parts,
  };
};

test('keys, text, pastes and sizes of a script reach the wizard in their order', async () => {
  const sizes: string[] = [];
  const printed: string[] = [];
  const on = stage({
    resize: (columns, rows) => sizes.push(`${columns}x${rows}`),
    print: (text) => printed.push(text),
  });
  const lines = parseScript(
    '# a comment\n\nwait "Welcome"\npress Down x2\npress a\ntype 10.0.0.1\npaste a\\nb\nsize 120x40\npicture\n',
    'demo.keys',
  );
  await runScript(lines, 'demo.keys', on);
  expect(on.sent).toEqual(['\u001b[B', '\u001b[B', 'a', '10.0.0.1', '\u001b[200~a\nb\u001b[201~']);
  expect(sizes).toEqual(['120x40']);
  expect(printed).toEqual(['Landfall  Welcome\n']);
});

test('a line that means nothing is named with its place', () => {
  expect(() => parseScript('press Down\njump Up\n', 'x.keys')).toThrow(
    expect.objectContaining({ code: 'SCRIPT_INVALID', message: expect.stringContaining('x.keys:2') }),
  );
  expect(() => parseScript('press F13\n', 'x.keys')).toThrow();
});

test('what is waited for in vain ends the script with the screen', async () => {
  const lines = parseScript('wait "Ready" 0.1s\npress Enter\n', 'x.keys');
  const on = stage();
  await expect(runScript(lines, 'x.keys', on)).rejects.toMatchObject({
    code: 'SCRIPT_FAILED',
    context: { output: 'Landfall  Welcome' },
  });
  expect(on.sent).toEqual([]);
});

test('waiting for a text to go, and a wizard that ended, stop nothing', async () => {
  await runScript(parseScript('wait gone "Nothing such"\npress Enter', 'x.keys'), 'x.keys', stage());
  const over = stage({ ended: () => true });
  await runScript(parseScript('press Enter\nwait "never"', 'x.keys'), 'x.keys', over);
  expect(over.sent).toEqual([]);
});
