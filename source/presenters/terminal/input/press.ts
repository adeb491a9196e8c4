import type { Key } from 'ink';
import type { KeyName } from '../keys.ts';
import { splitGraphemes } from '../text.ts';

/** One thing a person did at the keyboard. */
export type Press =
  | { readonly type: 'key'; readonly key: KeyName }
  /** Typed text of one or more characters; a single printable one may also be a letter command. */
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'paste'; readonly text: string }
  | { readonly type: 'erase'; readonly what: 'left' | 'right' | 'word' | 'line' };

const named: readonly (readonly [keyof Key, KeyName])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
];

const controlled: Readonly<Record<string, Press>> = {
  c: { type: 'key', key: 'ctrl-c' },
  l: { type: 'key', key: 'ctrl-l' },
  a: { type: 'key', key: 'home' },
  e: { type: 'key', key: 'end' },
  w: { type: 'erase', what: 'word' },
  u: { type: 'erase', what: 'line' },
  h: { type: 'erase', what: 'left' },
  j: { type: 'key', key: 'enter' },
  m: { type: 'key', key: 'enter' },
};

// What is left of a control sequence that arrived torn (mouse reports, late answers of the terminal).
const remnant = /^\[[<>?]?[\d;:]*[A-Za-z~]$|^O[A-Z]$/;

/** Splits what arrived in one piece into single presses: over a slow line "abc" and Enter come together. */
export function toPresses(input: string, key: Key): readonly Press[] {
  if (key.eventType === 'release') return [];
  for (const [flag, name] of named) {
    if (key[flag] === true) return [{ type: 'key', key: name }];
  }
  if (key.tab) return [{ type: 'key', key: key.shift ? 'shift-tab' : 'tab' }];
  if (key.backspace) return [{ type: 'erase', what: key.meta ? 'word' : 'left' }];
  if (key.delete) return [{ type: 'erase', what: 'right' }];
  if (key.ctrl) {
    const press = controlled[input];
    return press === undefined ? [] : [press];
  }
  if (key.meta || input === '' || remnant.test(input)) return [];
  const presses: Press[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') presses.push({ type: 'text', text });
    text = '';
  };
  for (const part of splitGraphemes(input)) {
    if (part === '\r' || part === '\n' || part === '\r\n') {
      flush();
      presses.push({ type: 'key', key: 'enter' });
    } else if (part === '\t') {
      flush();
      presses.push({ type: 'key', key: 'tab' });
    } else if (part === '\u0003') {
      flush();
      presses.push({ type: 'key', key: 'ctrl-c' });
    } else if (part >= ' ' && part !== '\u007f') {
      text += part;
    }
  }
  flush();
  return presses;
}

/** The key a press is, where letters count as keys (no text field has the focus). */
export function pressedKey(press: Press): KeyName | undefined {
  if (press.type === 'key') return press.key;
  if (press.type !== 'text' || splitGraphemes(press.text).length !== 1) return undefined;
  return press.text === ' ' ? 'space' : `letter:${press.text.toLowerCase()}`;
}
