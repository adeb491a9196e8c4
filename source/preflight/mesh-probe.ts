import { PassThrough } from 'node:stream';
import { readAsset } from '../assets.ts';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { quote } from '../hosts/quote.ts';
import { type MeshLink, meshLinks, meshPorts } from './mesh-plan.ts';

export type MeshHost = { readonly host: HostEntry; readonly connection: HostConnection };

/** What became of one connection; `unknown` with the reason where it could not be tried. */
export type LinkAnswer = MeshLink & {
  readonly answer: 'open' | 'refused' | 'timeout' | 'unreachable' | 'unknown';
  readonly reason?: string;
};

const listenSeconds = 60;
// Of the first attempt, and of the second one for what did not come about.
const connectSeconds = [2, 3] as const;
// Busy machines may take long to start a program; what it then does is bounded by itself.
const patience = 30;

async function meshScript(): Promise<string> {
  const [perl, python, script] = await Promise.all([
    readAsset('hosts/preflight/mesh.pl'),
    readAsset('hosts/preflight/mesh.py'),
    readAsset('hosts/preflight/mesh.sh'),
  ]);
  return `perl_program=${quote(perl)}\npython_program=${quote(python)}\n${script}`;
}

type Listener = {
  /** Resolves when it listens: why it cannot, or undefined. Ports that others hold are `held`. */
  readonly ready: Promise<string | undefined>;
  readonly held: ReadonlySet<string>;
  end(): Promise<void>;
};

function listen(
  script: string,
  { host, connection }: MeshHost,
  document: ClusterDocument,
  signal: AbortSignal,
): Listener {
  const input = new PassThrough();
  const held = new Set<string>();
  const ports = meshPorts(document, host).map((port) => `${port.port}/${port.protocol}`);
  let settle: (reason: string | undefined) => void = () => {};
  const ready = new Promise<string | undefined>((resolve) => {
    settle = resolve;
  });
  const running = connection
    .run(script, ['listen', `${listenSeconds}`, ...ports], {
      stdin: input,
      signal,
      timeout: (listenSeconds + patience) * 1000,
      onLine(line) {
        if (line === 'ready') settle(undefined);
        else if (line.startsWith('held ')) held.add(line.slice('held '.length));
      },
    })
    .then((result) =>
      settle(result.exitCode === 69 ? noInterpreter : (result.stderr.trim().split('\n').at(-1) ?? 'ended')),
    )
    .catch((error: unknown) => settle(error instanceof Error ? error.message : String(error)));
  return {
    ready,
    held,
    async end() {
      input.end();
      await running;
    },
  };
}

const targetOf = (link: MeshLink): string => `${link.to.address}:${link.port.port}/${link.port.protocol}`;
const noInterpreter = 'perl, python3 -';

/** Tries these connections from one host and adds the answers; returns why that could not be done. */
async function connectTo(
  connection: HostConnection,
  script: string,
  targets: readonly string[],
  seconds: number,
  found: Map<string, string>,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (targets.length === 0) return undefined;
  try {
    const result = await connection.run(script, ['connect', `${seconds}`, ...targets], {
      signal,
      timeout: (seconds + patience) * 1000,
    });
    for (const line of result.stdout.split('\n')) {
      const [name = '', answer = ''] = line.split(' ');
      if (answer !== '') found.set(name, answer);
    }
    return result.exitCode === 69 ? noInterpreter : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Tries every connection the cluster needs between these hosts, with listeners of our own on the ports that are free.
 * All of it ends within seconds, and listeners end with their connection, so nothing stays on a host.
 */
export async function probeMesh(
  document: ClusterDocument,
  hosts: readonly MeshHost[],
  signal: AbortSignal,
): Promise<readonly LinkAnswer[]> {
  const script = await meshScript();
  const links = meshLinks(
    document,
    hosts.map(({ host }) => host),
  );
  const listeners = new Map(hosts.map((entry) => [entry.host.name, listen(script, entry, document, signal)]));
  try {
    const silent = new Map<string, string>();
    await Promise.all(
      [...listeners].map(async ([name, listener]) => {
        const reason = await listener.ready;
        if (reason !== undefined) silent.set(name, reason);
      }),
    );
    // Another program that takes datagrams does not send them back, so silence would say nothing.
    const isMute = ({ to, port }: MeshLink): boolean =>
      port.protocol === 'udp' && (listeners.get(to.name)?.held.has(`${port.port}/udp`) ?? false);
    const judge = (link: MeshLink, found: ReadonlyMap<string, string>, failure: string | undefined): LinkAnswer => {
      const answer = found.get(targetOf(link));
      const reason = silent.get(link.to.name);
      if (reason !== undefined) return { ...link, answer: 'unknown', reason: `${link.to.name}: ${reason}` };
      if (isMute(link)) return { ...link, answer: 'unknown', reason: `${link.to.name}: ${link.port.port}/udp` };
      if (answer === 'open' || answer === 'refused' || answer === 'timeout' || answer === 'unreachable') {
        return { ...link, answer };
      }
      return { ...link, answer: 'unknown', reason: `${link.from.name}: ${failure ?? 'no answer'}` };
    };
    const attempt = async ({ host, connection }: MeshHost): Promise<readonly LinkAnswer[]> => {
      const own = links.filter((link) => link.from.name === host.name);
      const targets = own.filter((link) => !silent.has(link.to.name) && !isMute(link)).map(targetOf);
      const found = new Map<string, string>();
      let failure = await connectTo(connection, script, targets, connectSeconds[0], found, signal);
      // What did not come about is tried once more: a busy machine must not look like a shut port.
      const again = targets.filter((target) => found.get(target) !== 'open');
      if (again.length > 0 && failure !== noInterpreter)
        failure = await connectTo(connection, script, again, connectSeconds[1], found, signal);
      return own.map((link) => judge(link, found, failure));
    };
    return (await Promise.all(hosts.map(attempt))).flat();
  } finally {
    await Promise.all([...listeners.values()].map((listener) => listener.end()));
  }
}
