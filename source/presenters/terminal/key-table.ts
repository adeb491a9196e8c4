import { en } from '../../language/en.ts';
import { keyLabel } from './components/footer.ts';
import { unicodeGlyphs } from './glyphs.ts';
import { type Command, footerOrder, globalCommands } from './keys.ts';
import { colourTheme } from './theme.ts';

/** The key map as the Markdown of docs/keys.md. */
export function keyTable(): string {
  const view = {
    messages: en,
    profile: {
      mode: 'screens',
      glyphs: unicodeGlyphs,
      theme: colourTheme,
      language: 'en',
      tickMilliseconds: 100,
      animated: true,
    },
  } as const;
  const commands: readonly Command[] = [
    ...footerOrder,
    ...globalCommands.filter((name) => !footerOrder.includes(name)),
  ];
  const rows = commands.map((command) => `| \`${keyLabel(command, view)}\` | ${en.commandHelp[command]} |`);
  return [
    '# Keys of the screens',
    '',
    'Made from `source/presenters/terminal/keys.ts`; a test holds them together. Arrows, Enter, Space and Esc are enough for',
    'everything; letters are shortcuts, work only where they are shown, and never while a text field has the focus.',
    '',
    '| key | what it does |',
    '|---|---|',
    ...rows,
    '',
  ].join('\n');
}
