/** Marks of the screens. Every state has a word beside its mark, so no meaning is lost with a font that lacks one. */
export type GlyphSet = {
  readonly name: 'unicode' | 'ascii';
  readonly pointer: string;
  /** Closes what the pointer opens, around a button. */
  readonly pointerEnd: string;
  readonly done: string;
  readonly failed: string;
  readonly warning: string;
  readonly waiting: string;
  readonly skipped: string;
  readonly bullet: string;
  readonly checked: string;
  readonly unchecked: string;
  readonly ellipsis: string;
  readonly line: string;
  readonly vertical: string;
  readonly barFull: string;
  readonly barEmpty: string;
  readonly separator: string;
  readonly arrow: string;
  readonly mask: string;
  readonly above: string;
  readonly below: string;
  readonly upDown: string;
  readonly leftRight: string;
  readonly corners: readonly [string, string, string, string];
  readonly spinner: readonly string[];
};

export const unicodeGlyphs: GlyphSet = {
  name: 'unicode',
  pointer: '❯',
  pointerEnd: '❮',
  done: '✔',
  failed: '✖',
  warning: '!',
  waiting: '·',
  skipped: '-',
  bullet: '•',
  checked: '[✔]',
  unchecked: '[ ]',
  ellipsis: '…',
  line: '─',
  vertical: '│',
  barFull: '━',
  barEmpty: '─',
  separator: '·',
  arrow: '→',
  mask: '•',
  above: '↑',
  below: '↓',
  upDown: '↑↓',
  leftRight: '←→',
  corners: ['╭', '╮', '╰', '╯'],
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
};

/** For consoles without Unicode, and for CJK consoles that draw ambiguous characters two cells wide. */
export const asciiGlyphs: GlyphSet = {
  name: 'ascii',
  pointer: '>',
  pointerEnd: '<',
  done: '+',
  failed: 'x',
  warning: '!',
  waiting: '.',
  skipped: '-',
  bullet: '*',
  checked: '[x]',
  unchecked: '[ ]',
  ellipsis: '...',
  line: '-',
  vertical: '|',
  barFull: '#',
  barEmpty: '.',
  separator: '|',
  arrow: '->',
  mask: '*',
  above: '^',
  below: 'v',
  upDown: 'Up/Dn',
  leftRight: 'Lt/Rt',
  corners: ['+', '+', '+', '+'],
  spinner: ['|', '/', '-', '\\'],
};
