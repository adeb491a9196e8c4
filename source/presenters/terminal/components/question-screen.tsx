import { type ReactNode, useState } from 'react';
import { type Layer, usePresses } from '../input/key-layers.tsx';
import { pressedKey } from '../input/press.ts';
import { wrapText } from '../text.ts';
import { useView } from '../view.tsx';
import { boxed, Frame } from './frame.tsx';
import { blank } from './layout.ts';
import { type Spans, span } from './line.tsx';

export type Choice = { readonly id: string; readonly label: string; readonly dangerous?: boolean };

export type QuestionScreenProps = {
  readonly title: string;
  readonly question: string;
  readonly text?: readonly string[];
  /** Lines of their own form below the text. */
  readonly body?: (width: number) => readonly Spans[];
  /** The first is what Enter answers when nothing is moved: always the one that changes nothing. */
  readonly choices: readonly Choice[];
  readonly answer: (choice: string) => void;
  /** Esc; the first choice unless given. */
  readonly back?: () => void;
  readonly layer?: Layer;
};

/** A question in the middle of the screen, the harmless answer first. */
export function QuestionScreen(props: QuestionScreenProps): ReactNode {
  // Another question never takes over where the one before it was moved to.
  const identity = [props.title, props.question, ...props.choices.map(({ id }) => id)].join('\n');
  return <Asked key={identity} {...props} />;
}

function Asked(props: QuestionScreenProps): ReactNode {
  const view = useView();
  const [focus, setFocus] = useState(0);
  usePresses(props.layer ?? 'question', (press) => {
    const key = pressedKey(press);
    if (key === 'up' || key === 'left' || key === 'shift-tab') setFocus(Math.max(0, focus - 1));
    else if (key === 'down' || key === 'right' || key === 'tab') {
      setFocus(Math.min(props.choices.length - 1, focus + 1));
    } else if (key === 'enter' || key === 'space') props.answer(props.choices[focus]?.id ?? '');
    else if (key === 'escape') (props.back ?? (() => props.answer(props.choices[0]?.id ?? '')))();
    else return key !== 'ctrl-c' && key !== 'ctrl-l' && key !== 'letter:?';
    return true;
  });
  const { glyphs } = view.profile;
  return (
    <Frame
      title={props.title}
      why={props.question}
      footer={[{ command: 'move' }, { command: 'confirm' }, { command: 'back' }]}
      content={(area) => {
        const width = Math.min(66, area.width - 4);
        const text = [
          ...(props.text ?? []).flatMap((part) => wrapText(part, width)).map((line): Spans => [span(line)]),
          ...(props.body?.(width) ?? []),
        ];
        const choices = props.choices.map((choice, index): Spans => {
          const here = index === focus;
          const tone = here ? (choice.dangerous === true ? 'bad' : 'accent') : 'normal';
          return [span(here ? `${glyphs.pointer} ` : '  ', tone), span(choice.label, tone, here)];
        });
        const room = area.height - 2 - choices.length;
        const shown = text.slice(0, Math.max(0, room - 1));
        return { lines: boxed([...shown, ...(shown.length > 0 ? [blank] : []), ...choices], area, view, width) };
      }}
    />
  );
}
