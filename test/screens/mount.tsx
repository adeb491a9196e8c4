import { render } from 'ink';
import type { ReactNode } from 'react';
import { expect } from 'vitest';
import { Root } from '../../source/presenters/terminal/root.tsx';
import { textWidth } from '../../source/presenters/terminal/text.ts';
import { type Look, testProfile } from './profile.ts';
import { EmulatedTerminal, type Size } from './terminal.ts';

export { type Look, testProfile } from './profile.ts';

export const looks: readonly Look[] = [
  { columns: 80, rows: 24, language: 'en', glyphs: 'unicode' },
  { columns: 80, rows: 24, language: 'zh', glyphs: 'unicode' },
  { columns: 120, rows: 40, language: 'en', glyphs: 'unicode' },
  { columns: 120, rows: 40, language: 'zh', glyphs: 'unicode' },
  { columns: 60, rows: 15, language: 'en', glyphs: 'ascii' },
  { columns: 60, rows: 15, language: 'zh', glyphs: 'ascii' },
];

export function lookName(look: Look): string {
  return `${look.columns}x${look.rows} ${look.language} ${look.glyphs}`;
}

export type Mounted = {
  readonly terminal: EmulatedTerminal;
  /** Types keys one after the other and waits until each is drawn. */
  press(...keys: readonly string[]): Promise<void>;
  settle(): Promise<void>;
  /** The screen, after checking that the frame keeps to the terminal. */
  text(): Promise<string>;
  until(check: (text: string) => boolean): Promise<string>;
  unmount(): Promise<void>;
};

export const keys = {
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  left: '\u001b[D',
  pageUp: '\u001b[5~',
  pageDown: '\u001b[6~',
  home: '\u001b[H',
  end: '\u001b[F',
  enter: '\r',
  escape: '\u001b',
  space: ' ',
  tab: '\t',
  backspace: '\u007f',
  controlC: '\u0003',
  controlL: '\u000c',
  paste: (text: string): string => `\u001b[200~${text}\u001b[201~`,
} as const;

/** Every frame must leave the last row empty, keep its lines inside the width, and never clear the terminal. */
export function expectFrame(terminal: EmulatedTerminal): void {
  const { rows, cols } = terminal.emulator;
  const lines = terminal.lines();
  expect(lines[rows - 1], 'the frame reaches the height of the terminal').toBe('');
  expect(lines[0]?.trim(), 'the first line of the frame was scrolled away').not.toBe('');
  for (const line of lines) expect(textWidth(line), `a line is as wide as the terminal: ${line}`).toBeLessThan(cols);
  expect(terminal.written.includes('\u001b[3J'), 'the scrollback was cleared').toBe(false);
}

/** Draws a node in an emulated terminal, the way the program does. */
export async function mountNode(node: ReactNode, size: Size): Promise<Mounted> {
  const terminal = new EmulatedTerminal(size);
  const instance = render(node, {
    stdout: terminal.output,
    stdin: terminal.input,
    stderr: terminal.output,
    exitOnCtrlC: false,
    patchConsole: false,
    interactive: true,
    incrementalRendering: true,
    alternateScreen: true,
    maxFps: 1000,
  });
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 3; round++) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      await instance.waitUntilRenderFlush();
    }
    await terminal.drawn();
  };
  await settle();
  return {
    terminal,
    settle,
    async press(...pressed) {
      for (const key of pressed) {
        terminal.type(key);
        // A lone escape is told from the start of a sequence by waiting.
        if (key === keys.escape) await new Promise((resolve) => setTimeout(resolve, 40));
        await settle();
      }
    },
    async text() {
      await settle();
      expectFrame(terminal);
      return terminal.text();
    },
    async until(check) {
      for (let round = 0; round < 400; round++) {
        await settle();
        if (check(terminal.text())) {
          expectFrame(terminal);
          return terminal.text();
        }
      }
      throw new Error(`the screen never came to what was waited for; it shows:\n${terminal.text()}`);
    },
    async unmount() {
      instance.unmount();
      await instance.waitUntilExit();
      await terminal.drawn();
    },
  };
}

/** Draws one component inside of all that surrounds a screen. */
export function mountComponent(node: ReactNode, look: Look = looks[0] as Look): Promise<Mounted> {
  return mountNode(
    <Root
      profile={testProfile(look)}
      language={look.language}
      memory={new Map()}
      practice={false}
      cluster="shop"
      onQuit={() => {}}
    >
      {node}
    </Root>,
    look,
  );
}
