import { type ReactNode, useState } from 'react';
import { usePresses } from '../input/key-layers.tsx';
import { pressedKey } from '../input/press.ts';
import { type Command, footerOrder } from '../keys.ts';
import { useView } from '../view.tsx';
import { keyLabel } from './footer.ts';
import { type FooterItem, Frame } from './frame.tsx';
import { blank, pairs } from './layout.ts';
import { type Spans, span } from './line.tsx';

const always: readonly Command[] = ['move', 'page', 'ends', 'nextField', 'toggle', 'confirm', 'back', 'redraw', 'quit'];

/** All keys that work on the screen below, and those that work everywhere. */
export function HelpScreen(props: {
  readonly title: string;
  readonly items: readonly FooterItem[];
  readonly close: () => void;
}): ReactNode {
  const view = useView();
  const { messages } = view;
  const [top, setTop] = useState(0);
  usePresses('overlay', (press) => {
    const key = pressedKey(press);
    if (key === 'ctrl-c' || key === 'ctrl-l') return false;
    if (key === 'down' || key === 'pagedown') setTop(top + 1);
    if (key === 'up' || key === 'pageup') setTop(Math.max(0, top - 1));
    if (key === 'escape' || key === 'enter' || key === 'letter:?' || key === 'letter:q') props.close();
    return true;
  });
  const here = props.items
    .filter(({ command }) => !always.includes(command) && command !== 'help')
    .sort((a, b) => footerOrder.indexOf(a.command) - footerOrder.indexOf(b.command));
  return (
    <Frame
      title={messages.help.title}
      why={messages.help.why(props.title)}
      footer={[{ command: 'move' }, { command: 'back', label: messages.help.close }]}
      content={(area) => {
        const row = ({ command, label }: FooterItem): readonly [string, string] => [
          keyLabel(command, view),
          label ?? messages.commandHelp[command],
        ];
        const lines: Spans[] = [];
        if (here.length > 0) {
          lines.push([span(messages.help.here, 'title')]);
          lines.push(...pairs(here.map(row), area.width, 'accent'), blank);
        }
        lines.push([span(messages.help.everywhere, 'title')]);
        lines.push(
          ...pairs(
            always.map((command) => row({ command, label: messages.commandHelp[command] })),
            area.width,
            'accent',
          ),
        );
        return { lines: lines.slice(Math.max(0, Math.min(top, lines.length - area.height))) };
      }}
    />
  );
}
