import { type ReactNode, useRef, useState } from 'react';
import { usePresses } from '../input/key-layers.tsx';
import { pressedKey } from '../input/press.ts';
import { useView } from '../view.tsx';
import { type FooterItem, Frame } from './frame.tsx';
import { type Spans, span } from './line.tsx';

export type LogScreenProps = {
  readonly title: string;
  readonly why: string;
  readonly count: number;
  /** Stable number of the first line that is still kept; lines before it were dropped. */
  readonly line: (index: number) => Spans;
  readonly close: () => void;
};

/** Lines as they come. It follows the end until the person scrolls up; End follows again. */
export function LogScreen(props: LogScreenProps): ReactNode {
  const view = useView();
  const words = view.messages.log;
  const [top, setTop] = useState<number>();
  // Known when the content is made; keys are pressed only after that.
  const height = useRef(1);
  const lastTop = (): number => Math.max(0, props.count - height.current);
  const firstLine = (): number => Math.min(top ?? lastTop(), lastTop());
  usePresses('question', (press) => {
    const key = pressedKey(press);
    const first = firstLine();
    const to = (next: number): void => setTop(next >= lastTop() ? undefined : Math.max(0, next));
    if (key === 'up') to(first - 1);
    else if (key === 'down') to(first + 1);
    else if (key === 'pageup') to(first - height.current);
    else if (key === 'pagedown') to(first + height.current);
    else if (key === 'home') to(0);
    else if (key === 'end') setTop(undefined);
    else if (key === 'escape' || key === 'enter') props.close();
    else return key !== 'ctrl-c' && key !== 'ctrl-l' && key !== 'letter:?';
    return true;
  });
  const footer: readonly FooterItem[] = [
    { command: 'move' },
    { command: 'page' },
    { command: 'ends' },
    { command: 'back' },
  ];
  return (
    <Frame
      title={props.title}
      why={props.why}
      footer={footer}
      message={() => {
        const first = firstLine();
        const last = Math.min(props.count, first + height.current);
        const where = view.messages.list.position(props.count === 0 ? 0 : first + 1, last, props.count);
        return span(`${where}  ${top === undefined ? words.following : words.paused}`, 'dim');
      }}
      content={(area) => {
        height.current = area.height;
        const first = firstLine();
        if (props.count === 0) return { lines: [[span(words.empty, 'dim')]] };
        const shown = Array.from({ length: Math.min(area.height, props.count - first) }, (_, row) =>
          props.line(first + row),
        );
        return { lines: shown };
      }}
    />
  );
}
