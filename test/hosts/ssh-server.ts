import { connect } from 'node:net';
import ssh2, { type AuthContext } from 'ssh2';
import { afterEach } from 'vitest';
import type { HostEntry, SshSettings } from '../../source/cluster/document.ts';
import type { HostKeyStore } from '../../source/hosts/host-keys.ts';
import type { JumpHosts } from '../../source/hosts/jump-hosts.ts';
import { outputMark } from '../../source/hosts/remote-script.ts';
import { SshConnection } from '../../source/hosts/ssh-connection.ts';
import type { HostSecrets } from '../../source/hosts/ssh-login.ts';
import { newKeyPair } from '../../source/practice/host-keys.ts';

const endings: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

export const atEnd = (end: () => Promise<void> | void): void => void endings.push(end);

export type TestServer = {
  readonly port: number;
  /** Methods that clients tried, in order. */
  readonly methods: string[];
  /** Connections that are open now, and how many there ever were. */
  connections(): number;
  opened(): number;
};

/** A bare SSH server on loopback: decides logins as told, answers every command with `root`, and forwards to loopback. */
export async function startSshServer(authenticate: (context: AuthContext) => void): Promise<TestServer> {
  const methods: string[] = [];
  const clients = new Set<ssh2.Connection>();
  let opened = 0;
  const server = new ssh2.Server({ hostKeys: [newKeyPair().private] }, (client) => {
    opened++;
    clients.add(client);
    client.on('close', () => clients.delete(client));
    client.on('error', () => {});
    client.on('authentication', (context) => {
      methods.push(context.method);
      authenticate(context);
    });
    client.on('session', (accept) => {
      accept().on('exec', (acceptCommand) => {
        const channel = acceptCommand();
        channel.write(`${outputMark}\n0\n`);
        channel.exit(0);
        channel.end();
      });
    });
    client.on('tcpip', (accept, reject, info) => {
      const socket = connect(info.destPort, '127.0.0.1');
      socket.once('error', () => reject());
      socket.once('connect', () => {
        const channel = accept();
        socket.on('error', () => channel.destroy());
        channel.on('error', () => {});
        channel.on('close', () => socket.destroy());
        socket.pipe(channel).pipe(socket);
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const client of clients) client.end();
    await closed;
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, methods, connections: () => clients.size, opened: () => opened };
}

const anyKey: HostKeyStore = { check: () => ({ verdict: 'new' }) };

/** A connection to a port of loopback that is closed with the test. */
export function connectToPort(
  port: number,
  secrets: HostSecrets,
  ssh: Partial<SshSettings> = {},
  jumpHosts?: JumpHosts,
): SshConnection {
  const host: HostEntry = {
    name: 'host',
    address: '127.0.0.1',
    role: 'worker',
    connection: 'ssh',
    ssh: { user: 'root', port, ...ssh },
  };
  const connection = new SshConnection(host, secrets, anyKey, jumpHosts);
  atEnd(() => connection.close());
  return connection;
}

export { anyKey };
