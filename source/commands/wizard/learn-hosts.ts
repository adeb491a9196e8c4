import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { HostEntry } from '../../cluster/document.ts';
import { landfallHome } from '../../cluster/home.ts';
import { writePrivateFile } from '../../cluster/secrets.ts';
import { gatherFacts } from '../../hosts/gather-facts.ts';
import { fingerprint, type HostKeyStore, openHostKeyStore } from '../../hosts/host-keys.ts';
import { openJumpHosts } from '../../hosts/jump-hosts.ts';
import { LocalConnection } from '../../hosts/local-connection.ts';
import { SshConnection } from '../../hosts/ssh-connection.ts';
import { inParallel } from '../../practice/parallel.ts';
import { loginOf, problemOf, summaryOf } from '../../practice/services-hosts.ts';
import type { HostState, HostTarget } from '../../presenters/terminal/services.ts';
import { expandHome } from './draft-document.ts';

/** Handshakes cost processor time; more at once make each slower and nothing faster. */
const atOnce = 32;

/** Folder for what the wizard keeps before the cluster has a name. */
export function wizardHome(): string {
  return path.join(landfallHome(), 'wizard');
}

function pinnedKeys(home: string): string {
  return path.join(home, 'known-hosts');
}

/** Logs in to hosts and learns what they are. Nothing is changed on them. */
export async function learnHosts(
  targets: readonly HostTarget[],
  onState: (state: HostState) => void,
  signal: AbortSignal,
): Promise<void> {
  const keys = openHostKeyStore(pinnedKeys(wizardHome()));
  await inParallel(targets, atOnce, signal, async (target) => {
    onState({ address: target.address, port: target.port, condition: 'connecting' });
    const state = await learnHost(target, keys);
    if (!signal.aborted) onState(state);
  });
}

async function learnHost(target: HostTarget, keys: HostKeyStore): Promise<HostState> {
  const { address, port } = target;
  const { user, secrets, keyFile } = loginOf(target.login ?? { method: 'agent', user: 'root' });
  const seen: { fingerprint?: string; keyIsNew?: boolean } = {};
  const watching: HostKeyStore = {
    check(host, hostPort, key) {
      const verdict = keys.check(host, hostPort, key);
      if (host === address && hostPort === port) {
        seen.fingerprint = fingerprint(key);
        seen.keyIsNew = verdict.verdict === 'new';
      }
      return verdict;
    },
  };
  const entry: HostEntry = {
    name: address,
    address,
    role: 'worker',
    connection: target.local === true ? 'local' : 'ssh',
    ssh: {
      user,
      port,
      ...(keyFile === undefined ? {} : { keyFile: expandHome(keyFile) }),
      ...(target.jumpHost === undefined ? {} : { jumpHost: target.jumpHost }),
    },
  };
  const connection =
    target.local === true
      ? new LocalConnection(address)
      : new SshConnection(entry, secrets, watching, openJumpHosts(watching));
  try {
    const facts = await gatherFacts(connection);
    return { address, port, condition: 'ready', ...seen, summary: summaryOf(facts) };
  } catch (thrown) {
    const told = problemOf(thrown);
    // A host without a name is called by its address, which needs no repeating.
    const problem = { ...told, message: told.message.replace(`${address} (${address}:${port})`, address) };
    const condition = problem.code === 'SSH_HOST_KEY_CHANGED' ? 'key-changed' : 'failed';
    return { address, port, condition, ...seen, problem };
  } finally {
    await connection.close();
  }
}

function linesOf(file: string): readonly string[] {
  return existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
    : [];
}

/** Forgets the pinned key of an address; the next contact pins the key it then meets. */
export function forgetKey(address: string, port: number): void {
  const file = pinnedKeys(wizardHome());
  const kept = linesOf(file).filter((line) => !line.startsWith(`[${address}]:${port} `));
  writePrivateFile(file, kept.map((line) => `${line}\n`).join(''));
}

/** The keys that the person saw become those the cluster's runs insist on. */
export function adoptKeys(hosts: readonly HostTarget[], home: string): void {
  const file = pinnedKeys(home);
  const names = new Set(hosts.map(({ address, port }) => `[${address}]:${port}`));
  const own = linesOf(file).filter((line) => !names.has(line.split(' ')[0] ?? ''));
  const seen = linesOf(pinnedKeys(wizardHome())).filter((line) => names.has(line.split(' ')[0] ?? ''));
  writePrivateFile(file, [...own, ...seen].map((line) => `${line}\n`).join(''));
}
