/** What a piece of text means; the only way screens speak of colour. */
export type Tone = 'normal' | 'dim' | 'title' | 'accent' | 'good' | 'warning' | 'bad' | 'running' | 'practice';

/** How a meaning looks. Only the terminal's own 16 colours, so that its palette and contrast hold. */
export type Look = {
  readonly color?: string;
  readonly bold?: boolean;
  readonly dimColor?: boolean;
  readonly inverse?: boolean;
};

export type Theme = { readonly name: 'colour' | 'plain'; readonly looks: Readonly<Record<Tone, Look>> };

export const colourTheme: Theme = {
  name: 'colour',
  looks: {
    normal: {},
    dim: { dimColor: true },
    title: { bold: true },
    accent: { color: 'cyan' },
    good: { color: 'green' },
    warning: { color: 'yellow' },
    bad: { color: 'red', bold: true },
    running: { color: 'cyan' },
    practice: { color: 'magenta', bold: true },
  },
};

/** Without colour: weight alone, and every state has its mark and word anyway. */
export const plainTheme: Theme = {
  name: 'plain',
  looks: {
    normal: {},
    dim: {},
    title: { bold: true },
    accent: { bold: true },
    good: {},
    warning: { bold: true },
    bad: { bold: true },
    running: {},
    practice: { inverse: true },
  },
};
