import { type ReactNode, useRef, useState } from 'react';
import { type PressHandler, usePresses } from '../input/key-layers.tsx';
import { pressedKey } from '../input/press.ts';
import { type Command, isCommand } from '../keys.ts';
import { useRemembered } from '../memory.tsx';
import { splitGraphemes } from '../text.ts';
import { useView, type View } from '../view.tsx';
import { type FooterItem, Frame, type StepId } from './frame.tsx';
import { type Area, blank, paragraph, ruled, sideBySide, toHeight } from './layout.ts';
import { between, fitSpans, type Span, type Spans, span, spansWidth } from './line.tsx';
import { type Column, columnWidths, tableHead, tableRow, windowTop } from './table.ts';

export type Action = {
  readonly id: string;
  readonly label: string;
  /** Why it cannot be done now; shown when it is tried. */
  readonly unavailable?: string;
  readonly run: () => void;
};

export type RowCommand = {
  readonly command: Command;
  readonly label?: string;
  /** Without a row it acts on the whole screen. */
  readonly run: (row: number | undefined) => void;
};

export type ListScreenProps = {
  /** Names the screen for what it remembers. */
  readonly id: string;
  readonly title: string;
  readonly step?: StepId;
  readonly why: string;
  /** Lines above the list. */
  readonly summary?: (area: Area) => readonly Spans[];
  readonly columns: readonly Column[];
  readonly count: number;
  /** Stable name of a row, so that the cursor stays on it when rows move. */
  readonly rowKey: (row: number) => string;
  readonly cells: (row: number, focused: boolean) => readonly Spans[];
  /** A row that is no table row: it is drawn as it is. */
  readonly line?: (row: number, focused: boolean) => Spans | undefined;
  /** An empty line before a row, where there is room for all rows. */
  readonly gapBefore?: (row: number) => boolean;
  /** Text of a row for the filter; without it there is no filter. */
  readonly search?: (row: number) => string;
  readonly empty?: readonly string[];
  /** More on the row under the cursor: beside the list on wide terminals, below it on others. */
  readonly detail?: (row: number, area: Area) => readonly Spans[];
  readonly actions: readonly Action[];
  readonly startAt?: 'list' | 'actions';
  readonly open?: { readonly label: string; readonly run: (row: number) => void };
  readonly toggle?: { readonly label: string; readonly run: (row: number) => void };
  /** Left and right in the list. */
  readonly sideways?: { readonly label: string; readonly run: (step: -1 | 1) => void };
  readonly commands?: readonly RowCommand[];
  readonly back?: () => void;
  readonly message?: Span;
  readonly hideHead?: boolean;
};

export type Place = { readonly zone: 'list' | 'actions'; readonly row: string; readonly action: number };

/** One button; the one with the focus is held by pointers instead of brackets, so that nothing moves. */
export function button(label: string, focused: boolean, available: boolean, view: View): Spans {
  const { pointer, pointerEnd } = view.profile.glyphs;
  const text = focused ? `${pointer} ${label} ${pointerEnd}` : `[ ${label} ]`;
  return [span(text, focused ? 'accent' : available ? 'normal' : 'dim', focused)];
}

/** Buttons beside each other, on as many lines as they need. */
function actionBar(
  actions: readonly Action[],
  focused: number | undefined,
  width: number,
  view: View,
): readonly Spans[] {
  const lines: Span[][] = [[]];
  for (const [index, action] of actions.entries()) {
    const one = button(action.label, index === focused, action.unavailable === undefined, view);
    const line = lines.at(-1) ?? [];
    if (line.length > 0 && spansWidth([...line, span('  '), ...one]) > width) lines.push([span('  '), ...one]);
    else line.push(span('  '), ...one);
  }
  return lines;
}

/** A table of any length with actions below it; only the rows that are seen are drawn. */
export function ListScreen(props: ListScreenProps): ReactNode {
  const view = useView();
  const { messages } = view;
  const [place, setPlace] = useRemembered<Place>(`${props.id}/place`, {
    zone: props.startAt ?? (props.count > 0 ? 'list' : 'actions'),
    row: '',
    // On an empty screen the first thing that can be done; else the first button, which says what is missing.
    action:
      props.count > 0
        ? 0
        : Math.max(
            0,
            props.actions.findIndex(({ unavailable }) => unavailable === undefined),
          ),
  });
  const [filter, setFilter] = useRemembered<string>(`${props.id}/filter`, '');
  const [typing, setTyping] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const top = useRef(0);
  const page = useRef(1);
  const position = useRef('');

  const rows: number[] = [];
  const wanted = filter.toLowerCase();
  for (let row = 0; row < props.count; row++) {
    if (wanted === '' || (props.search?.(row) ?? '').toLowerCase().includes(wanted)) rows.push(row);
  }
  const known = rows.findIndex((row) => props.rowKey(row) === place.row);
  const lastIndex = useRef(0);
  const cursor = rows.length === 0 ? -1 : known >= 0 ? known : Math.min(lastIndex.current, rows.length - 1);
  if (cursor >= 0) lastIndex.current = cursor;
  const zone = rows.length === 0 && !typing ? 'actions' : props.actions.length === 0 ? 'list' : place.zone;
  const action = Math.min(place.action, Math.max(0, props.actions.length - 1));
  const current = cursor < 0 ? undefined : rows[cursor];

  const goTo = (index: number): void => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    if (row !== undefined) setPlace({ ...place, zone: 'list', row: props.rowKey(row) });
  };
  const runAction = (chosen: Action): void => {
    if (chosen.unavailable !== undefined) setRefusal(chosen.unavailable);
    else chosen.run();
  };
  const hasFilter = props.search !== undefined && (props.count > 0 || filter !== '');

  const typeFilter: PressHandler = (press) => {
    if (press.type === 'text' || press.type === 'paste') setFilter(filter + press.text.replaceAll('\n', ' '));
    else if (press.type === 'erase') {
      if (filter === '') setTyping(false);
      setFilter(press.what === 'left' ? splitGraphemes(filter).slice(0, -1).join('') : '');
    } else if (press.key === 'escape') {
      setFilter('');
      setTyping(false);
    } else if (press.key === 'enter' || press.key === 'tab') setTyping(false);
    else return inList(press);
    return true;
  };

  const inList: PressHandler = (press) => {
    const key = pressedKey(press);
    if (key === 'up') {
      if (cursor > 0) goTo(cursor - 1);
    } else if (key === 'down') {
      if (cursor < rows.length - 1) goTo(cursor + 1);
      else if (props.actions.length > 0) setPlace({ ...place, zone: 'actions' });
    } else if (key === 'pageup') goTo(cursor - page.current);
    else if (key === 'pagedown') goTo(cursor + page.current);
    else if (key === 'home') goTo(0);
    else if (key === 'end') goTo(rows.length - 1);
    else if ((key === 'left' || key === 'right') && props.sideways !== undefined) {
      props.sideways.run(key === 'left' ? -1 : 1);
    } else if (key === 'enter' && props.open !== undefined && current !== undefined) props.open.run(current);
    else if (key === 'space' && props.toggle !== undefined && current !== undefined) props.toggle.run(current);
    else return false;
    return true;
  };

  const inActions: PressHandler = (press) => {
    const key = pressedKey(press);
    const chosen = props.actions[action];
    if (key === 'left') setPlace({ ...place, zone: 'actions', action: Math.max(0, action - 1) });
    else if (key === 'right') {
      setPlace({ ...place, zone: 'actions', action: Math.min(props.actions.length - 1, action + 1) });
    } else if (key === 'up' || key === 'pageup' || key === 'home') {
      if (rows.length > 0) goTo(key === 'home' ? 0 : cursor);
    } else if (key === 'enter' || key === 'space') {
      if (chosen !== undefined) runAction(chosen);
    } else return key === 'down' || key === 'pagedown' || key === 'end';
    return true;
  };

  usePresses('screen', (press) => {
    setRefusal(undefined);
    if (typing) return typeFilter(press);
    if (zone === 'list' ? inList(press) : inActions(press)) return true;
    const key = pressedKey(press);
    if (key === undefined) return false;
    if (key === 'tab' || key === 'shift-tab') {
      if (props.actions.length > 0 && rows.length > 0) {
        setPlace({ ...place, zone: zone === 'list' ? 'actions' : 'list' });
      }
      return true;
    }
    if (key === 'escape') {
      if (filter !== '') setFilter('');
      else props.back?.();
      return true;
    }
    if (hasFilter && isCommand('filter', key)) {
      setTyping(true);
      setPlace({ ...place, zone: 'list' });
      return true;
    }
    const command = props.commands?.find((candidate) => isCommand(candidate.command, key));
    command?.run(zone === 'list' ? current : undefined);
    return command !== undefined;
  });

  const footer: FooterItem[] = [{ command: 'move' }];
  if (zone === 'list') {
    if (props.sideways !== undefined) footer.push({ command: 'choose', label: props.sideways.label });
    if (props.toggle !== undefined) footer.push({ command: 'toggle', label: props.toggle.label });
    if (props.open !== undefined) footer.push({ command: 'confirm', label: props.open.label });
  } else {
    if (props.actions.length > 1) footer.push({ command: 'choose' });
    footer.push({ command: 'confirm' });
  }
  if (props.back !== undefined) footer.push({ command: 'back' });
  footer.push({ command: 'help' });
  if (hasFilter) footer.push({ command: 'filter' });
  for (const { command, label } of props.commands ?? []) {
    footer.push({ command, ...(label === undefined ? {} : { label }) });
  }

  const listLines = (width: number, height: number): readonly Spans[] => {
    const { glyphs } = view.profile;
    const lines: Spans[] = [];
    const filtering = typing || filter !== '';
    if (filtering) {
      lines.push([
        span(`${messages.list.filter} `, 'dim'),
        span(filter, 'accent'),
        span(typing ? '_' : '', 'accent'),
        span(`  ${messages.list.matches(rows.length, props.count)}`, 'dim'),
      ]);
    }
    position.current = '';
    if (rows.length === 0) {
      const empty = filtering ? [messages.list.noMatch] : (props.empty ?? []);
      return [...lines, ...empty.flatMap((text) => paragraph(text, width, 'dim'))];
    }
    const inner = width - 2;
    const widths = columnWidths(props.columns, inner);
    const headRows = props.hideHead === true ? 0 : 1;
    const visible = Math.max(1, height - lines.length - headRows);
    page.current = visible;
    top.current = windowTop(top.current, Math.max(0, cursor), rows.length, visible);
    const last = Math.min(rows.length, top.current + visible);
    position.current = rows.length > visible ? messages.list.position(top.current + 1, last, rows.length) : '';
    const inHead = props.actions.length === 0 ? position.current : '';
    if (headRows === 1) lines.push([span('  '), ...tableHead(props.columns, widths, inHead, inner, view.profile)]);
    const gaps = rows.filter((row) => props.gapBefore?.(row) === true).length;
    const spacious = rows.length + gaps <= visible;
    for (let index = top.current; index < last; index++) {
      const row = rows[index];
      if (row === undefined) continue;
      const here = index === cursor && zone === 'list';
      if (spacious && props.gapBefore?.(row) === true) lines.push(blank);
      const mark = span(here ? `${glyphs.pointer} ` : '  ', 'accent');
      const free = props.line?.(row, here);
      if (free !== undefined) {
        lines.push([mark, ...fitSpans(here ? free.map(emphasised) : free, inner, glyphs.ellipsis)]);
        continue;
      }
      const cells = props.cells(row, here);
      const shown = here ? cells.map((cell) => cell.map(emphasised)) : cells;
      lines.push([mark, ...tableRow(shown, props.columns, widths, view.profile)]);
    }
    return lines;
  };

  const content = (area: Area): readonly Spans[] => {
    const roomy = area.height >= 12;
    const summary = props.summary?.(area) ?? [];
    const head = summary.length > 0 && roomy ? [...summary, blank] : summary;
    const buttons = actionBar(props.actions, zone === 'actions' ? action : undefined, area.width, view);
    const barHeight = props.actions.length === 0 ? 0 : buttons.length + (roomy ? 1 : 0);
    const height = area.height - head.length - barHeight;
    const body = bodyLines(area.width, height, roomy);
    // Which rows are seen stands above the buttons; it is known only when the list was drawn.
    const where = between([], [span(position.current, 'dim')], area.width, view.profile.glyphs.ellipsis);
    const bar = props.actions.length === 0 ? [] : roomy ? [where, ...buttons] : buttons;
    return [...head, ...toHeight(body, height), ...bar];
  };

  const bodyLines = (width: number, height: number, roomy: boolean): readonly Spans[] => {
    if (props.detail === undefined || current === undefined) return listLines(width, height);
    if (width >= 106) {
      const leftWidth = Math.max(64, Math.floor(width * 0.6));
      const rightWidth = width - leftWidth - 3;
      const right = props.detail(current, { width: rightWidth, height });
      return sideBySide(listLines(leftWidth, height), right, leftWidth, rightWidth, height, view.profile);
    }
    // The list gets what it needs up to a good half, the details get the rest.
    const needed = rows.length + (props.hideHead === true ? 0 : 1) + (typing || filter !== '' ? 1 : 0);
    const most = roomy ? Math.max(Math.ceil(height * 0.6), height - 9) : height - 2;
    const listHeight = Math.min(needed, most);
    const rule = roomy ? 1 : 0;
    const below = height - listHeight - rule;
    if (below < 2) return listLines(width, height);
    const detailLines = props.detail(current, { width, height: below });
    const used = Math.min(below, detailLines.length);
    const listed = toHeight(listLines(width, height - used - rule), height - used - rule);
    if (used === 0) return listed;
    return [...listed, ...(roomy ? [ruled('', width, view.profile)] : []), ...toHeight(detailLines, used)];
  };

  const message = refusal === undefined ? props.message : span(refusal, 'warning');
  return (
    <Frame
      title={props.title}
      {...(props.step === undefined ? {} : { step: props.step })}
      why={props.why}
      footer={footer}
      {...(message === undefined ? {} : { message })}
      content={(area) => ({ lines: content(area) })}
    />
  );
}

function emphasised(part: Span): Span {
  return part.tone === undefined || part.tone === 'normal' ? { ...part, tone: 'accent', bold: true } : part;
}
