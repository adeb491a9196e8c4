import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import ssh2, { type ConnectConfig } from 'ssh2';
import type { HostEntry } from '../cluster/document.ts';
import { LandfallError } from '../errors.ts';

/** Login secrets of one host, read from where the document says; never kept in the document. */
export type HostSecrets = {
  readonly password?: string;
  readonly sudoPassword?: string;
  readonly keyPassphrase?: string;
};

/** How to log in, and what came of it. */
export type SshLogin = {
  readonly configuration: ConnectConfig;
  /** Methods that were tried, and those the server offers; for the message when none of them helped. */
  readonly tried: ReadonlySet<string>;
  readonly offered: ReadonlySet<string>;
};

type Method = { readonly name: 'publickey' | 'agent' | 'password' | 'keyboard-interactive'; readonly says: string };

function keyError(host: HostEntry, file: string, cause: unknown): LandfallError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LandfallError({
    code: 'SSH_KEY_FILE',
    message: `The key file ${file} cannot be read: ${reason}.`,
    fix: 'Name a private key under ssh.keyFile in the cluster document.',
    context: { host: host.name },
    cause,
  });
}

/** A key as openssl writes it in the form ssh2 reads; RSA and ECDSA only. */
function fromPkcs8(
  content: Buffer,
  passphrase: string | undefined,
): { readonly converted?: Buffer; readonly encrypted: boolean } {
  const encrypted = content.includes('BEGIN ENCRYPTED PRIVATE KEY');
  if (!encrypted && !content.includes('BEGIN PRIVATE KEY')) return { encrypted };
  try {
    const key = createPrivateKey({ key: content, ...(passphrase === undefined ? {} : { passphrase }) });
    const type = key.asymmetricKeyType;
    if (type !== 'rsa' && type !== 'ec') return { encrypted: false };
    const text = key.export({ type: type === 'rsa' ? 'pkcs1' : 'sec1', format: 'pem' });
    return { converted: Buffer.from(text), encrypted };
  } catch {
    return { encrypted };
  }
}

/** The private key of the document, decrypted; undefined when it is encrypted and only its agent can use it. */
function usableKey(host: HostEntry, passphrase: string | undefined, agent: string | undefined): Buffer | undefined {
  const file = host.ssh.keyFile;
  if (file === undefined) return undefined;
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (cause) {
    throw keyError(host, file, cause);
  }
  const key = ssh2.utils.parseKey(content, passphrase);
  if (!(key instanceof Error)) return content;
  const { converted, encrypted } = fromPkcs8(content, passphrase);
  if (converted !== undefined) return converted;
  if (!encrypted && !/[Ee]ncrypted|passphrase/.test(key.message)) throw keyError(host, file, key);
  if (passphrase === undefined && agent !== undefined) return undefined;
  throw new LandfallError({
    code: 'SSH_KEY_PASSPHRASE',
    message:
      passphrase === undefined
        ? `The key file ${file} is encrypted, and its passphrase is not known.`
        : `The passphrase does not open the key file ${file}.`,
    fix: 'Give the passphrase when asked, or add the key to the SSH agent: ssh-add FILE.',
    context: { host: host.name },
    cause: key,
  });
}

/** Key, agent, password, keyboard-interactive, in this order, and each only where the server offers it. */
export function sshLogin(host: HostEntry, secrets: HostSecrets): SshLogin {
  const agent = process.env['SSH_AUTH_SOCK'] || undefined;
  const privateKey = usableKey(host, secrets.keyPassphrase, agent);
  const usesAgent = agent !== undefined && privateKey === undefined;
  const { password } = secrets;
  const left: Method[] = [
    ...(privateKey === undefined ? [] : [{ name: 'publickey', says: 'publickey' } as const]),
    ...(usesAgent ? [{ name: 'agent', says: 'publickey' } as const] : []),
    ...(password === undefined
      ? []
      : [
          { name: 'password', says: 'password' } as const,
          { name: 'keyboard-interactive', says: 'keyboard-interactive' } as const,
        ]),
  ];
  const tried = new Set<string>();
  const offered = new Set<string>();
  const next = (names: readonly string[] | null): string | false => {
    // The first request only asks what is offered: a server counts every wrong try, and a password is nothing to hand out.
    if (names === null) return 'none';
    for (const name of names) offered.add(name);
    const index = left.findIndex((method) => names.includes(method.says));
    const [method] = index < 0 ? [] : left.splice(index, 1);
    if (method === undefined) return false;
    tried.add(method.name === 'agent' ? 'the keys of the agent' : method.says);
    return method.name;
  };
  return {
    tried,
    offered,
    configuration: {
      username: host.ssh.user,
      ...(privateKey === undefined ? {} : { privateKey }),
      ...(secrets.keyPassphrase === undefined ? {} : { passphrase: secrets.keyPassphrase }),
      ...(password === undefined ? {} : { password, tryKeyboard: true }),
      ...(usesAgent ? { agent } : {}),
      authHandler: (names: string[] | null, _partial: boolean | null, answer: (method: string | false) => void) =>
        answer(next(names)),
    } as ConnectConfig,
  };
}
