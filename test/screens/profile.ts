import type { LanguageName } from '../../source/language/index.ts';
import type { TerminalProfile } from '../../source/presenters/terminal/environment.ts';
import { asciiGlyphs, unicodeGlyphs } from '../../source/presenters/terminal/glyphs.ts';
import { colourTheme, plainTheme } from '../../source/presenters/terminal/theme.ts';
import type { Size } from './terminal.ts';

export type Look = Size & { readonly language: LanguageName; readonly glyphs: 'unicode' | 'ascii' };

/** A terminal on which nothing moves by itself, so that pictures of it are always the same. */
export function testProfile(look: Partial<Look> = {}): TerminalProfile {
  return {
    mode: 'screens',
    glyphs: look.glyphs === 'ascii' ? asciiGlyphs : unicodeGlyphs,
    theme: look.glyphs === 'ascii' ? plainTheme : colourTheme,
    language: look.language ?? 'en',
    tickMilliseconds: 100,
    animated: false,
  };
}
