import { connect } from 'node:net';
import path from 'node:path';
import type { HostEntry } from '../cluster/document.ts';
import { clusterHome } from '../cluster/home.ts';
import { toLandfallError } from '../errors.ts';
import type { HostConnection } from '../hosts/connection.ts';
import type { HostFacts } from '../hosts/facts.ts';
import { gatherFacts } from '../hosts/gather-facts.ts';
import { fingerprint, type HostKeyStore, openHostKeyStore } from '../hosts/host-keys.ts';
import { SshConnection } from '../hosts/ssh-connection.ts';
import type { HostSecrets } from '../hosts/ssh-login.ts';
import type { FoundHost, HostState, HostSummary, HostTarget, Login, Problem } from '../presenters/terminal/services.ts';
import type { FleetRecord } from './fleet-process.ts';
import { inParallel } from './parallel.ts';

const atOnce = 32;

/** What a login means to the transport. */
export function loginOf(login: Login): {
  readonly user: string;
  readonly secrets: HostSecrets;
  readonly keyFile?: string;
} {
  switch (login.method) {
    case 'password': {
      const { user, password, sudoPassword } = login;
      return { user, secrets: { password, ...(sudoPassword === undefined ? {} : { sudoPassword }) } };
    }
    case 'key': {
      const { user, keyFile, passphrase } = login;
      return { user, keyFile, secrets: passphrase === undefined ? {} : { keyPassphrase: passphrase } };
    }
    case 'agent':
      return { user: login.user, secrets: {} };
  }
}

export function problemOf(thrown: unknown): Problem {
  const { code, message, fix } = toLandfallError(thrown);
  return { code, message, ...(fix === undefined ? {} : { fix }) };
}

export function summaryOf(facts: HostFacts): HostSummary {
  const place = facts.mounts.find((mount) => mount.path === '/var/lib') ?? facts.mounts[0];
  const ipvs = facts.details.features.get('ip_vs');
  return {
    hostname: facts.hostname,
    system: facts.distribution.name,
    kernel: facts.kernel,
    architecture: facts.architecture,
    processors: facts.processors,
    memory: facts.memory,
    diskFree: place?.free ?? 0,
    addresses: facts.addresses.filter((entry) => entry.interface !== 'lo').map((entry) => entry.address),
    ...(ipvs === undefined ? {} : { ipvs: ipvs !== 'no' && facts.details.features.get('ip_vs_rr') !== 'no' }),
  };
}

/** Finds the fleet's hosts by their SSH servers, as a scan of a network does. */
export async function scanFleet(
  fleet: FleetRecord,
  onFound: (host: FoundHost) => void,
  onProgress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const { hosts } = fleet.document;
  const banners = new Map<HostEntry, string | undefined>();
  let shown = 0;
  await inParallel(hosts, atOnce, signal, async (host) => {
    banners.set(host, await readBanner(host.address, host.ssh.port, signal));
    // In the order of the hosts, so that a demo looks the same every time.
    for (let next = hosts[shown]; next !== undefined && banners.has(next); next = hosts[++shown]) {
      const banner = banners.get(next);
      if (banner !== undefined) onFound({ address: next.address, port: next.ssh.port, banner });
    }
    onProgress(banners.size, hosts.length);
  });
}

function readBanner(address: string, port: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, signal });
    const end = (banner: string | undefined): void => {
      socket.destroy();
      resolve(banner);
    };
    socket.setTimeout(3000, () => end(undefined));
    socket.once('error', () => end(undefined));
    socket.once('close', () => resolve(undefined));
    socket.once('data', (data) => end(data.toString('latin1').split(/\r?\n/)[0]));
  });
}

/** Logs in to hosts over SSH and keeps what was learnt of each. */
export type ConnectedHosts = {
  connect(targets: readonly HostTarget[], onState: (state: HostState) => void, signal: AbortSignal): Promise<void>;
  /** Looks at a host again. */
  facts(host: HostEntry, login: Login): Promise<HostFacts>;
  run(host: HostEntry, login: Login, script: string, args: readonly string[]): Promise<void>;
};

export function connectedHosts(cluster: string): ConnectedHosts {
  const file = path.join(clusterHome(cluster), 'known-hosts');
  const using = async <Result>(
    host: HostEntry,
    login: Login,
    hostKeys: HostKeyStore,
    work: (connection: HostConnection) => Promise<Result>,
  ): Promise<Result> => {
    const { user, secrets, keyFile } = loginOf(login);
    const ssh = { user, port: host.ssh.port, ...(keyFile === undefined ? {} : { keyFile }) };
    const connection = new SshConnection({ ...host, ssh }, secrets, hostKeys);
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  };
  const connectOne = async (target: HostTarget, keys: HostKeyStore): Promise<HostState> => {
    const { address, port, login } = target;
    const seen: { fingerprint?: string; keyIsNew?: boolean } = {};
    const watching: HostKeyStore = {
      check(host, hostPort, key) {
        const verdict = keys.check(host, hostPort, key);
        seen.fingerprint = fingerprint(key);
        seen.keyIsNew = verdict.verdict === 'new';
        return verdict;
      },
    };
    try {
      const entry: HostEntry = {
        name: `${address}:${port}`,
        address,
        role: 'worker',
        connection: 'ssh',
        ssh: { user: login?.user ?? 'root', port },
      };
      const facts = await using(entry, login ?? { method: 'agent', user: 'root' }, watching, gatherFacts);
      return { address, port, condition: 'ready', ...seen, summary: summaryOf(facts) };
    } catch (thrown) {
      const problem = problemOf(thrown);
      const condition = problem.code === 'SSH_HOST_KEY_CHANGED' ? 'key-changed' : 'failed';
      return { address, port, condition, ...seen, problem };
    }
  };
  return {
    async connect(targets, onState, signal) {
      const keys = openHostKeyStore(file);
      await inParallel(targets, atOnce, signal, async (target) => {
        onState({ address: target.address, port: target.port, condition: 'connecting' });
        const state = await connectOne(target, keys);
        if (!signal.aborted) onState(state);
      });
    },
    facts: (host, login) => using(host, login, openHostKeyStore(file), gatherFacts),
    run: (host, login, script, args) =>
      using(host, login, openHostKeyStore(file), async (connection) => {
        await connection.check('Repair', script, args);
      }),
  };
}
