import type { Client, ClientChannel } from 'ssh2';
import type { HostEntry } from '../cluster/document.ts';
import { LandfallError } from '../errors.ts';
import type { HostKeyStore } from './host-keys.ts';
import type { JumpHosts } from './jump-hosts.ts';
import { connectionLost, connectSshClient } from './ssh-client.ts';
import type { HostSecrets } from './ssh-login.ts';

// sshd allows ten sessions a connection unless told otherwise; two are left for a person at the same time.
const sessionsPerConnection = 8;

const openTries = 60;
const openPause = 50;
// After so many refusals the place is not one that just came free: the server allows fewer sessions than usual.
const refusalsOfFewer = 12;

/** One authenticated connection. Sessions beyond what sshd allows wait for a place. */
export type SshSession = {
  open(command: string): Promise<ClientChannel>;
  readonly closed: boolean;
  close(): void;
};

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

/** Connects, by way of the jump host where there is one, and logs in. */
export async function openSshSession(
  host: HostEntry,
  secrets: HostSecrets,
  hostKeys: HostKeyStore,
  jumpHosts: JumpHosts,
): Promise<SshSession> {
  const { jumpHost } = host.ssh;
  const through = jumpHost === undefined ? undefined : await jumpHosts.through(host, jumpHost, secrets);
  const client = await connectSshClient(host, secrets, hostKeys, through);
  let closed = false;
  let active = 0;
  let allowed = sessionsPerConnection;
  const waiting: (() => void)[] = [];
  // A place that comes free is handed to the one who waits longest, so that nobody takes it in between.
  const release = (): void => {
    const next = active > allowed ? undefined : waiting.shift();
    if (next === undefined) active--;
    else next();
  };
  const acquire = async (): Promise<void> => {
    if (active >= allowed) await new Promise<void>((wake) => waiting.push(wake));
    else active++;
  };
  client.on('error', () => {
    closed = true;
  });
  client.on('close', () => {
    closed = true;
    for (const wake of waiting.splice(0)) wake();
  });
  return {
    get closed() {
      return closed;
    },
    close() {
      closed = true;
      client.end();
    },
    async open(command) {
      await acquire();
      let tries = 0;
      for (;;) {
        tries++;
        if (closed) {
          release();
          throw connectionLost(host.name);
        }
        const channel = await openChannel(client, command);
        if (!(channel instanceof Error)) {
          channel.once('close', release);
          return channel;
        }
        // sshd counts a session until it has seen our side of its end too, so it may still find the place taken.
        if (closed || tries >= openTries) {
          release();
          throw closed ? connectionLost(host.name) : sessionRefused(host, channel);
        }
        if (tries % refusalsOfFewer === 0 && active > 1) {
          allowed = Math.min(allowed, active - 1);
          tries = 0;
          release();
          await acquire();
        } else {
          await new Promise((resolve) => setTimeout(resolve, openPause));
        }
      }
    },
  };
}

function sessionRefused(host: HostEntry, cause: Error): LandfallError {
  return new LandfallError({
    code: 'SSH_SESSION_REFUSED',
    message: `${host.name} let us log in but refuses to run commands: ${cause.message}.`,
    fix: 'Look at MaxSessions, ForceCommand and the login shell of the user in the sshd settings of the host.',
    context: { host: host.name },
    cause,
    transient: true,
  });
}
