import { readFileSync } from 'node:fs';
import { LandfallError } from '../errors.ts';

/** Text of a file, undefined when there is none. Throws CERTIFICATE_STORE when it cannot be read. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new LandfallError({
      code: 'CERTIFICATE_STORE',
      message: `The file ${file} cannot be read.`,
      fix: 'Make it readable for the user who runs landfall.',
      cause: error,
    });
  }
}
