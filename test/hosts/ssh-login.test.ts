import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ssh2, { type AuthContext, type ParsedKey } from 'ssh2';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { atEnd, connectToPort, startSshServer } from './ssh-server.ts';

const agentBefore = process.env['SSH_AUTH_SOCK'];
beforeEach(() => {
  delete process.env['SSH_AUTH_SOCK'];
});
afterEach(() => {
  if (agentBefore === undefined) delete process.env['SSH_AUTH_SOCK'];
  else process.env['SSH_AUTH_SOCK'] = agentBefore;
});

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), 'landfall-ssh-'));
  atEnd(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

type Keys = { readonly file: string; readonly public: ParsedKey };

function makeKey(type: 'ed25519' | 'rsa' | 'ecdsa', passphrase?: string): Keys {
  const encryption = passphrase === undefined ? {} : { passphrase, cipher: 'aes256-ctr', rounds: 1 };
  const bits = type === 'rsa' ? { bits: 2048 } : type === 'ecdsa' ? { bits: 256 } : {};
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync(type as 'ed25519', { ...bits, ...encryption } as object);
    const key = ssh2.utils.parseKey(pair.public);
    // The generator drops a leading zero of an ed25519 key now and then.
    if (key instanceof Error || ssh2.utils.parseKey(pair.private, passphrase) instanceof Error) continue;
    const file = path.join(folder(), 'key');
    writeFileSync(file, pair.private, { mode: 0o600 });
    return { file, public: key as ParsedKey };
  }
}

/** Lets in who signs with the key. */
function byKey(key: ParsedKey): (context: AuthContext) => void {
  return (context) => {
    if (context.method !== 'publickey' || !context.key.data.equals(key.getPublicSSH())) {
      context.reject(['publickey']);
    } else if (context.signature === undefined || context.blob === undefined) {
      context.accept();
    } else if (key.verify(context.blob, context.signature, context.hashAlgo) === true) {
      context.accept();
    } else {
      context.reject(['publickey']);
    }
  };
}

/** An SSH agent on a socket of its own that knows one key. */
async function startAgent(privateKey: ParsedKey): Promise<string> {
  const server = createServer((socket) => {
    const protocol = new ssh2.AgentProtocol(false);
    protocol.on('identities', (request) => protocol.getIdentitiesReply(request, [privateKey]));
    protocol.on('sign', (request, _key, data, options) => {
      const signature = privateKey.sign(data, options.hash);
      if (signature instanceof Error) protocol.failureReply(request);
      else protocol.signReply(request, signature);
    });
    socket.pipe(protocol).pipe(socket);
    socket.on('error', () => {});
  });
  const file = process.platform === 'win32' ? `\\\\.\\pipe\\landfall-${process.pid}` : path.join(folder(), 'agent');
  await new Promise<void>((resolve) => server.listen(file, () => resolve()));
  atEnd(() => void server.close());
  return file;
}

const user = async (connection: ReturnType<typeof connectToPort>): Promise<string> =>
  (await connection.run('id -u')).stdout.trim();

test.each(['ed25519', 'rsa', 'ecdsa'] as const)('an %s key logs in, plain and encrypted', async (type) => {
  for (const passphrase of [undefined, 'open sesame']) {
    const key = makeKey(type, passphrase);
    const server = await startSshServer(byKey(key.public));
    const secrets = passphrase === undefined ? {} : { keyPassphrase: passphrase };
    expect(await user(connectToPort(server.port, secrets, { keyFile: key.file }))).toBe('0');
  }
});

test.each([
  ['rsa', { modulusLength: 2048 }],
  ['ec', { namedCurve: 'P-256' }],
] as const)('a %s key as openssl writes it logs in, plain and encrypted', async (type, options) => {
  for (const passphrase of [undefined, 'open sesame']) {
    const privateKeyEncoding = {
      type: 'pkcs8',
      format: 'pem',
      ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
    } as const;
    const { privateKey } = generateKeyPairSync(type as 'rsa', {
      ...(options as { modulusLength: number }),
      privateKeyEncoding,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
    });
    const file = path.join(folder(), 'key');
    writeFileSync(file, privateKey, { mode: 0o600 });
    const form = { type: type === 'rsa' ? 'pkcs1' : 'sec1', format: 'pem' } as const;
    const opened = createPrivateKey({ key: privateKey, ...(passphrase === undefined ? {} : { passphrase }) });
    const server = await startSshServer(
      byKey(ssh2.utils.parseKey(opened.export(form as { type: 'pkcs1'; format: 'pem' })) as ParsedKey),
    );
    const secrets = passphrase === undefined ? {} : { keyPassphrase: passphrase };
    expect(await user(connectToPort(server.port, secrets, { keyFile: file }))).toBe('0');
    if (passphrase === undefined) continue;
    const attempt = connectToPort(server.port, { keyPassphrase: 'wrong' }, { keyFile: file }).run('id -u');
    await expect(attempt).rejects.toMatchObject({ code: 'SSH_KEY_PASSPHRASE' });
  }
});

test('a missing or wrong passphrase, and what is no key, are told apart before anything is sent', async () => {
  const key = makeKey('ed25519', 'open sesame');
  const server = await startSshServer(byKey(key.public));
  const attempt = (secrets: object, keyFile: string) => connectToPort(server.port, secrets, { keyFile }).run('id -u');
  await expect(attempt({}, key.file)).rejects.toMatchObject({
    code: 'SSH_KEY_PASSPHRASE',
    message: expect.stringContaining('its passphrase is not known'),
  });
  await expect(attempt({ keyPassphrase: 'wrong' }, key.file)).rejects.toMatchObject({
    code: 'SSH_KEY_PASSPHRASE',
    message: expect.stringContaining('does not open'),
  });
  const text = path.join(folder(), 'text');
  writeFileSync(text, 'not a key\n');
  await expect(attempt({}, text)).rejects.toMatchObject({ code: 'SSH_KEY_FILE' });
  await expect(attempt({}, `${text}-none`)).rejects.toMatchObject({ code: 'SSH_KEY_FILE' });
  expect(server.methods).toEqual([]);
});

test('the agent logs in, and also in place of an encrypted key whose passphrase is not known', async () => {
  const key = makeKey('ed25519', 'open sesame');
  const opened = ssh2.utils.parseKey(readFileSync(key.file), 'open sesame') as ParsedKey;
  process.env['SSH_AUTH_SOCK'] = await startAgent(opened);
  const server = await startSshServer(byKey(key.public));
  expect(await user(connectToPort(server.port, {}))).toBe('0');
  expect(await user(connectToPort(server.port, {}, { keyFile: key.file }))).toBe('0');
});

test('an agent without the right key is named in the refusal', async () => {
  const [known, other] = [makeKey('ed25519'), makeKey('ed25519')];
  process.env['SSH_AUTH_SOCK'] = await startAgent(ssh2.utils.parseKey(readFileSync(other.file)) as ParsedKey);
  const server = await startSshServer(byKey(known.public));
  const attempt = connectToPort(server.port, {}).run('id -u');
  await expect(attempt).rejects.toMatchObject({
    code: 'SSH_AUTH',
    message: expect.stringContaining('tried the keys of the agent, the server offers publickey'),
  });
});

test('only what the server offers is tried, so that no password goes where none is asked for', async () => {
  const server = await startSshServer((context) => context.reject(['publickey']));
  const attempt = connectToPort(server.port, { password: 'secret word' }).run('id -u');
  await expect(attempt).rejects.toMatchObject({
    code: 'SSH_AUTH',
    message: expect.stringContaining('tried nothing, the server offers publickey'),
  });
  expect(server.methods).toEqual(['none']);
});

test('a server that wants a key and then a password gets both', async () => {
  const key = makeKey('ed25519');
  let byKeyDone = false;
  const server = await startSshServer((context) => {
    if (context.method === 'none') return context.reject(['publickey']);
    if (context.method === 'publickey') {
      if (context.signature === undefined) return context.accept();
      byKeyDone = true;
      return context.reject(['keyboard-interactive'], true);
    }
    if (context.method !== 'keyboard-interactive' || !byKeyDone) return context.reject();
    context.prompt([{ prompt: 'Password: ', echo: false }], (answers) =>
      answers[0] === 'secret word' ? context.accept() : context.reject(),
    );
  });
  const connection = connectToPort(server.port, { password: 'secret word' }, { keyFile: key.file });
  expect(await user(connection)).toBe('0');
  expect(server.methods).toEqual(['none', 'publickey', 'publickey', 'keyboard-interactive']);
});

test('an expired password is said to be one', async () => {
  const server = await startSshServer((context) => {
    if (context.method !== 'password') return context.reject(['password']);
    context.requestChange('Your password has expired', () => context.reject());
  });
  const attempt = connectToPort(server.port, { password: 'old' }).run('id -u');
  await expect(attempt).rejects.toMatchObject({ code: 'SSH_PASSWORD_EXPIRED' });
});
