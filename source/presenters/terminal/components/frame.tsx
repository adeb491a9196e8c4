import { Box, useCursor } from 'ink';
import { createContext, type ReactNode, useContext, useLayoutEffect } from 'react';
import type { Command } from '../keys.ts';
import { cleanText, truncate, wrapText } from '../text.ts';
import { useView, type View } from '../view.tsx';
import { footerLine } from './footer.ts';
import { type Area, blank, toHeight } from './layout.ts';
import { between, fitSpans, Line, type Span, type Spans, span } from './line.tsx';

/** Steps of a new cluster in their order. */
export const steps = ['bundle', 'hosts', 'roles', 'checks', 'applications', 'review'] as const;
export type StepId = (typeof steps)[number];

export type FooterItem = { readonly command: Command; readonly label?: string };

export type Content = {
  readonly lines: readonly Spans[];
  /** Where the text cursor stands, in the content; for input methods. */
  readonly cursor?: { readonly x: number; readonly y: number };
};

export type FrameProps = {
  readonly title: string;
  readonly step?: StepId;
  readonly why: string;
  readonly footer: readonly FooterItem[];
  /** One line above the footer: an error, a hint, what just happened. */
  /** A function is asked after the content was made. */
  readonly message?: Span | (() => Span);
  readonly content: (area: Area) => Content;
};

/** What the program around a screen knows: names in the header, and whether an overlay hides the screen. */
export type Surroundings = {
  readonly practice: boolean;
  readonly cluster: string;
  readonly covered: boolean;
  /** Told which keys work now, for the help overlay. */
  readonly announce: (footer: readonly FooterItem[], title: string) => void;
  /** Told the lines of the frame as text, for key scripts. */
  readonly publish?: (lines: readonly string[]) => void;
};

const SurroundingsContext = createContext<Surroundings>({
  practice: false,
  cluster: '',
  covered: false,
  announce: () => {},
});

export const SurroundingsProvider = SurroundingsContext;

export const smallest = { columns: 60, rows: 15 } as const;

function trail(step: StepId, view: View): Spans {
  const { messages, profile } = view;
  const current = steps.indexOf(step);
  return steps.flatMap((id, index) => {
    const name = messages.steps[id];
    const gap = index === 0 ? [] : [span('   ')];
    if (index < current) return [...gap, span(`${profile.glyphs.done} `, 'good'), span(name, 'dim')];
    if (index === current) return [...gap, span(`${profile.glyphs.pointer} `, 'accent'), span(name, 'title')];
    return [...gap, span(`${profile.glyphs.waiting} ${name}`, 'dim')];
  });
}

function header(props: FrameProps, view: View, around: Surroundings, width: number, roomy: boolean): readonly Spans[] {
  const { messages, profile } = view;
  const { separator, ellipsis } = profile.glyphs;
  const place: Span[] = [span('Landfall', 'accent', true), span(`  ${props.title}`, 'title')];
  if (props.step !== undefined) {
    place.push(span(`  ${messages.frame.stepOf(steps.indexOf(props.step) + 1, steps.length)}`, 'dim'));
  }
  const marks: Span[] = [];
  if (around.cluster !== '') marks.push(span(around.cluster, 'dim'));
  if (around.practice) {
    if (marks.length > 0) marks.push(span(` ${separator} `, 'dim'));
    marks.push(span(messages.frame.practice, 'practice'));
  }
  const first = between(place, marks, width, ellipsis);
  if (!roomy) return [first];
  const second = props.step === undefined ? [span(profile.glyphs.line.repeat(width), 'dim')] : trail(props.step, view);
  return [first, second, blank];
}

/** Rows the frame takes; one less than the terminal has, so that nothing ever scrolls. */
function frameHeight(rows: number): number {
  return Math.max(1, rows - 1);
}

function tooSmall(props: FrameProps, view: View): readonly Spans[] {
  const { messages, columns, rows } = view;
  const text = messages.frame.tooSmall(columns, rows, smallest.columns, smallest.rows);
  return toHeight(
    [[span(props.title, 'title')], ...wrapText(text, columns).map((line): Spans => [span(line)])],
    frameHeight(rows),
  );
}

/** As many whole sentences as the lines hold; one that is too long even alone is cut. */
function sentences(text: string, width: number, lines: number, view: View): readonly string[] {
  let fitting: readonly string[] = [];
  for (const end of text.matchAll(/[.?!](?= |$)|[。？！]/g)) {
    const wrapped = wrapText(text.slice(0, end.index + 1), width);
    if (wrapped.length <= lines) fitting = wrapped;
  }
  if (fitting.length > 0) return fitting;
  const wrapped = wrapText(text, width);
  if (wrapped.length <= lines) return wrapped;
  const rest = truncate(wrapped.slice(lines - 1).join(' '), width, view.profile.glyphs.ellipsis);
  return [...wrapped.slice(0, lines - 1), rest];
}

/** The message at the bottom of its room; what is longer than its lines is cut at the end. */
function messageLines(message: Span | undefined, width: number, height: number, view: View): readonly Spans[] {
  if (message === undefined) return Array.from({ length: height }, () => blank);
  const text = cleanText(message.text);
  // What is only good to know stays on one line; what went wrong is said in full where there is room.
  const allowed = message.tone === 'dim' ? 1 : height;
  const wrapped = allowed === 1 ? [text] : wrapText(text, width);
  const cut = truncate(wrapped.slice(allowed - 1).join(' '), width, view.profile.glyphs.ellipsis);
  const shown = [...wrapped.slice(0, allowed - 1), cut].filter((line) => line !== '');
  const lines = shown.map((line): Spans => [{ ...message, text: line }]);
  return [...Array.from({ length: height - lines.length }, () => blank), ...lines];
}

/** One screen: where am I, why am I here, the content, and the keys that work. Exactly as high as the terminal less one. */
export function Frame(props: FrameProps): ReactNode {
  const view = useView();
  const around = useContext(SurroundingsContext);
  const { setCursorPosition } = useCursor();
  const { columns, rows } = view;
  useLayoutEffect(() => {
    if (!around.covered) around.announce(props.footer, props.title);
  });
  if (around.covered) return null;
  const height = frameHeight(rows);
  if (columns < smallest.columns || rows < smallest.rows) {
    setCursorPosition(undefined);
    return <Lines lines={tooSmall(props, view)} width={columns} />;
  }
  const roomy = rows >= 20;
  const width = columns - 2;
  const top = header(props, view, around, width, roomy);
  const why = sentences(props.why, width, roomy ? 2 : 1, view);
  const head: Spans[] = [...top, ...why.map((line): Spans => [span(line)]), ...(roomy ? [blank] : [])];
  const area = { width, height: height - head.length - (roomy ? 3 : 2) };
  const { lines, cursor } = props.content(area);
  setCursorPosition(cursor === undefined ? undefined : { x: cursor.x + 1, y: cursor.y + head.length });
  const body = [
    ...head,
    ...toHeight(lines, area.height),
    ...messageLines(typeof props.message === 'function' ? props.message() : props.message, width, roomy ? 2 : 1, view),
    footerLine(props.footer, view, width),
  ];
  return <Lines lines={body} width={width} indent />;
}

/** The lines of a frame; wider ones are cut. */
function Lines(props: {
  readonly lines: readonly Spans[];
  readonly width: number;
  readonly indent?: boolean;
}): ReactNode {
  const { publish } = useContext(SurroundingsContext);
  const { ellipsis } = useView().profile.glyphs;
  const left = props.indent === true ? 1 : 0;
  useLayoutEffect(() => {
    publish?.(
      props.lines.map((line) => {
        const text = fitSpans(line, props.width, ellipsis).map((part) => part.text);
        return `${' '.repeat(left)}${text.join('')}`.trimEnd();
      }),
    );
  });
  return (
    <Box flexDirection="column" height={props.lines.length} overflow="hidden" paddingLeft={left}>
      {props.lines.map((spans, index) => (
        <Line key={index} spans={spans} width={props.width} />
      ))}
    </Box>
  );
}

/** Lines in a box in the middle of the content. */
export function boxed(lines: readonly Spans[], area: Area, view: View, wanted: number): readonly Spans[] {
  const { corners, line, vertical, ellipsis } = view.profile.glyphs;
  const inner = Math.min(wanted, area.width - 4);
  const left = ' '.repeat(Math.max(0, Math.floor((area.width - inner - 4) / 2)));
  const shown = lines.slice(0, Math.max(0, area.height - 2));
  const space = Math.max(0, Math.floor((area.height - shown.length - 2) / 2));
  const edge = (start: string, end: string): Spans => [span(`${left}${start}${line.repeat(inner + 2)}${end}`, 'dim')];
  return [
    ...Array.from({ length: space }, () => blank),
    edge(corners[0], corners[1]),
    ...shown.map((spans): Spans => {
      const row = between(spans, [], inner + 1, ellipsis);
      return [span(`${left}${vertical} `, 'dim'), ...row, span(vertical, 'dim')];
    }),
    edge(corners[2], corners[3]),
  ];
}
