import { explain } from '../../../language/explain.ts';
import type { Problem } from '../services.ts';
import type { Tone } from '../theme.ts';
import type { View } from '../view.tsx';
import { marked } from './layout.ts';
import { type Span, type Spans, span } from './line.tsx';

/** A problem in the line above the footer. */
export function problemMessage(problem: Problem | undefined, view: View): Span | undefined {
  if (problem === undefined) return undefined;
  const { glyphs } = view.profile;
  const { message, detail, fix } = explain(problem, view.messages);
  const parts = [message, detail, fix].filter((part) => part !== undefined);
  return span(`${glyphs.failed} ${parts.join(' ')}`, 'bad');
}

/** A problem with what to do, as lines. */
export function problemLines(problem: Problem, width: number, view: View, tone?: Tone): readonly Spans[] {
  const { glyphs } = view.profile;
  const { message, detail, fix } = explain(problem, view.messages);
  return [
    ...marked(span(glyphs.failed, 'bad'), message, width, tone),
    ...(detail === undefined ? [] : marked(span(' '), detail, width, 'dim')),
    ...(fix === undefined ? [] : marked(span(glyphs.arrow, 'accent'), fix, width)),
  ];
}
