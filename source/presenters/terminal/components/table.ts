import type { TerminalProfile } from '../environment.ts';
import { fit, textWidth } from '../text.ts';
import { fitSpans, type Spans, span, spansWidth } from './line.tsx';

export type Column = {
  readonly title: string;
  /** Cells it wants. With `grow` it takes a share of what is left as well. */
  readonly width: number;
  readonly grow?: number;
  readonly align?: 'left' | 'right';
  /** Columns with the highest number go first when room is short; 0 or absent stays. */
  readonly optional?: number;
};

const gap = 2;

/** Cells of each column; 0 for one that was left out. */
export function columnWidths(columns: readonly Column[], width: number): readonly number[] {
  const kept = new Set(columns.keys());
  const needed = (): number => [...kept].reduce((total, index) => total + (columns[index]?.width ?? 0) + gap, -gap);
  while (needed() > width) {
    const droppable = [...kept].filter((index) => (columns[index]?.optional ?? 0) > 0);
    if (droppable.length === 0) break;
    droppable.sort((a, b) => (columns[b]?.optional ?? 0) - (columns[a]?.optional ?? 0));
    kept.delete(droppable[0] ?? -1);
  }
  const spare = width - needed();
  const growth = [...kept].reduce((total, index) => total + (columns[index]?.grow ?? 0), 0);
  const widths = columns.map((column, index) => {
    if (!kept.has(index)) return 0;
    const extra = growth === 0 ? 0 : Math.floor((Math.max(0, spare) * (column.grow ?? 0)) / growth);
    return column.width + extra;
  });
  // What is still too wide is taken from the widest of those that may grow, then from the widest.
  for (let missing = -spare; missing > 0; missing--) {
    const candidates = [...kept].filter((index) => (columns[index]?.grow ?? 0) > 0 && (widths[index] ?? 0) > 8);
    const pool = candidates.length > 0 ? candidates : [...kept].filter((index) => (widths[index] ?? 0) > 1);
    const widest = pool.reduce(
      (best, index) => ((widths[index] ?? 0) > (widths[best] ?? 0) ? index : best),
      pool[0] ?? 0,
    );
    widths[widest] = Math.max(1, (widths[widest] ?? 1) - 1);
  }
  return widths;
}

/** Cells of one row put into their columns. */
export function tableRow(
  cells: readonly Spans[],
  columns: readonly Column[],
  widths: readonly number[],
  profile: TerminalProfile,
): Spans {
  const { ellipsis } = profile.glyphs;
  return columns.flatMap((column, index) => {
    const width = widths[index] ?? 0;
    if (width === 0) return [];
    const fitted = fitSpans(cells[index] ?? [], width, ellipsis);
    const space = span(' '.repeat(width - spansWidth(fitted)));
    const last = widths.slice(index + 1).every((size) => size === 0);
    const tail = last ? [] : [span(' '.repeat(gap))];
    return column.align === 'right' ? [space, ...fitted, ...tail] : [...fitted, space, ...tail];
  });
}

/** Titles of the columns, and at the right edge which rows are seen. */
export function tableHead(
  columns: readonly Column[],
  widths: readonly number[],
  position: string,
  width: number,
  profile: TerminalProfile,
): Spans {
  const titles = tableRow(
    columns.map((column) => [span(column.title, 'dim')]),
    columns,
    widths,
    profile,
  );
  if (position === '') return titles;
  const room = width - textWidth(position) - 1;
  const cut = fitSpans(titles, room, '');
  return [...cut, span(fit('', room - spansWidth(cut) + 1, '')), span(position, 'dim')];
}

/** First visible row so that the cursor is seen and as little as possible moves. */
export function windowTop(previous: number, cursor: number, count: number, height: number): number {
  const highest = Math.max(0, count - height);
  const top = cursor < previous ? cursor : cursor >= previous + height ? cursor - height + 1 : previous;
  return Math.min(Math.max(0, top), highest);
}
