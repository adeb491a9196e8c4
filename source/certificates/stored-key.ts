import { createPrivateKey, type KeyObject } from 'node:crypto';
import { writePrivateFile } from '../cluster/secrets.ts';
import { LandfallError } from '../errors.ts';
import { readIfThere } from './stored-file.ts';

/** A private key from PEM text. Throws AUTHORITY_KEY_LOCKED when it cannot be opened. */
export function openKey(text: string, file: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey(passphrase === undefined ? text : { key: text, passphrase });
  } catch (cause) {
    throw new LandfallError({
      code: 'AUTHORITY_KEY_LOCKED',
      message: `The key ${file} cannot be opened${passphrase === undefined ? '' : ' with this passphrase'}.`,
      fix: 'Check the file that certificates.passphraseFile of the cluster document names.',
      exitStatus: 2,
      cause,
    });
  }
}

/** A key as PKCS #1 text, which every component of Kubernetes reads. */
export const plainKey = (key: KeyObject): string => key.export({ type: 'pkcs1', format: 'pem' }).toString();

/** Writes a key for its owner only; with a passphrase it is encrypted in PKCS #8, which openssl opens too. */
export function writeKey(file: string, text: string, passphrase: string | undefined): void {
  writePrivateFile(
    file,
    passphrase === undefined
      ? text
      : createPrivateKey(text).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }).toString(),
  );
}

/** A kept key as PKCS #1 text; one that is kept in another way than it shall be is written anew. Undefined when there is none. */
export function readKey(file: string, passphrase: string | undefined): string | undefined {
  const text = readIfThere(file);
  if (text === undefined) return undefined;
  const encrypted = text.includes('ENCRYPTED');
  const plain = plainKey(openKey(text, file, encrypted ? passphrase : undefined));
  if (encrypted !== (passphrase !== undefined)) writeKey(file, plain, passphrase);
  return plain;
}
