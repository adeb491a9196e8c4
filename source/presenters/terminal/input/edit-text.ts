import { cleanText, splitGraphemes, textWidth } from '../text.ts';
import type { Press } from './press.ts';

/** A line being typed. `cursor` counts user-visible characters. */
export type TextState = { readonly value: string; readonly cursor: number };

export function textAtEnd(value: string): TextState {
  return { value, cursor: splitGraphemes(value).length };
}

/** The line after a press, or undefined when the press is not one that edits. `accepts` keeps impossible characters out. */
export function editText(
  state: TextState,
  press: Press,
  accepts?: (character: string) => boolean,
): TextState | undefined {
  const parts = splitGraphemes(state.value);
  const cursor = Math.min(state.cursor, parts.length);
  const before = parts.slice(0, cursor);
  const after = parts.slice(cursor);
  const join = (left: readonly string[], right: readonly string[]): TextState => ({
    value: [...left, ...right].join(''),
    cursor: left.length,
  });
  if (press.type === 'text' || press.type === 'paste') {
    const oneLine = press.text.replaceAll(/\s*\n\s*/g, ' ');
    const typed = splitGraphemes(cleanText(press.type === 'paste' ? oneLine.trim() : oneLine));
    return join([...before, ...typed.filter((part) => accepts?.(part) ?? true)], after);
  }
  if (press.type === 'erase') {
    if (press.what === 'left') return join(before.slice(0, -1), after);
    if (press.what === 'right') return join(before, after.slice(1));
    if (press.what === 'line') return join([], after);
    const shorter = before.join('').replace(/[^\s/.,@:]*[\s/.,@:]*$/u, '');
    return join(splitGraphemes(shorter), after);
  }
  if (press.key === 'left') return { ...state, cursor: Math.max(0, cursor - 1) };
  if (press.key === 'right') return { ...state, cursor: Math.min(parts.length, cursor + 1) };
  if (press.key === 'home') return { ...state, cursor: 0 };
  if (press.key === 'end') return { ...state, cursor: parts.length };
  return undefined;
}

/** The part of a line that is seen in so many cells, and the cell the cursor stands in. */
export function visibleText(
  state: TextState,
  cells: number,
  mask?: string,
): { readonly text: string; readonly x: number } {
  const parts = splitGraphemes(state.value).map((part) => mask ?? part);
  const cursor = Math.min(state.cursor, parts.length);
  let start = 0;
  const widthTo = (from: number, to: number): number => textWidth(parts.slice(from, to).join(''));
  while (widthTo(start, cursor) > cells - 1) start++;
  let text = '';
  for (const part of parts.slice(start)) {
    if (textWidth(text) + textWidth(part) > cells) break;
    text += part;
  }
  return { text, x: widthTo(start, cursor) };
}
