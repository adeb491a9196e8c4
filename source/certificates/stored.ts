import { X509Certificate } from 'node:crypto';
import path from 'node:path';
import { writePrivateFile } from '../cluster/secrets.ts';
import type { KeyAndCertificate } from './issue.ts';
import { readIfThere } from './stored-file.ts';
import { readKey, writeKey } from './stored-key.ts';

/** A stored pair, made anew when there is none or when `stillGood` refuses what is there. The key is written first. */
export async function storedPair(
  directory: string,
  name: string,
  make: () => Promise<KeyAndCertificate>,
  stillGood: (certificate: X509Certificate) => boolean,
  passphrase: string | undefined,
): Promise<KeyAndCertificate> {
  const keyFile = path.join(directory, `${name}.key`);
  const certificateFile = path.join(directory, `${name}.crt`);
  const certificate = readIfThere(certificateFile);
  if (certificate !== undefined && stillGood(new X509Certificate(certificate))) {
    const key = readKey(keyFile, passphrase);
    if (key !== undefined) return { key, certificate };
  }
  const made = await make();
  writeKey(keyFile, made.key, passphrase);
  writePrivateFile(certificateFile, made.certificate);
  return made;
}
