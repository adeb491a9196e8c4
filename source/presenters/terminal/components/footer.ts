import { type Command, footerOrder, keyMap } from '../keys.ts';
import { textWidth } from '../text.ts';
import type { View } from '../view.tsx';
import type { FooterItem } from './frame.tsx';
import { type Span, type Spans, span } from './line.tsx';

/** Name of a command's keys as they are printed, in a language and glyph set. */
export function keyLabel(command: Command, view: Pick<View, 'messages' | 'profile'>): string {
  const { messages, profile } = view;
  if (command === 'move') return profile.glyphs.upDown;
  if (command === 'choose') return profile.glyphs.leftRight;
  const first = keyMap[command][0];
  if (first.startsWith('letter:')) return first.slice('letter:'.length);
  return messages.keyNames[first as keyof typeof messages.keyNames] ?? first;
}

/** The keys that work here, always in the same order; the right-most are dropped when room is short. */
export function footerLine(items: readonly FooterItem[], view: View, width: number): Spans {
  const sorted = [...items].sort((a, b) => footerOrder.indexOf(a.command) - footerOrder.indexOf(b.command));
  const result: Span[] = [];
  let used = 0;
  for (const item of sorted) {
    const key = keyLabel(item.command, view);
    const label = item.label ?? view.messages.commands[item.command];
    const size = textWidth(key) + 1 + textWidth(label) + (result.length > 0 ? 3 : 0);
    if (used + size > width) break;
    if (result.length > 0) result.push(span('   '));
    result.push(span(key, 'accent'), span(` ${label}`, 'dim'));
    used += size;
  }
  return result;
}
