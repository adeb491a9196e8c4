import type { Duplex } from 'node:stream';
import { Client } from 'ssh2';
import type { HostEntry } from '../cluster/document.ts';
import { LandfallError } from '../errors.ts';
import type { HostKeyStore, HostKeyVerdict } from './host-keys.ts';
import { type HostSecrets, type SshLogin, sshLogin } from './ssh-login.ts';
import { reusePackets } from './ssh-packets.ts';
import { openSshSocket } from './ssh-socket.ts';

const readyTimeout = 30_000;

type SshError = Error & { readonly level?: string };

/** What a lost connection is called everywhere. */
export function connectionLost(host: string): LandfallError {
  return new LandfallError({
    code: 'SSH_LOST',
    message: `The connection to ${host} was lost.`,
    fix: 'Check the machine and the network; running the same command again goes on from here.',
    context: { host },
    transient: true,
  });
}

function words(names: ReadonlySet<string>, none: string): string {
  return names.size === 0 ? none : [...names].join(', ');
}

function connectionError(
  host: HostEntry,
  error: SshError,
  verdict: HostKeyVerdict | undefined,
  login: SshLogin,
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
    return new LandfallError({
      code: 'SSH_AUTH',
      message: `${host.name} (${where}) refused the login of ${host.ssh.user}; tried ${words(login.tried, 'nothing')}, the server offers ${words(login.offered, 'nothing else')}.`,
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
    transient: true,
  });
}

/**
 * Connects and logs in. The client that is returned is ready; what happens to it later is for the caller to see.
 * @param through a stream to the host's SSH port, where it is not reached directly.
 */
export async function connectSshClient(
  host: HostEntry,
  secrets: HostSecrets,
  hostKeys: HostKeyStore,
  through?: Duplex,
): Promise<Client> {
  const login = sshLogin(host, secrets);
  const client = new Client();
  let verdict: HostKeyVerdict | undefined;
  const ready = new Promise<void>((resolve, reject) => {
    client.once('ready', resolve);
    client.on('error', (error) => reject(connectionError(host, error, verdict, login)));
    client.once('close', () => reject(connectionLost(host.name)));
    client.on('change password', () => {
      reject(
        new LandfallError({
          code: 'SSH_PASSWORD_EXPIRED',
          message: `${host.name} wants a new password for ${host.ssh.user} before it lets anybody in.`,
          fix: `Log in once by hand (ssh ${host.ssh.user}@${host.address}) and set one.`,
          context: { host: host.name },
        }),
      );
      client.end();
    });
  });
  client.on('keyboard-interactive', (_name, _instructions, _language, prompts, finish) =>
    finish(prompts.map(() => secrets.password ?? '')),
  );
  const socket = through ?? openSshSocket(host.address, host.ssh.port);
  reusePackets(client, socket);
  client.connect({
    ...login.configuration,
    sock: socket,
    readyTimeout,
    keepaliveInterval: 15_000,
    keepaliveCountMax: 3,
    // AES-GCM is done by the processor, so these are the fastest both ends know.
    algorithms: {
      cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'],
    },
    hostVerifier: (key: Buffer) => {
      verdict = hostKeys.check(host.address, host.ssh.port, key);
      return verdict.verdict !== 'changed';
    },
  });
  try {
    await ready;
  } catch (error) {
    client.destroy();
    throw error;
  }
  return client;
}
