import { readPasswordFile } from '../cluster/load-document.ts';
import { LandfallError } from '../errors.ts';
import { languages } from '../language/index.ts';
import { createAsker } from '../presenters/terminal/numbered/asker.ts';

const shortest = 8;

function refuse(message: string): LandfallError {
  return new LandfallError({
    code: 'PASSPHRASE_NEEDED',
    message,
    fix: `Name a private file that holds it (at least ${shortest} characters) with --passphrase-file, or type it at a terminal.`,
    exitStatus: 2,
  });
}

/**
 * The passphrase of a backup, from a private file or typed unseen; never from arguments or the environment. A new one is
 * asked for twice.
 */
export async function readPassphrase(file: string | undefined, isNew: boolean): Promise<string> {
  if (file !== undefined) {
    const text = readPasswordFile(file).trim();
    if (text.length < shortest) throw refuse(`The passphrase in ${file} is too short.`);
    return text;
  }
  if (!process.stdin.isTTY || !process.stderr.isTTY) throw refuse('The passphrase of the backup is needed.');
  const asker = createAsker(process.stdin, process.stderr, languages.en);
  try {
    const text = await asker.ask('Passphrase of the backup', { hidden: true });
    if (text.length < shortest) throw refuse('The passphrase is too short.');
    if (isNew && (await asker.ask('The same again', { hidden: true })) !== text) {
      throw refuse('The two passphrases are not the same.');
    }
    return text;
  } finally {
    asker.close();
  }
}
