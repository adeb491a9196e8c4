import { readFileSync } from 'node:fs';
import { Client, type ClientChannel, type ConnectConfig } from 'ssh2';
import type { HostEntry, SshSettings } from '../cluster/document.ts';
import { LandfallError } from '../errors.ts';
import type { HostKeyStore, HostKeyVerdict } from './host-keys.ts';

/** Login secrets of one host, read from where the document says; never kept in the document. */
export type HostSecrets = {
  readonly password?: string;
  readonly sudoPassword?: string;
  readonly keyPassphrase?: string;
};

// sshd allows ten sessions a connection unless told otherwise; two are left for a person at the same time.
const sessionsPerConnection = 8;

const openTries = 60;
const openPause = 50;

/** One authenticated connection. Sessions beyond what sshd allows wait for a place. */
export type SshSession = {
  open(command: string): Promise<ClientChannel>;
  readonly closed: boolean;
  close(): void;
};

function readKey(settings: SshSettings, host: HostEntry): Buffer | undefined {
  if (settings.keyFile === undefined) return undefined;
  try {
    return readFileSync(settings.keyFile);
  } catch (cause) {
    throw new LandfallError({
      code: 'SSH_KEY_FILE',
      message: `The key file ${settings.keyFile} cannot be read.`,
      fix: 'Name the right file under ssh.keyFile in the cluster document.',
      context: { host: host.name },
      cause,
    });
  }
}

function connectionError(
  host: HostEntry,
  error: Error & { level?: string; code?: string },
  verdict: HostKeyVerdict | undefined,
  methods: readonly string[],
): LandfallError {
  const where = `${host.address}:${host.ssh.port}`;
  const context = { host: host.name };
  if (verdict?.verdict === 'changed') {
    return new LandfallError({
      code: 'SSH_HOST_KEY_CHANGED',
      message: `${host.name} (${where}) shows another host key than before: ${verdict.found} instead of ${verdict.expected}.`,
      fix: 'If the machine was installed anew, remove its line from the known-hosts file of the cluster; if not, somebody may be in between.',
      context,
      cause: error,
    });
  }
  if (error.level === 'client-authentication') {
    const tried = [
      host.ssh.keyFile === undefined ? undefined : 'publickey',
      host.ssh.passwordFile === undefined ? undefined : 'password',
    ]
      .filter((method) => method !== undefined)
      .join(' and ');
    return new LandfallError({
      code: 'SSH_AUTH',
      message: `${host.name} (${where}) refused the login of ${host.ssh.user}; tried ${tried || 'the agent'}, the server offers ${methods.join(', ') || 'nothing else'}.`,
      fix: 'Check the user name and the key or password under ssh in the cluster document.',
      context,
      cause: error,
    });
  }
  return new LandfallError({
    code: 'SSH_UNREACHABLE',
    message: `${host.name} (${where}) cannot be reached: ${error.message}.`,
    fix: 'Check that the machine is on, its address and SSH port, and that no firewall is in between.',
    context,
    cause: error,
    transient: error.level !== 'client-authentication',
  });
}

/** A channel with the command running in it, or why the server refused it. */
function openChannel(client: Client, command: string): Promise<ClientChannel | Error> {
  return new Promise((resolve) => {
    try {
      client.exec(command, (error, channel) => resolve(error ?? channel));
    } catch (error) {
      resolve(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

/** Connects and logs in: key, agent, password, keyboard-interactive, in this order. */
export function openSshSession(host: HostEntry, secrets: HostSecrets, hostKeys: HostKeyStore): Promise<SshSession> {
  const settings = host.ssh;
  const client = new Client();
  const privateKey = readKey(settings, host);
  let verdict: HostKeyVerdict | undefined;
  const offered = new Set<string>();
  const methods: string[] = [
    ...(privateKey === undefined ? [] : ['publickey']),
    ...(process.env['SSH_AUTH_SOCK'] && privateKey === undefined ? ['agent'] : []),
    ...(secrets.password === undefined ? [] : ['password', 'keyboard-interactive']),
  ];
  const configuration: ConnectConfig = {
    host: host.address,
    port: settings.port,
    username: settings.user,
    readyTimeout: 30_000,
    keepaliveInterval: 15_000,
    keepaliveCountMax: 3,
    // AES-GCM is done by the processor, so these are the fastest both ends know.
    algorithms: {
      cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
    },
    hostVerifier: (key: Buffer) => {
      verdict = hostKeys.check(host.address, settings.port, key);
      return verdict.verdict !== 'changed';
    },
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(secrets.keyPassphrase === undefined ? {} : { passphrase: secrets.keyPassphrase }),
    ...(secrets.password === undefined ? {} : { password: secrets.password, tryKeyboard: true }),
    ...(process.env['SSH_AUTH_SOCK'] && privateKey === undefined ? { agent: process.env['SSH_AUTH_SOCK'] } : {}),
    authHandler: (left: string[] | null, _partial, next: (method: string | false) => void) => {
      for (const method of left ?? []) offered.add(method);
      next(methods.shift() ?? false);
    },
  } as ConnectConfig;

  return new Promise((resolve, reject) => {
    let closed = false;
    let active = 0;
    const waiting: (() => void)[] = [];
    const release = (): void => {
      const next = waiting.shift();
      if (next === undefined) active--;
      else next();
    };
    const lost = (): LandfallError =>
      new LandfallError({
        code: 'SSH_LOST',
        message: `The connection to ${host.name} was lost.`,
        fix: 'Check the machine and the network; running the same command again goes on from here.',
        context: { host: host.name },
        transient: true,
      });
    client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) =>
      finish(prompts.map(() => secrets.password ?? '')),
    );
    client.on('error', (error) => {
      closed = true;
      reject(connectionError(host, error, verdict, [...offered]));
    });
    client.on('close', () => {
      closed = true;
      reject(lost());
      for (const wake of waiting.splice(0)) wake();
    });
    // Many small questions and answers: waiting to fill packets would cost 40 ms with each of them.
    client.on('connect', () => client.setNoDelay(true));
    client.on('ready', () => {
      resolve({
        get closed() {
          return closed;
        },
        close() {
          closed = true;
          client.end();
        },
        async open(command) {
          // A place that comes free is handed to the one who waits longest, so that nobody takes it in between.
          if (active >= sessionsPerConnection) await new Promise<void>((wake) => waiting.push(wake));
          else active++;
          for (let tries = 1; ; tries++) {
            if (closed) {
              release();
              throw lost();
            }
            const channel = await openChannel(client, command);
            if (!(channel instanceof Error)) {
              channel.once('close', release);
              return channel;
            }
            // sshd counts a session until it has seen our side of its end too, so it may still find the place taken.
            if (closed || tries >= openTries) {
              release();
              throw closed ? lost() : connectionError(host, channel, undefined, []);
            }
            await new Promise((resolve) => setTimeout(resolve, openPause));
          }
        },
      });
    });
    client.connect(configuration);
  });
}
