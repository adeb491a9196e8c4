import { en, type Messages } from './en.ts';
import { zh } from './zh.ts';

export type { Messages } from './en.ts';

export type LanguageName = 'en' | 'zh';

export const languages: Readonly<Record<LanguageName, Messages>> = { en, zh };

/** Name of each language in itself. */
export const languageTitles: Readonly<Record<LanguageName, string>> = { en: 'English', zh: '中文' };
