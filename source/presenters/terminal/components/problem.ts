import type { Problem } from '../services.ts';
import type { View } from '../view.tsx';
import { marked } from './layout.ts';
import { type Span, type Spans, span } from './line.tsx';

/** A problem in the line above the footer. */
export function problemMessage(problem: Problem | undefined, view: View): Span | undefined {
  if (problem === undefined) return undefined;
  const { glyphs } = view.profile;
  return span(`${glyphs.failed} ${problem.message}${problem.fix === undefined ? '' : ` ${problem.fix}`}`, 'bad');
}

/** A problem with what to do, as lines. */
export function problemLines(problem: Problem, width: number, view: View): readonly Spans[] {
  const { glyphs } = view.profile;
  return [
    ...marked(span(glyphs.failed, 'bad'), problem.message, width),
    ...(problem.fix === undefined ? [] : marked(span(glyphs.arrow, 'accent'), problem.fix, width)),
  ];
}
