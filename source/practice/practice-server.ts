import { timingSafeEqual } from 'node:crypto';
import { createServer, type Server as NetServer, type Socket } from 'node:net';
import ssh2, {
  type AuthContext,
  type Connection,
  type ParsedKey,
  type PublicKeyAuthContext,
  type ServerChannel,
} from 'ssh2';
import { outputMark, shellCommand, sudoCommand } from '../hosts/remote-script.ts';
import { type CommandChannel, commandChannel } from './command-channel.ts';
import type { PracticeHost } from './practice-host.ts';
import { receivedScript } from './received-script.ts';

export type AuthenticationMethod = 'publickey' | 'password' | 'keyboard-interactive';

export type PracticeServerOptions = {
  /** Private host key in OpenSSH's format. */
  readonly hostKey: string;
  readonly user: string;
  readonly password: string;
  /** Key that may log in, where one may. */
  readonly publicKey?: ParsedKey;
  readonly methods: readonly AuthenticationMethod[];
  /** Milliseconds before a refused login is answered. */
  readonly refusalDelay: number;
  readonly host: PracticeHost;
  /** Address to listen on; always a loopback one. */
  readonly address: string;
};

/** The SSH server of one practice host. */
export type PracticeServer = {
  readonly port: number;
  /** Breaks every connection as a pulled cable would, and refuses new ones for that time. */
  cut(milliseconds: number): void;
  /** Open connections. */
  connections(): number;
  /** Most sessions that were ever open on one connection. */
  mostSessions(): number;
  close(): Promise<void>;
};

// As sshd: MaxSessions.
const sessionsPerConnection = 10;

function same(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function authenticate(context: AuthContext, options: PracticeServerOptions): void {
  const { methods, password, publicKey, user } = options;
  const refuse = (): void => {
    setTimeout(() => context.reject([...methods]), context.method === 'none' ? 0 : options.refusalDelay).unref();
  };
  const decide = (accepted: boolean): void => {
    if (accepted) context.accept();
    else refuse();
  };
  if (context.username !== user || !methods.some((name) => name === context.method)) {
    refuse();
    return;
  }
  switch (context.method) {
    case 'password':
      decide(same(context.password, password));
      return;
    case 'keyboard-interactive':
      context.prompt([{ prompt: 'Password: ', echo: false }], (answers) => decide(same(answers[0] ?? '', password)));
      return;
    case 'publickey':
      decide(publicKey !== undefined && mayUse(context, publicKey));
      return;
    default:
      refuse();
  }
}

/** Without a signature the client only asks whether the key would do. */
function mayUse({ key, blob, signature, hashAlgo }: PublicKeyAuthContext, publicKey: ParsedKey): boolean {
  if (!key.data.equals(publicKey.getPublicSSH())) return false;
  if (signature === undefined || blob === undefined) return true;
  return publicKey.verify(blob, signature, hashAlgo) === true;
}

/** Plays sudo's part; false when it refuses. */
async function gainRoot(command: string, channel: CommandChannel, options: PracticeServerOptions): Promise<boolean> {
  if (command === shellCommand()) return true;
  if (command === sudoCommand(true)) {
    if (same((await channel.readLine()) ?? '', options.password)) return true;
    channel.complain('sudo: 1 incorrect password attempt');
    return false;
  }
  channel.complain('sudo: a password is required');
  return false;
}

async function execute(command: string, channel: CommandChannel, options: PracticeServerOptions): Promise<number> {
  const known = [shellCommand(), sudoCommand(true), sudoCommand(false)].includes(command);
  if (!known) {
    channel.complain(`${options.host.machine.name} is a practice host and cannot run real commands`);
    return 127;
  }
  if (!(await gainRoot(command, channel, options))) return 1;
  channel.say(outputMark);
  channel.complain(outputMark);
  const line = await channel.readLine();
  const received = line === undefined ? undefined : receivedScript(line);
  if (received === undefined) return 97;
  if (received.script === 'id -u' && command === shellCommand() && options.user !== 'root') {
    channel.say('1000');
    return 0;
  }
  return options.host.answer(received, channel);
}

function serve(client: Connection, options: PracticeServerOptions, counted: (sessions: number) => void): void {
  let sessions = 0;
  client.on('error', () => {});
  client.on('authentication', (context) => authenticate(context, options));
  client.on('ready', () => {
    client.on('session', (accept, reject) => {
      if (sessions >= sessionsPerConnection) return reject();
      counted(++sessions);
      const session = accept();
      session.on('close', () => sessions--);
      session.on('exec', (acceptCommand, _reject, info) => {
        const channel: ServerChannel = acceptCommand();
        channel.on('error', () => {});
        void execute(info.command, commandChannel(channel), options)
          .catch(() => 255)
          .then((code) => {
            if (!channel.writable) return;
            channel.exit(code);
            channel.end();
          });
      });
    });
  });
}

/** Starts a server on a free port. Keys are read when the first client comes, so that a thousand start at once. */
export async function startPracticeServer(options: PracticeServerOptions): Promise<PracticeServer> {
  const sockets = new Set<Socket>();
  let server: ssh2.Server | undefined;
  let offUntil = 0;
  let most = 0;
  const handshakes = (): ssh2.Server =>
    new ssh2.Server({ hostKeys: [options.hostKey], ident: 'LandfallPractice' }, (client) =>
      serve(client, options, (sessions) => {
        most = Math.max(most, sessions);
      }),
    );
  const listener: NetServer = createServer((socket) => {
    if (Date.now() < offUntil) return void socket.destroy();
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    server ??= handshakes();
    server.injectSocket(socket);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject);
    listener.listen({ host: options.address, port: 0 }, () => resolve());
  });
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const drop = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port,
    connections: () => sockets.size,
    mostSessions: () => most,
    cut(milliseconds) {
      offUntil = Date.now() + milliseconds;
      drop();
    },
    async close() {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      drop();
      await closed;
    },
  };
}
