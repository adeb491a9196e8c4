import { Text } from 'ink';
import { memo, type ReactNode } from 'react';
import { cleanText, textWidth, truncate } from '../text.ts';
import type { Tone } from '../theme.ts';
import { useView } from '../view.tsx';

/** A piece of a line and what it means. */
export type Span = { readonly text: string; readonly tone?: Tone; readonly bold?: boolean };
export type Spans = readonly Span[];

export function span(text: string, tone?: Tone, bold?: boolean): Span {
  return { text, ...(tone === undefined ? {} : { tone }), ...(bold === undefined ? {} : { bold }) };
}

export function spansWidth(spans: Spans): number {
  return spans.reduce((total, part) => total + textWidth(part.text), 0);
}

/** Spans cut to the cells; the ellipsis takes the look of the span it cuts. */
export function fitSpans(spans: Spans, cells: number, ellipsis: string): Spans {
  const cleaned = spans.map((part) => ({ ...part, text: cleanText(part.text) }));
  if (spansWidth(cleaned) <= cells) return cleaned;
  const mark = textWidth(ellipsis) < cells ? ellipsis : '';
  let room = cells - textWidth(mark);
  const result: Span[] = [];
  for (const part of cleaned) {
    const size = textWidth(part.text);
    if (size > room) {
      result.push({ ...part, text: truncate(part.text, room, '') + mark });
      break;
    }
    result.push(part);
    room -= size;
  }
  return result;
}

/** Left part and right part on one line of exactly the cells; the left one gives way. */
export function between(left: Spans, right: Spans, cells: number, ellipsis: string): Spans {
  const rightSize = spansWidth(right);
  if (rightSize >= cells) return fitSpans(right, cells, ellipsis);
  const fitted = fitSpans(left, Math.max(0, cells - rightSize - 1), ellipsis);
  return [...fitted, span(' '.repeat(cells - rightSize - spansWidth(fitted))), ...right];
}

/** Neighbours of one look as one piece: the fewer pieces a line has, the faster it is drawn. */
function joined(spans: Spans): Spans {
  const result: Span[] = [];
  for (const part of spans) {
    if (part.text === '') continue;
    const last = result.at(-1);
    const invisible = part.text.trim() === '' && part.tone !== 'practice';
    const same = last !== undefined && (invisible || (last.tone === part.tone && last.bold === part.bold));
    if (same && last.tone !== 'practice') result[result.length - 1] = { ...last, text: last.text + part.text };
    else result.push(part);
  }
  return result;
}

function sameSpans(left: Spans, right: Spans): boolean {
  if (left === right) return true;
  if (left.length !== right.length) return false;
  return left.every((part, index) => {
    const other = right[index];
    return part.text === other?.text && part.tone === other.tone && part.bold === other.bold;
  });
}

type LineProps = { readonly spans: Spans; readonly width: number };

/** One line of the frame, never wider than the cells given. Most lines of a frame are as they were in the one before. */
export const Line = memo(DrawnLine, (a, b) => a.width === b.width && sameSpans(a.spans, b.spans));

function DrawnLine({ spans, width }: LineProps): ReactNode {
  const { profile } = useView();
  const fitted = joined(fitSpans(spans, width, profile.glyphs.ellipsis));
  if (fitted.length === 0) return <Text> </Text>;
  return (
    <Text wrap="truncate">
      {fitted.map((part, index) => {
        const look = profile.theme.looks[part.tone ?? 'normal'];
        return (
          <Text key={index} {...look} {...(part.bold === true ? { bold: true } : {})}>
            {part.text}
          </Text>
        );
      })}
    </Text>
  );
}
