import { spawnSync } from 'node:child_process';

export const hasTmux = spawnSync('tmux', ['-V']).status === 0;

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

export type TmuxTerminal = {
  /** Starts a command; the shell stays when it ends, so that what it leaves behind can be seen. */
  open(command: readonly string[], environment: Readonly<Record<string, string>>, size?: TmuxSize): void;
  screen(): string;
  /** Waits until the screen shows this; throws with the screen when it does not come. */
  until(text: string | RegExp, seconds?: number): Promise<string>;
  /** Keys by tmux's names: `Enter`, `Down`, `C-c`, `a`. */
  press(...keys: readonly string[]): Promise<void>;
  /** Text as a person types or pastes it, into the field that has the focus. */
  type(text: string): Promise<void>;
  resize(size: TmuxSize): void;
  /** What tmux knows of the terminal, as `#{cursor_flag}`. */
  state(format: string): string;
  /** As when the window is closed: the shell and all it started get SIGHUP. */
  hangUp(): void;
  /** Ends this terminal and its server. */
  close(): void;
};

export type TmuxSize = { readonly columns: number; readonly rows: number };

const quoted = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** A real terminal: tmux shows, its keys are the person. `name` tells servers of several tests apart. */
export function tmuxTerminal(name: string): TmuxTerminal {
  const socket = `landfall-${name}-${process.pid}`;
  const target = ['-t', 'wizard'] as const;
  const tmux = (...words: readonly string[]): string =>
    spawnSync('tmux', ['-L', socket, '-f', '/dev/null', '-u', ...words], { encoding: 'utf8' }).stdout;
  const screen = (): string => tmux('capture-pane', '-p', ...target);
  return {
    screen,
    open(command, environment, { columns, rows } = { columns: 80, rows: 24 }) {
      const variables = Object.entries({ LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', ...environment });
      const assigned = variables.map(([key, value]) => `${key}=${quoted(value)}`).join(' ');
      // Without `exit-empty off` the server ends with its last terminal, and may take along one that is opened just then.
      tmux(
        ...['start-server', ';', 'set-option', '-g', 'exit-empty', 'off', ';'],
        ...['new-session', '-d', '-s', 'wizard', '-x', String(columns), '-y', String(rows)],
        `env ${assigned} ${command.map(quoted).join(' ')}; echo "ended with $?"; sleep 1200`,
      );
    },
    async until(text, seconds = 120) {
      const end = Date.now() + seconds * 1000;
      for (;;) {
        const shown = screen();
        if (typeof text === 'string' ? shown.includes(text) : text.test(shown)) return shown;
        if (Date.now() > end) throw new Error(`the screen never showed ${text}; it shows:\n${shown}`);
        await pause(100);
      }
    },
    async press(...keys) {
      for (const key of keys) {
        tmux('send-keys', ...target, key);
        await pause(150);
      }
    },
    async type(text) {
      tmux('send-keys', ...target, '-l', text);
      await pause(150);
    },
    resize({ columns, rows }) {
      tmux('resize-window', ...target, '-x', String(columns), '-y', String(rows));
    },
    state: (format) => tmux('display-message', '-p', ...target, format).trim(),
    hangUp() {
      tmux('kill-session', ...target);
    },
    close() {
      tmux('kill-server');
    },
  };
}
