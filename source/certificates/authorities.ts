import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { writePrivateFile } from '../cluster/secrets.ts';
import { LandfallError } from '../errors.ts';
import { certificatesOf } from './inspect.ts';
import type { KeyAndCertificate } from './issue.ts';
import { readIfThere } from './stored-file.ts';
import { openKey, plainKey, readKey, writeKey } from './stored-key.ts';

/** Where the keys of a cluster's authorities come from and how this machine keeps them. */
export type KeyCustody = {
  /** Folder of the user's own authorities, laid out as kubeadm's: `ca.crt`, `ca.key`, `etcd/ca.crt` … */
  readonly given?: string;
  /** Keys are encrypted with it on this machine. */
  readonly passphrase?: string;
  /** Asks a control plane for a key that is not on this machine, by its name below the folder: `etcd/ca.key`. */
  readonly fetch?: (name: string) => Promise<string | undefined>;
  /** Keeps here what was fetched, for as long as control planes may come to have another one. */
  readonly keepFetched?: boolean;
};

function keyMissing(file: string, custody: KeyCustody): LandfallError {
  return new LandfallError({
    code: 'AUTHORITY_KEY_MISSING',
    message: `The key ${file} of this cluster's authority is not on this machine${
      custody.fetch === undefined ? '' : ', and no control plane that has it could be asked'
    }.`,
    fix:
      custody.fetch === undefined
        ? 'Bring it back from a backup, or copy it from /etc/kubernetes/pki of a control plane.'
        : 'See that one control plane can be reached.',
  });
}

/** The key in a file of this machine, else of a control plane; undefined when there is no such file and nobody to ask. */
async function keptKey(directory: string, name: string, custody: KeyCustody): Promise<string | undefined> {
  const file = path.join(directory, name);
  const kept = readKey(file, custody.passphrase);
  if (kept !== undefined) return kept;
  const fetched = await custody.fetch?.(name);
  if (fetched !== undefined && custody.keepFetched === true) writeKey(file, fetched, custody.passphrase);
  return fetched;
}

function unfit(file: string, message: string, cause?: unknown): LandfallError {
  return new LandfallError({
    code: 'AUTHORITY_UNFIT',
    message: `${file} ${message}.`,
    fix: 'Put an RSA key and a certificate that may sign others into the folder that certificates.authorityFolder names.',
    exitStatus: 2,
    cause,
  });
}

/** The user's own authority from a folder, when it has one of that name. Throws AUTHORITY_UNFIT when it cannot serve. */
export function givenAuthority(folder: string, name: string): KeyAndCertificate | undefined {
  const file = path.join(folder, `${name}.crt`);
  const certificate = readIfThere(file);
  if (certificate === undefined) return undefined;
  const keyFile = path.join(folder, `${name}.key`);
  const keyText = readIfThere(keyFile);
  if (keyText === undefined) throw unfit(keyFile, 'is missing');
  let first: X509Certificate;
  let key: KeyObject;
  try {
    first = certificatesOf(certificate)[0] as X509Certificate;
    key = createPrivateKey(keyText);
  } catch (cause) {
    throw unfit(file, 'or its key cannot be read', cause);
  }
  if (key.asymmetricKeyType !== 'rsa') throw unfit(keyFile, 'is not an RSA key');
  if (!first.checkPrivateKey(key)) throw unfit(keyFile, `does not belong to ${file}`);
  if (!first.ca) throw unfit(file, 'is no certificate of an authority');
  if (Date.parse(first.validTo) < Date.now()) throw unfit(file, `has ended at ${first.validTo}`);
  return { certificate, key: plainKey(key) };
}

/** An authority of the cluster: the kept one, else the user's own, else a new one. */
export async function openAuthority(
  directory: string,
  name: string,
  make: () => Promise<KeyAndCertificate>,
  custody: KeyCustody,
): Promise<KeyAndCertificate> {
  const file = path.join(directory, `${name}.crt`);
  const certificate = readIfThere(file);
  if (certificate !== undefined) {
    const key = await keptKey(directory, `${name}.key`, custody);
    if (key === undefined) throw keyMissing(path.join(directory, `${name}.key`), custody);
    if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) {
      throw unfit(path.join(directory, `${name}.key`), `does not belong to ${file}`);
    }
    return { certificate, key };
  }
  const made = (custody.given === undefined ? undefined : givenAuthority(custody.given, name)) ?? (await make());
  writeKey(path.join(directory, `${name}.key`), made.key, custody.passphrase);
  writePrivateFile(file, made.certificate);
  return made;
}

/**
 * The key that signs tokens of service accounts, in PKCS #1. Its public half beside it says that there is one, so that a
 * key which only control planes have is not made a second time.
 */
export async function openServiceAccountKey(
  directory: string,
  make: () => Promise<string>,
  custody: KeyCustody,
): Promise<{ readonly privatePem: string; readonly publicPem: string }> {
  const publicFile = path.join(directory, 'sa.pub');
  const exists = readIfThere(publicFile) !== undefined;
  const file = path.join(directory, 'sa.key');
  const kept = exists || existsSync(file) ? await keptKey(directory, 'sa.key', custody) : undefined;
  if (exists && kept === undefined) throw keyMissing(file, custody);
  const given = custody.given === undefined ? undefined : readIfThere(path.join(custody.given, 'sa.key'));
  const privatePem = kept ?? (given === undefined ? await make() : plainKey(openKey(given, file, undefined)));
  if (kept === undefined) writeKey(file, privatePem, custody.passphrase);
  const publicPem = createPublicKey(privatePem).export({ type: 'spki', format: 'pem' }).toString();
  if (!exists) writePrivateFile(publicFile, publicPem);
  return { privatePem, publicPem };
}

/** Removes every private key below a folder but those that serve a registry, which only this machine can issue again. */
export function forgetKeys(directory: string): void {
  if (!existsSync(directory)) return;
  for (const name of readdirSync(directory, { recursive: true, encoding: 'utf8' })) {
    if (name.endsWith('.key') && path.basename(name) !== 'registry.key') rmSync(path.join(directory, name));
  }
}
