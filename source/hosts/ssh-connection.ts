import type { ClientChannel } from 'ssh2';
import type { HostEntry } from '../cluster/document.ts';
import { LandfallError } from '../errors.ts';
import type { CommandOptions, CommandResult } from './connection.ts';
import { afterMark, BaseConnection, feed, inputPieces, lineCollector } from './connection-base.ts';
import type { HostKeyStore } from './host-keys.ts';
import { type JumpHosts, openJumpHosts } from './jump-hosts.ts';
import { scriptLine, shellCommand, sudoCommand } from './remote-script.ts';
import { connectionLost } from './ssh-client.ts';
import type { HostSecrets } from './ssh-login.ts';
import { openSshSession, type SshSession } from './ssh-session.ts';

// Milliseconds a host has to confirm that a command was ended.
const closeLimit = 5000;

type Privilege = 'root' | 'sudo' | 'sudo-with-password';

/** A host over SSH: one connection, opened when first needed and again after it was lost. */
export class SshConnection extends BaseConnection {
  readonly name: string;
  readonly #host: HostEntry;
  readonly #secrets: HostSecrets;
  readonly #hostKeys: HostKeyStore;
  readonly #jumpHosts: JumpHosts;
  #session: Promise<SshSession> | undefined;
  #privilege: Promise<Privilege> | undefined;

  /** @param jumpHosts is shared by hosts behind the same jump host; its own unless given. */
  constructor(
    host: HostEntry,
    secrets: HostSecrets,
    hostKeys: HostKeyStore,
    jumpHosts: JumpHosts = openJumpHosts(hostKeys),
  ) {
    super();
    this.name = host.name;
    this.#host = host;
    this.#secrets = secrets;
    this.#hostKeys = hostKeys;
    this.#jumpHosts = jumpHosts;
  }

  async #connected(): Promise<SshSession> {
    const current = this.#session;
    if (current !== undefined) {
      const session = await current.catch(() => undefined);
      if (session !== undefined && !session.closed) return session;
      if (this.#session === current) this.#session = undefined;
    }
    this.#session ??= openSshSession(this.#host, this.#secrets, this.#hostKeys, this.#jumpHosts);
    return this.#session;
  }

  async run(script: string, args: readonly string[] = [], options: CommandOptions = {}): Promise<CommandResult> {
    const privilege = options.unprivileged ? 'root' : await this.#knownPrivilege();
    return this.#execute(privilege, script, args, options);
  }

  #knownPrivilege(): Promise<Privilege> {
    this.#privilege ??= this.#findPrivilege().catch((error: unknown) => {
      this.#privilege = undefined;
      throw error;
    });
    return this.#privilege;
  }

  async #findPrivilege(): Promise<Privilege> {
    const own = await this.#execute('root', 'id -u', [], {});
    if (own.stdout.trim() === '0') return 'root';
    const free = await this.#execute('sudo', 'id -u', [], {});
    if (free.stdout.trim() === '0') return 'sudo';
    const context = { host: this.name };
    if (/not found|No such file/.test(free.stderr)) {
      throw new LandfallError({
        code: 'SUDO_DENIED',
        message: `${this.name} has no sudo, and ${this.#host.ssh.user} is not root.`,
        fix: 'Log in as root, or install sudo on the host.',
        context,
      });
    }
    if (/must have a tty/.test(free.stderr)) throw this.#needsTerminal();
    const password = this.#secrets.sudoPassword ?? this.#secrets.password;
    if (password === undefined) {
      throw new LandfallError({
        code: 'SUDO_PASSWORD',
        message: `sudo on ${this.name} asks for the password of ${this.#host.ssh.user}.`,
        fix: 'Give it by ssh.sudoPasswordFile in the cluster document.',
        context,
      });
    }
    const asked = await this.#execute('sudo-with-password', 'id -u', [], {});
    if (asked.stdout.trim() === '0') return 'sudo-with-password';
    if (/must have a tty/.test(asked.stderr)) throw this.#needsTerminal();
    const denied = /not in the sudoers|not allowed|may not run/.test(asked.stderr);
    throw new LandfallError({
      code: denied ? 'SUDO_DENIED' : 'SUDO_PASSWORD',
      message: denied
        ? `${this.#host.ssh.user} may not use sudo on ${this.name}.`
        : `sudo on ${this.name} did not accept the password of ${this.#host.ssh.user}.`,
      fix: denied
        ? 'Allow the user sudo, or log in as root.'
        : 'Check ssh.sudoPasswordFile (or ssh.passwordFile) in the cluster document.',
      context,
    });
  }

  #needsTerminal(): LandfallError {
    const { user } = this.#host.ssh;
    return new LandfallError({
      code: 'SUDO_DENIED',
      message: `sudo on ${this.name} works only at a terminal (requiretty), which a program has not.`,
      fix: `Add "Defaults:${user} !requiretty" to the sudoers of the host with visudo, or log in as root.`,
      context: { host: this.name },
    });
  }

  async #execute(
    privilege: Privilege,
    script: string,
    args: readonly string[],
    options: CommandOptions,
  ): Promise<CommandResult> {
    options.signal?.throwIfAborted();
    const session = await this.#connected();
    const command = privilege === 'root' ? shellCommand() : sudoCommand(privilege === 'sudo-with-password');
    const channel = await session.open(command);
    const password =
      privilege === 'sudo-with-password' ? `${this.#secrets.sudoPassword ?? this.#secrets.password ?? ''}\n` : '';
    return exchange(channel, password + scriptLine(script, args), options, this.name, privilege === 'root');
  }

  async close(): Promise<void> {
    const session = await this.#session?.catch(() => undefined);
    this.#session = undefined;
    session?.close();
  }
}

/** The login is answered by something that is no shell. */
function otherCommand(name: string, output: string): LandfallError {
  const last = output.trim().split('\n').slice(-5).join('\n');
  return new LandfallError({
    code: 'SSH_SHELL',
    message: `${name} lets us log in but runs something else than the command it was sent.`,
    fix: 'Give the user a shell that runs commands, and look for ForceCommand and command= in the sshd settings and keys.',
    context: { host: name, ...(last === '' ? {} : { output: last }) },
  });
}

/** Sends a command its input and collects what it answers. `mustBegin`: nothing else can keep the script from beginning. */
function exchange(
  channel: ClientChannel,
  head: string,
  options: CommandOptions,
  name: string,
  mustBegin: boolean,
): Promise<CommandResult> {
  const { signal, timeout } = options;
  const context = { host: name };
  const stdout = afterMark(lineCollector(options.onLine, 'stdout'));
  const stderr = afterMark(lineCollector(options.onLine, 'stderr'));
  const tail = inputPieces(options.stdin);
  const gone = new AbortController();
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    const timers: NodeJS.Timeout[] = [];
    const settle = (exitCode: number | undefined, killed = false): void => {
      for (const timer of timers) clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      gone.abort();
      const began = stdout.seen();
      const result = { stdout: stdout.end(), stderr: stderr.end() };
      if (failure !== undefined) reject(failure);
      else if (exitCode === undefined) reject(connectionLost(name));
      else if (!began && !killed && mustBegin) reject(otherCommand(name, `${result.stdout}${result.stderr}`));
      else resolve({ exitCode, ...result });
    };
    const end = (error: Error): void => {
      if (failure !== undefined) return;
      failure = error;
      channel.close();
      // A host that is gone does not confirm the end.
      timers.push(setTimeout(settle, closeLimit, undefined));
    };
    const onAbort = (): void =>
      end(new LandfallError({ code: 'ABORTED', message: `The command on ${name} was ended.`, context }));
    const onTimeout = (): void =>
      end(
        new LandfallError({
          code: 'COMMAND_TIMEOUT',
          message: `A command on ${name} took longer than ${timeout} ms.`,
          context,
        }),
      );
    channel.on('data', (chunk: Buffer) => stdout.push(chunk));
    channel.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    // The event of the exit code itself is over when a fast command ended before anybody could listen.
    channel.on('close', (code?: number | null, killedBy?: string) =>
      settle(code ?? (killedBy === undefined ? undefined : 128), code == null),
    );
    // A command may end without reading all its input; that is its own affair and shows in its exit code.
    channel.on('error', () => {});
    signal?.addEventListener('abort', onAbort, { once: true });
    if (timeout !== undefined) timers.push(setTimeout(onTimeout, timeout));
    if (signal?.aborted) {
      onAbort();
      return;
    }
    if (tail === undefined) {
      channel.end(head);
      return;
    }
    channel.write(head);
    feed(tail, channel, gone.signal).catch(end);
  });
}
