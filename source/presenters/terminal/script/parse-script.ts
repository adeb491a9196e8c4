import { LandfallError } from '../../../errors.ts';

/** What a key script may do; one line each. */
export type ScriptAction =
  | { readonly type: 'press'; readonly bytes: string; readonly times: number }
  | { readonly type: 'type'; readonly text: string }
  | { readonly type: 'paste'; readonly text: string }
  | { readonly type: 'wait'; readonly text: string; readonly seconds: number; readonly gone: boolean }
  | { readonly type: 'pause'; readonly milliseconds: number }
  | { readonly type: 'size'; readonly columns: number; readonly rows: number }
  | { readonly type: 'picture'; readonly file: string | undefined };

export type ScriptLine = { readonly line: number; readonly action: ScriptAction };

const keyBytes: Readonly<Record<string, string>> = {
  enter: '\r',
  esc: '\u001b',
  space: ' ',
  tab: '\t',
  'shift-tab': '\u001b[Z',
  backspace: '\u007f',
  up: '\u001b[A',
  down: '\u001b[B',
  right: '\u001b[C',
  left: '\u001b[D',
  pgup: '\u001b[5~',
  pgdn: '\u001b[6~',
  home: '\u001b[H',
  end: '\u001b[F',
  'ctrl-c': '\u0003',
  'ctrl-l': '\u000c',
  'ctrl-u': '\u0015',
};

function parseAction(text: string): ScriptAction | undefined {
  const press = /^press (\S+)(?: x(\d+))?$/.exec(text);
  if (press !== null) {
    const name = press[1] ?? '';
    const bytes = keyBytes[name.toLowerCase()] ?? ([...name].length === 1 ? name : undefined);
    return bytes === undefined ? undefined : { type: 'press', bytes, times: Number(press[2] ?? 1) };
  }
  const typed = /^(type|paste) (.+)$/.exec(text);
  if (typed !== null) return { type: typed[1] as 'type' | 'paste', text: (typed[2] ?? '').replaceAll('\\n', '\n') };
  const wait = /^wait (gone )?"(.+)"(?: (\d+(?:\.\d+)?)s)?$/.exec(text);
  if (wait !== null) {
    return { type: 'wait', gone: wait[1] !== undefined, text: wait[2] ?? '', seconds: Number(wait[3] ?? 30) };
  }
  const pause = /^pause (\d+)ms$/.exec(text);
  if (pause !== null) return { type: 'pause', milliseconds: Number(pause[1]) };
  const size = /^size (\d+)x(\d+)$/.exec(text);
  if (size !== null) return { type: 'size', columns: Number(size[1]), rows: Number(size[2]) };
  const picture = /^picture(?: (.+))?$/.exec(text);
  if (picture !== null) return { type: 'picture', file: picture[1] };
  return undefined;
}

/** Reads a key script. Empty lines and lines with `#` at their beginning say nothing. Throws SCRIPT_INVALID. */
export function parseScript(text: string, file: string): readonly ScriptLine[] {
  return text.split('\n').flatMap((source, index): readonly ScriptLine[] => {
    const trimmed = source.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    const action = parseAction(trimmed);
    if (action !== undefined) return [{ line: index + 1, action }];
    throw new LandfallError({
      code: 'SCRIPT_INVALID',
      message: `${file}:${index + 1}: "${trimmed}" is nothing a key script can do.`,
      fix: 'Use: press KEY [xN], type TEXT, paste TEXT, wait "TEXT" [Ns], wait gone "TEXT", pause Nms, size WxH, picture [FILE].',
      exitStatus: 2,
    });
  });
}
