import { Box, useStdout, useWindowSize } from 'ink';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import { type LanguageName, languages } from '../../language/index.ts';
import { type FooterItem, SurroundingsProvider } from './components/frame.tsx';
import { HelpScreen } from './components/help-screen.tsx';
import type { TerminalProfile } from './environment.ts';
import { KeyLayers, usePresses } from './input/key-layers.tsx';
import { pressedKey } from './input/press.ts';
import { isCommand } from './keys.ts';
import { type Memory, MemoryProvider } from './memory.tsx';
import { TickerProvider } from './ticker.tsx';
import { type View, ViewProvider } from './view.tsx';

export type RootProps = {
  readonly profile: TerminalProfile;
  readonly language: LanguageName;
  readonly memory: Memory;
  readonly practice: boolean;
  readonly cluster: string;
  /** Set while a question of the program covers the screen. */
  readonly overlay?: ReactNode;
  readonly onQuit: () => void;
  /** Told the lines of each frame as text. */
  readonly onFrame?: (lines: readonly string[]) => void;
  readonly children: ReactNode;
};

/** What is around every screen: size, language, keyboard, clock, help. */
export function Root(props: RootProps): ReactNode {
  const { columns, rows } = useWindowSize();
  const messages = languages[props.language];
  const view = useMemo<View>(
    () => ({ profile: props.profile, messages, columns, rows }),
    [props.profile, messages, columns, rows],
  );
  return (
    <ViewProvider view={view}>
      <MemoryProvider memory={props.memory}>
        <TickerProvider milliseconds={props.profile.tickMilliseconds}>
          <KeyLayers>
            <Stage {...props} />
          </KeyLayers>
        </TickerProvider>
      </MemoryProvider>
    </ViewProvider>
  );
}

function Stage(props: RootProps): ReactNode {
  const { stdout } = useStdout();
  const announced = useRef<{ items: readonly FooterItem[]; title: string }>({ items: [], title: '' });
  const [help, setHelp] = useState<{ items: readonly FooterItem[]; title: string }>();
  const [blanked, setBlanked] = useState(false);
  useEffect(() => {
    if (!blanked) return;
    // One empty frame makes the renderer draw every line again.
    const timer = setTimeout(() => setBlanked(false), 30);
    return () => clearTimeout(timer);
  }, [blanked]);
  usePresses('everywhere', (press) => {
    const key = pressedKey(press);
    if (key === undefined) return false;
    if (isCommand('quit', key)) props.onQuit();
    else if (isCommand('redraw', key)) {
      // Asked for by the person because something else wrote to the terminal: the one place where all is cleared.
      stdout.write('\u001b7\u001b[2J\u001b8');
      setBlanked(true);
    } else if (isCommand('help', key)) setHelp(announced.current);
    else return false;
    return true;
  });
  const covered = props.overlay !== undefined || help !== undefined;
  const around = {
    practice: props.practice,
    cluster: props.cluster,
    ...(props.onFrame === undefined ? {} : { publish: props.onFrame }),
  };
  const announce = (items: readonly FooterItem[], title: string): void => {
    announced.current = { items, title };
  };
  if (blanked) return <Box height={1} />;
  return (
    <>
      <SurroundingsProvider value={{ ...around, covered, announce }}>{props.children}</SurroundingsProvider>
      <SurroundingsProvider value={{ ...around, covered: false, announce: () => {} }}>
        {help === undefined ? (
          props.overlay
        ) : (
          <HelpScreen title={help.title} items={help.items} close={() => setHelp(undefined)} />
        )}
      </SurroundingsProvider>
    </>
  );
}
