import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { writePrivateFile } from '../cluster/secrets.ts';
import { LandfallError } from '../errors.ts';
import type { KeyAndCertificate } from './issue.ts';

function readIfThere(file: string): string | undefined {
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

/** The stored value of a file, made and stored when there is none. */
export async function storedText(file: string, make: () => Promise<string>): Promise<string> {
  const known = readIfThere(file);
  if (known !== undefined) return known;
  const made = await make();
  writePrivateFile(file, made);
  return made;
}

/** A stored pair, made anew when there is none or when `stillGood` refuses what is there. The key is written first. */
export async function storedPair(
  directory: string,
  name: string,
  make: () => Promise<KeyAndCertificate>,
  stillGood: (certificate: X509Certificate) => boolean = () => true,
): Promise<KeyAndCertificate> {
  const keyFile = path.join(directory, `${name}.key`);
  const certificateFile = path.join(directory, `${name}.crt`);
  const key = readIfThere(keyFile);
  const certificate = readIfThere(certificateFile);
  if (key !== undefined && certificate !== undefined && stillGood(new X509Certificate(certificate))) {
    return { key, certificate };
  }
  const made = await make();
  writePrivateFile(keyFile, made.key);
  writePrivateFile(certificateFile, made.certificate);
  return made;
}
