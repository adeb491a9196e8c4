import { createHash } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, truncateSync } from 'node:fs';
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

/**
 * Keeps keys in a file of `[address]:port base64` lines, private to its owner. A new key is a line more, so that a
 * thousand hosts cost a thousand short writes, and two processes do not undo each other's.
 */
export function openHostKeyStore(file: string): HostKeyStore {
  const keys = new Map<string, string>();
  let torn: number | undefined;
  try {
    const text = readFileSync(file, 'utf8');
    const end = text.lastIndexOf('\n') + 1;
    // A crash may have torn the last line; half a key would look like a changed one.
    if (end < text.length) torn = Buffer.byteLength(text.slice(0, end));
    for (const line of text.slice(0, end).split('\n')) {
      const [name, key] = line.split(' ');
      if (name && key) keys.set(name, key);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
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
      if (torn !== undefined) truncateSync(file, torn);
      torn = undefined;
      appendFileSync(file, `${name} ${encoded}\n`, { mode: 0o600 });
      return { verdict: 'new' };
    },
  };
}
