import type { LanguageName } from '../../language/index.ts';
import { asciiGlyphs, type GlyphSet, unicodeGlyphs } from './glyphs.ts';
import { colourTheme, plainTheme, type Theme } from './theme.ts';

/** What is asked for on the command line; each wins over what is detected. */
export type TerminalFlags = {
  readonly ascii?: boolean;
  readonly color?: boolean;
  readonly slow?: boolean;
  readonly accessible?: boolean;
  readonly language?: LanguageName;
};

export type TerminalFacts = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly inputIsTerminal: boolean;
  readonly outputIsTerminal: boolean;
  /** Device behind the output, `/dev/ttyS0`, where it is known. */
  readonly device?: string;
};

export type TerminalProfile = {
  /** `screens`, or numbered questions as lines of text, or nobody who could answer. */
  readonly mode: 'screens' | 'questions' | 'unattended';
  readonly glyphs: GlyphSet;
  readonly theme: Theme;
  readonly language: LanguageName;
  /** Milliseconds between two frames that time alone causes. */
  readonly tickMilliseconds: number;
  readonly animated: boolean;
};

function on(value: string | undefined): boolean {
  return value !== undefined && value !== '' && value !== '0' && value !== 'false';
}

/** Decides how to speak to this terminal. Pure, so that each odd terminal is one line of a test. */
export function profileTerminal(facts: TerminalFacts, flags: TerminalFlags): TerminalProfile {
  const { environment: env, platform } = facts;
  const term = env['TERM'] ?? '';
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  const messages = env['LC_ALL'] || env['LC_MESSAGES'] || env['LANG'] || '';
  const modernProgram = env['WT_SESSION'] !== undefined || env['TERM_PROGRAM'] !== undefined;
  const bareConsole = term === 'linux' || /^vt\d/.test(term);
  const serial = /\/(tty(S|AMA|USB|ACM)|hvc|console)/.test(facts.device ?? '');
  const utf8 = /utf-?8/i.test(locale) || (locale === '' && modernProgram) || (platform === 'win32' && modernProgram);
  const ascii = flags.ascii ?? (!utf8 || bareConsole || term === 'dumb');
  const colour = flags.color ?? !(on(env['NO_COLOR']) || term === 'dumb' || /^vt\d/.test(term));
  const slow = flags.slow ?? (serial || /^vt\d/.test(term) || on(env['LANDFALL_SLOW']));
  const remote = env['SSH_TTY'] !== undefined || env['SSH_CONNECTION'] !== undefined;
  const accessible = flags.accessible ?? (on(env['ACCESSIBLE']) || on(env['INK_SCREEN_READER']));
  const wantsChinese = /^zh/i.test(messages);
  // A console that draws no CJK would show boxes; an explicit wish still counts.
  const language = flags.language ?? (wantsChinese && utf8 && !bareConsole ? 'zh' : 'en');
  const mode =
    !facts.inputIsTerminal || !facts.outputIsTerminal
      ? facts.inputIsTerminal
        ? 'questions'
        : 'unattended'
      : accessible || term === 'dumb'
        ? 'questions'
        : 'screens';
  return {
    mode,
    glyphs: ascii ? asciiGlyphs : unicodeGlyphs,
    theme: colour ? colourTheme : plainTheme,
    language,
    tickMilliseconds: slow ? 500 : remote ? 250 : 100,
    animated: !slow,
  };
}
