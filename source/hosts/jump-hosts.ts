import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import type { HostEntry } from '../cluster/document.ts';
import { LandfallError } from '../errors.ts';
import type { HostKeyStore } from './host-keys.ts';
import { connectSshClient } from './ssh-client.ts';
import type { HostSecrets } from './ssh-login.ts';

/** Connections to jump hosts, each shared by all hosts behind it and closed with the last of them. */
export type JumpHosts = {
  /** A stream to the SSH port of a host that has `ssh.jumpHost`; the same login is used for both. */
  through(host: HostEntry, jumpHost: string, secrets: HostSecrets): Promise<Duplex>;
};

type Shared = { readonly client: Promise<Client>; users: number };

/** Reads `user@host:port`, of which user and port may be missing. */
export function parseJumpHost(text: string, host: HostEntry): HostEntry {
  const [, user = host.ssh.user, address = '', port = '22'] = /^(?:([^@]+)@)?([^@:]+)(?::(\d+))?$/.exec(text) ?? [];
  if (address === '') {
    throw new LandfallError({
      code: 'SSH_JUMP_HOST',
      message: `The jump host "${text}" of ${host.name} cannot be read.`,
      fix: 'Write it as user@host or user@host:port.',
      context: { host: host.name },
    });
  }
  const { jumpHost: _, ...ssh } = host.ssh;
  return { ...host, name: `the jump host ${address}`, address, ssh: { ...ssh, user, port: Number(port) } };
}

export function openJumpHosts(hostKeys: HostKeyStore): JumpHosts {
  const open = new Map<string, Shared>();
  const share = (key: string, jump: HostEntry, secrets: HostSecrets): Shared => {
    const known = open.get(key);
    if (known !== undefined) return known;
    const made: Shared = { client: connectSshClient(jump, secrets, hostKeys), users: 0 };
    open.set(key, made);
    const forget = (): void => {
      if (open.get(key) === made) open.delete(key);
    };
    made.client.then((client) => client.once('close', forget), forget);
    return made;
  };
  return {
    async through(host, jumpHost, secrets) {
      const jump = parseJumpHost(jumpHost, host);
      const key = `${jump.ssh.user}@${jump.address}:${jump.ssh.port}`;
      const shared = share(key, jump, secrets);
      shared.users++;
      const leave = async (): Promise<void> => {
        shared.users--;
        if (shared.users > 0) return;
        if (open.get(key) === shared) open.delete(key);
        const client = await shared.client.catch(() => undefined);
        client?.end();
      };
      try {
        const stream = await forward(await shared.client, jump, host);
        stream.once('close', () => void leave());
        return stream;
      } catch (error) {
        await leave();
        throw error;
      }
    },
  };
}

function forward(client: Client, jump: HostEntry, host: HostEntry): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    client.forwardOut('127.0.0.1', 0, host.address, host.ssh.port, (error, stream) => {
      if (error === undefined) return resolve(stream);
      reject(
        new LandfallError({
          code: 'SSH_UNREACHABLE',
          message: `${host.name} (${host.address}:${host.ssh.port}) cannot be reached from ${jump.name}: ${error.message}.`,
          fix: 'Check that the machine is on and its address, and that the jump host allows forwarding (AllowTcpForwarding).',
          context: { host: host.name },
          cause: error,
          transient: true,
        }),
      );
    });
  });
}
