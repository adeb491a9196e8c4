import { type ReactNode, useState } from 'react';
import { editText, type TextState, textAtEnd, visibleText } from '../input/edit-text.ts';
import { usePresses } from '../input/key-layers.tsx';
import { pressedKey } from '../input/press.ts';
import { useRemembered } from '../memory.tsx';
import { fit, textWidth, wrapText } from '../text.ts';
import { useView } from '../view.tsx';
import { type Content, type FooterItem, Frame, type StepId } from './frame.tsx';
import { type Area, blank, toHeight } from './layout.ts';
import { type Span, type Spans, span } from './line.tsx';
import { button } from './list-screen.tsx';

export type FormValues = Readonly<Record<string, string>>;

export type Field = {
  readonly name: string;
  readonly label: string;
  readonly kind: 'text' | 'password' | 'number' | 'choice' | 'switch';
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  readonly initial: string;
  /** A sentence under the field: what it is for, where its value came from. */
  readonly hint?: string | ((value: string) => string);
  /** What is wrong with a value, in words, with an example. */
  readonly validate?: (value: string, values: FormValues) => string | undefined;
  readonly visible?: (values: FormValues) => boolean;
};

export type FormScreenProps = {
  readonly id: string;
  readonly title: string;
  readonly step?: StepId;
  readonly why: string;
  readonly fields: readonly Field[];
  readonly submit: { readonly label: string; readonly run: (values: FormValues) => void };
  readonly back: () => void;
  readonly message?: Span;
  /** Lines below the fields. */
  readonly notes?: (values: FormValues, width: number) => readonly Spans[];
};

type Editing = { readonly texts: Readonly<Record<string, TextState>>; readonly focus: number };

const digits = (character: string): boolean => /^[0-9.]$/.test(character);

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Fields under each other and one button. Values stay typed when the screen is left and come back with it. */
export function FormScreen(props: FormScreenProps): ReactNode {
  const view = useView();
  const { glyphs } = view.profile;
  const [editing, setEditing] = useRemembered<Editing>(`${props.id}/form`, { texts: {}, focus: 0 });
  const [errors, setErrors] = useState<Readonly<Record<string, string>>>({});
  const textOf = (field: Field): TextState => editing.texts[field.name] ?? textAtEnd(field.initial);
  const values: FormValues = Object.fromEntries(props.fields.map((field) => [field.name, textOf(field).value]));
  const fields = props.fields.filter((field) => field.visible?.(values) ?? true);
  const focus = Math.min(editing.focus, fields.length);
  const field = fields[focus];

  const check = (candidate: Field): string | undefined => candidate.validate?.(values[candidate.name] ?? '', values);
  const leave = (next: number): void => {
    const problem = field === undefined ? undefined : check(field);
    if (field !== undefined) {
      const { [field.name]: _, ...others } = errors;
      // An empty field that was only passed by is not blamed before the person wants to go on.
      const touched = editing.texts[field.name] !== undefined && values[field.name] !== '';
      setErrors(problem === undefined || !touched ? others : { ...others, [field.name]: problem });
    }
    setEditing({ ...editing, focus: Math.max(0, Math.min(fields.length, next)) });
  };
  const submit = (): void => {
    const found = fields.flatMap((candidate) => {
      const problem = check(candidate);
      return problem === undefined ? [] : [[candidate.name, problem] as const];
    });
    setErrors(Object.fromEntries(found));
    const first = fields.findIndex((candidate) => candidate.name === found[0]?.[0]);
    if (first >= 0) setEditing({ ...editing, focus: first });
    else props.submit.run(values);
  };
  const setText = (name: string, text: TextState): void => {
    setEditing({ ...editing, texts: { ...editing.texts, [name]: text } });
  };

  usePresses('screen', (press) => {
    const key = press.type === 'key' ? press.key : undefined;
    if (key === 'escape') props.back();
    else if (key === 'up' || key === 'shift-tab') leave(focus - 1);
    else if (key === 'down' || key === 'tab') leave(focus + 1);
    else if (field === undefined) {
      if (key !== 'enter' && pressedKey(press) !== 'space') return pressedKey(press) === undefined;
      submit();
    } else if (key === 'enter') {
      if (focus === fields.length - 1) submit();
      else leave(focus + 1);
    } else if (field.kind === 'choice' || field.kind === 'switch') {
      const choices = field.kind === 'switch' ? ['false', 'true'] : (field.choices ?? []).map(({ value }) => value);
      const pressed = pressedKey(press);
      const step = pressed === 'left' ? -1 : pressed === 'right' || pressed === 'space' ? 1 : 0;
      if (step === 0) return false;
      const index = (choices.indexOf(values[field.name] ?? '') + step + choices.length) % choices.length;
      setText(field.name, textAtEnd(choices[index] ?? ''));
    } else {
      const edited = editText(textOf(field), press, field.kind === 'number' ? digits : undefined);
      if (edited === undefined) return false;
      setText(field.name, edited);
      if (errors[field.name] !== undefined) {
        const { [field.name]: _, ...others } = errors;
        setErrors(others);
      }
    }
    return true;
  });

  const footer: FooterItem[] = [{ command: 'move' }];
  if (field?.kind === 'choice' || field?.kind === 'switch') footer.push({ command: 'choose' });
  footer.push({
    command: 'confirm',
    label: focus >= fields.length - 1 ? lowerFirst(props.submit.label) : view.messages.form.next,
  });
  footer.push({ command: 'back' });

  const inputSpans = (candidate: Field, cells: number): { readonly spans: Spans; readonly x: number } => {
    const text = textOf(candidate);
    if (candidate.kind === 'switch') {
      const on = text.value === 'true';
      return { spans: [span(on ? glyphs.checked : glyphs.unchecked)], x: 1 };
    }
    if (candidate.kind === 'choice') {
      const spans = (candidate.choices ?? []).flatMap(({ value, label }): readonly Span[] =>
        value === text.value
          ? [span(`(${label})`, 'accent', true), span('  ')]
          : [span(` ${label} `, 'dim'), span('  ')],
      );
      return { spans, x: 0 };
    }
    const shown = visibleText(text, cells, candidate.kind === 'password' ? glyphs.mask : undefined);
    const rest = Math.max(0, cells - textWidth(shown.text));
    return { spans: [span(shown.text), span('_'.repeat(rest), 'dim')], x: shown.x };
  };

  const content = (area: Area): Content => {
    const label = Math.min(
      Math.floor(area.width / 3),
      fields.reduce((size, candidate) => Math.max(size, textWidth(candidate.label)), 0),
    );
    const cells = Math.max(10, Math.min(60, area.width - label - 6));
    const lines: Spans[] = [];
    let cursor: { x: number; y: number } | undefined;
    let focusEnd = 0;
    const spacious = area.height >= fields.length * 3 + 2;
    for (const [index, candidate] of fields.entries()) {
      const here = index === focus;
      const input = inputSpans(candidate, cells);
      if (here && candidate.kind !== 'choice') cursor = { x: 2 + label + 2 + input.x, y: lines.length };
      lines.push([
        span(here ? `${glyphs.pointer} ` : '  ', 'accent'),
        span(fit(candidate.label, label, glyphs.ellipsis), here ? 'accent' : 'normal', here),
        span('  '),
        ...input.spans,
      ]);
      const problem = errors[candidate.name];
      const hint = typeof candidate.hint === 'function' ? candidate.hint(values[candidate.name] ?? '') : candidate.hint;
      const below = problem ?? hint;
      if (below !== undefined && (here || problem !== undefined || spacious)) {
        const indent = ' '.repeat(label + 4);
        const mark = problem === undefined ? '' : `${glyphs.warning} `;
        for (const line of wrapText(mark + below, area.width - indent.length)) {
          lines.push([span(indent), span(line, problem === undefined ? 'dim' : 'bad')]);
        }
      }
      if (here) focusEnd = lines.length;
      if (spacious) lines.push(blank);
    }
    const here = focus === fields.length;
    if (!spacious) lines.push(blank);
    lines.push([span('  '), ...button(props.submit.label, here, true, view)]);
    if (here) focusEnd = lines.length;
    const notes = props.notes?.(values, area.width) ?? [];
    if (notes.length > 0) lines.push(blank, ...notes);
    const skip = Math.max(0, Math.min(focusEnd + 1, lines.length) - area.height);
    return {
      lines: toHeight(lines.slice(skip), area.height),
      ...(cursor === undefined ? {} : { cursor: { x: cursor.x, y: cursor.y - skip } }),
    };
  };

  return (
    <Frame
      title={props.title}
      {...(props.step === undefined ? {} : { step: props.step })}
      why={props.why}
      footer={footer}
      {...(props.message === undefined ? {} : { message: props.message })}
      content={content}
    />
  );
}
