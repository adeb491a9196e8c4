import path from 'node:path';
import { expect, test } from 'vitest';
import { languages } from '../../../source/language/index.ts';
import { keyTable } from '../../../source/presenters/terminal/key-table.ts';
import { footerOrder, globalCommands, keyMap } from '../../../source/presenters/terminal/keys.ts';

test('every command has a place in the footer or works everywhere, and words in each language', () => {
  const placed = new Set<string>([...footerOrder, ...globalCommands, 'page', 'ends']);
  expect(Object.keys(keyMap).filter((command) => !placed.has(command))).toEqual([]);
  for (const messages of Object.values(languages)) {
    for (const command of Object.keys(keyMap) as (keyof typeof keyMap)[]) {
      expect(messages.commands[command]).not.toBe('');
      expect(messages.commandHelp[command]).not.toBe('');
    }
  }
});

test('no command needs a function key, Alt, or a digit', () => {
  for (const keys of Object.values(keyMap)) {
    for (const key of keys) expect(key).not.toMatch(/^f\d|alt|meta|letter:\d/);
  }
});

test('docs/keys.md is what the key map says', async () => {
  await expect(keyTable()).toMatchFileSnapshot(path.resolve('docs/keys.md'));
});
