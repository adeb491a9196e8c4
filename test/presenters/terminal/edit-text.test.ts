import { expect, test } from 'vitest';
import { editText, type TextState, visibleText } from '../../../source/presenters/terminal/input/edit-text.ts';
import type { Press } from '../../../source/presenters/terminal/input/press.ts';

const key = (name: 'left' | 'right' | 'home' | 'end'): Press => ({ type: 'key', key: name });

function after(...presses: readonly Press[]): TextState {
  return presses.reduce<TextState>((state, press) => editText(state, press) ?? state, { value: '', cursor: 0 });
}

test('the cursor moves by what a person sees as one character', () => {
  const state = after({ type: 'text', text: 'a👩‍👩‍👧中' }, key('left'), key('left'), { type: 'erase', what: 'left' });
  expect(state).toEqual({ value: '👩‍👩‍👧中', cursor: 0 });
});

test('a pasted list becomes one line without control characters', () => {
  const state = after({ type: 'paste', text: '10.0.0.1\n10.0.0.2\r\n\u001b[31m10.0.0.3\n' });
  expect(state.value).toBe('10.0.0.1 10.0.0.2 10.0.0.3');
});

test('a word and the line before the cursor can be erased', () => {
  expect(after({ type: 'text', text: 'root@10.0.0.1' }, { type: 'erase', what: 'word' }).value).toBe('root@10.0.0.');
  expect(after({ type: 'text', text: 'abc' }, key('left'), { type: 'erase', what: 'line' })).toEqual({
    value: 'c',
    cursor: 0,
  });
});

test('characters that cannot be right are not taken', () => {
  const state = editText({ value: '', cursor: 0 }, { type: 'text', text: '2x2!' }, (part) => /\d/.test(part));
  expect(state?.value).toBe('22');
});

test('a long line is seen around its cursor, and the cursor stays inside the cells', () => {
  const value = '主机'.repeat(20);
  for (let cursor = 0; cursor <= 40; cursor++) {
    const { text, x } = visibleText({ value, cursor }, 11);
    expect(text.length * 2).toBeLessThanOrEqual(11);
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x).toBeLessThan(11);
  }
  expect(visibleText({ value: 'secret', cursor: 6 }, 20, '*').text).toBe('******');
});
