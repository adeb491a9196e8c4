import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export type HostKeyVerdict =
  | { readonly verdict: 'new' | 'known' }
  | { readonly verdict: 'changed'; readonly expected: string; readonly found: string };

/** Pinned keys of hosts: known on first contact, verified ever after. */
export type HostKeyStore = {
  check(host: string, port: number, key: Buffer): HostKeyVerdict;
};

/** Fingerprint as OpenSSH shows it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

/** Keeps keys in a file of `[address]:port base64` lines, private to its owner. */
export function openHostKeyStore(file: string): HostKeyStore {
  const keys = new Map<string, string>();
  try {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      const [name, key] = line.split(' ');
      if (name && key) keys.set(name, key);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return {
    check(host, port, key) {
      const name = `[${host}]:${port}`;
      const known = keys.get(name);
      const encoded = key.toString('base64');
      if (known === encoded) return { verdict: 'known' };
      if (known !== undefined) {
        return { verdict: 'changed', expected: fingerprint(Buffer.from(known, 'base64')), found: fingerprint(key) };
      }
      keys.set(name, encoded);
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      const temporary = `${file}.new`;
      writeFileSync(temporary, [...keys].map(([entry, value]) => `${entry} ${value}\n`).join(''), { mode: 0o600 });
      renameSync(temporary, file);
      return { verdict: 'new' };
    },
  };
}
