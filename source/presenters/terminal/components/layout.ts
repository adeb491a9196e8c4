import type { TerminalProfile } from '../environment.ts';
import { cleanText, fit, textWidth, wrapText } from '../text.ts';
import type { Tone } from '../theme.ts';
import { fitSpans, type Span, type Spans, span, spansWidth } from './line.tsx';

export type Area = { readonly width: number; readonly height: number };

export const blank: Spans = [];

/** A paragraph as lines. */
export function paragraph(text: string, width: number, tone?: Tone): readonly Spans[] {
  return wrapText(cleanText(text), width).map((line) => [span(line, tone)]);
}

/** A paragraph whose lines after the first are indented under a mark: "! text". */
export function marked(mark: Span, text: string, width: number, tone?: Tone): readonly Spans[] {
  const indent = textWidth(mark.text) + 1;
  return wrapText(cleanText(text), Math.max(1, width - indent)).map((line, index) =>
    index === 0 ? [mark, span(' '), span(line, tone)] : [span(' '.repeat(indent)), span(line, tone)],
  );
}

/** Names and values under each other, values aligned; a long value goes on below itself, what has none is left out. */
export function pairs(
  entries: readonly (readonly [string, string, Tone?])[],
  width: number,
  labelTone: Tone = 'dim',
): readonly Spans[] {
  const told = entries.filter(([, value]) => value !== '');
  const longest = Math.min(
    Math.floor(width / 2),
    told.reduce((size, [name]) => Math.max(size, textWidth(name)), 0),
  );
  return told.flatMap(([name, value, tone]) =>
    wrapText(cleanText(value), Math.max(1, width - longest - 2)).map((line, index) => [
      span(`${fit(index === 0 ? name : '', longest, '')}  `, labelTone),
      span(line, tone),
    ]),
  );
}

/** Exactly the height: cut at the end, or filled with empty lines. */
export function toHeight(lines: readonly Spans[], height: number): readonly Spans[] {
  if (lines.length >= height) return lines.slice(0, Math.max(0, height));
  return [...lines, ...Array.from({ length: height - lines.length }, () => blank)];
}

/** Two columns of lines with a vertical line between. */
export function sideBySide(
  left: readonly Spans[],
  right: readonly Spans[],
  leftWidth: number,
  rightWidth: number,
  height: number,
  profile: TerminalProfile,
): readonly Spans[] {
  const { ellipsis, vertical } = profile.glyphs;
  const rightLines = toHeight(right, height);
  return toHeight(left, height).map((line, index) => {
    const fitted = fitSpans(line, leftWidth, ellipsis);
    return [
      ...fitted,
      span(' '.repeat(leftWidth - spansWidth(fitted))),
      span(` ${vertical} `, 'dim'),
      ...fitSpans(rightLines[index] ?? blank, rightWidth, ellipsis),
    ];
  });
}

/** A heading with a line to the right edge. */
export function ruled(title: string, width: number, profile: TerminalProfile): Spans {
  if (title === '') return [span(profile.glyphs.line.repeat(width), 'dim')];
  const rest = width - textWidth(title) - 1;
  return [span(title, 'title'), span(` ${rest > 0 ? profile.glyphs.line.repeat(rest) : ''}`, 'dim')];
}

/** Part done of a whole as a bar of exactly the cells. */
export function bar(part: number, cells: number, profile: TerminalProfile, tone: Tone = 'accent'): Spans {
  const share = Number.isFinite(part) ? Math.min(1, Math.max(0, part)) : 0;
  const full = share > 0 ? Math.max(1, Math.floor(share * cells)) : 0;
  return [
    span(profile.glyphs.barFull.repeat(full), tone),
    span(profile.glyphs.barEmpty.repeat(Math.max(0, cells - full)), 'dim'),
  ];
}
