import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ssh2, { type ParsedKey } from 'ssh2';
import { readAsset } from '../assets.ts';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import { LandfallError } from '../errors.ts';
import { uploadBytes } from './actions.ts';
import { type Fault, parseFaults } from './faults.ts';
import { newKeyPair } from './host-keys.ts';
import { practiceDocument } from './practice-document.ts';
import { practiceMachine } from './practice-facts.ts';
import { createPracticeHost, type PracticeHost } from './practice-host.ts';
import { type AuthenticationMethod, type PracticeServer, startPracticeServer } from './practice-server.ts';
import { seededRandom } from './random.ts';

export type PracticeFleetOptions = {
  /** How many hosts, 1 to 1000. */
  readonly hosts: number;
  /** As `wrong-password:node-2,lost-connection:node-3@40%`; none unless set. */
  readonly faults?: string;
  /** 1 is as long as real hosts take; 10 is ten times faster. */
  readonly speed?: number;
  /** Machines are the same for the same seed. */
  readonly seed?: number;
  /** Part of real file sizes that is sent; by the number of hosts unless set. */
  readonly scale?: number;
  /** What the hosts accept; all three unless set. */
  readonly methods?: readonly AuthenticationMethod[];
  /** A user other than root has to use sudo with the password. */
  readonly user?: string;
};

/** Simulated hosts behind real SSH servers on loopback. */
export type PracticeFleet = {
  readonly hosts: readonly HostEntry[];
  /** A cluster of these hosts: three control planes where there are three hosts. */
  readonly document: ClusterDocument;
  readonly user: string;
  /** Password of the hosts; random in every fleet. */
  readonly password: string;
  /** File with that password, and a private key that may log in; both only for their owner. */
  readonly passwordFile: string;
  readonly keyFile: string;
  readonly faults: readonly Fault[];
  readonly speed: number;
  readonly scale: number;
  /** Password of one host; differs from the fleet's on a host with the fault wrong-password. */
  hostPassword(name: string): string;
  host(name: string): PracticeHost;
  server(name: string): PracticeServer;
  stop(): Promise<void>;
};

const mostHosts = 1000;
// Bytes a second one host takes; five hosts at once then load a gigabit network as real ones do.
const realRate = 40_000_000;
// What is really sent in a whole install, so that a thousand hosts cost no more than some seconds of a processor.
const sentBytes = 400_000_000;
const largestScale = 0.25;

type CheckedOptions = { readonly names: readonly string[]; readonly speed: number; readonly faults: readonly Fault[] };

/** What the options mean. Throws PRACTICE_OPTIONS or PRACTICE_FAULTS (exit code 2) when they mean nothing. */
export function checkFleetOptions({ hosts: count, speed = 1, faults = '' }: PracticeFleetOptions): CheckedOptions {
  if (!Number.isInteger(count) || count < 1 || count > mostHosts || !(speed > 0) || !Number.isFinite(speed)) {
    throw new LandfallError({
      code: 'PRACTICE_OPTIONS',
      message: `A practice fleet has 1 to ${mostHosts} hosts and a speed above 0.`,
      fix: 'Say for example: landfall demo --hosts 5 --speed 2',
      exitStatus: 2,
    });
  }
  const names = Array.from({ length: count }, (_, index) => `node-${index + 1}`);
  return { names, speed, faults: parseFaults(faults, names) };
}

function sizeScale(count: number): number {
  const everywhere = uploadBytes(['containerd/upload', 'runc/upload']);
  const once = uploadBytes(['registry/essentials', 'registry/images', 'registry/upload']);
  return Math.min(largestScale, sentBytes / (everywhere * count + once));
}

/** Starts the fleet. Its servers listen on 127.0.0.1 only; `stop` ends them and removes the fleet's files. */
export async function startPracticeFleet(options: PracticeFleetOptions): Promise<PracticeFleet> {
  const { names, speed, faults } = checkFleetOptions(options);
  const count = names.length;
  const scale = options.scale ?? sizeScale(count);
  const user = options.user ?? 'root';
  const methods = options.methods ?? ['publickey', 'password', 'keyboard-interactive'];
  const seed = options.seed ?? 1;
  const password = `practice-${randomBytes(6).toString('hex')}`;
  const otherPassword = `other-${randomBytes(6).toString('hex')}`;
  const folder = mkdtempSync(path.join(tmpdir(), 'landfall-practice-'));
  const [passwordFile, keyFile] = [path.join(folder, 'password'), path.join(folder, 'key')];
  const key = newKeyPair();
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  writeFileSync(keyFile, key.private, { mode: 0o600 });
  const publicKey = ssh2.utils.parseKey(key.public) as ParsedKey;
  const scripts = { facts: await readAsset('hosts/facts.sh'), lock: await readAsset('hosts/lock.sh') };
  const stopped = new AbortController();
  const hosts = new Map<string, PracticeHost>();
  const servers = new Map<string, PracticeServer>();
  const isRefusing = (name: string): boolean =>
    faults.some((fault) => fault.host === name && fault.kind === 'wrong-password');

  const start = async (name: string, index: number): Promise<void> => {
    const host = createPracticeHost({
      machine: practiceMachine(name, index, seededRandom(seed * 7919 + index)),
      faults: faults.filter((fault) => fault.host === name),
      speed,
      scale,
      rate: realRate * scale,
      scripts,
      stopped: stopped.signal,
      cut: (milliseconds) => servers.get(name)?.cut(milliseconds),
      random: seededRandom(seed * 104_729 + index),
    });
    const server = await startPracticeServer({
      hostKey: newKeyPair().private,
      user,
      password: isRefusing(name) ? otherPassword : password,
      ...(isRefusing(name) ? {} : { publicKey }),
      methods,
      refusalDelay: 400 / speed,
      host,
      address: '127.0.0.1',
    });
    hosts.set(name, host);
    servers.set(name, server);
  };
  const stop = async (): Promise<void> => {
    stopped.abort();
    await Promise.all([...servers.values()].map((server) => server.close()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(names.map(start));
  } catch (error) {
    await stop();
    throw error;
  }

  const of = <T>(map: ReadonlyMap<string, T>, name: string): T => {
    const found = map.get(name);
    if (found === undefined) throw new TypeError(`the practice fleet has no host ${name}`);
    return found;
  };
  const planes = count >= 3 ? 3 : 1;
  const entries = names.map(
    (name, index): HostEntry => ({
      name,
      address: '127.0.0.1',
      role: index < planes ? 'control-plane' : 'worker',
      connection: 'ssh',
      ssh: { user, port: of(servers, name).port, passwordFile },
    }),
  );
  return {
    hosts: entries,
    document: practiceDocument(entries),
    user,
    password,
    passwordFile,
    keyFile,
    faults,
    speed,
    scale,
    hostPassword: (name) => (isRefusing(name) ? otherPassword : password),
    host: (name) => of(hosts, name),
    server: (name) => of(servers, name),
    stop,
  };
}
