import { type Command, Option } from 'commander';
import type { TerminalFlags } from '../../presenters/terminal/environment.ts';
import { lazyServices } from './lazy-services.ts';
import { startWizard } from './start-wizard.ts';

type WizardFlags = {
  readonly script?: string;
  readonly ascii?: true;
  readonly color: boolean;
  readonly slow?: true;
  readonly accessible?: true;
  readonly language?: 'en' | 'zh';
};

/** `landfall` without a command: the wizard. */
export function withWizard(program: Command, version: string): Command {
  return (
    program
      // Options of commands that have the same names are theirs.
      .enablePositionalOptions()
      .option('--script <file>', 'drive the screens by the keys in a file')
      .option('--ascii', 'draw with ASCII characters only')
      .option('--no-color', 'draw without colours')
      .option('--slow', 'for slow lines: few frames, nothing moves')
      .option('--accessible', 'numbered questions instead of screens, for screen readers')
      .addOption(
        new Option('--language <name>', 'of the screens; that of the terminal unless given').choices(['en', 'zh']),
      )
      .action(async (options: WizardFlags) => {
        const { script, ascii, color, slow, accessible, language } = options;
        const flags: TerminalFlags = {
          ...(ascii === undefined ? {} : { ascii }),
          // Commander sets it to true when nothing was said; then the terminal decides.
          ...(color ? {} : { color }),
          ...(slow === undefined ? {} : { slow }),
          ...(accessible === undefined ? {} : { accessible }),
          ...(language === undefined ? {} : { language }),
        };
        await startWizard(lazyServices(version), { ...flags, ...(script === undefined ? {} : { script }) });
      })
  );
}
