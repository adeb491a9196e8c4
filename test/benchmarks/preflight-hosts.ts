import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseClusterDocument } from '../../source/cluster/load-document.ts';
import { startPracticeFleet } from '../../source/practice/fleet.ts';
import { countResults } from '../../source/preflight/report.ts';
import { runPreflight } from '../../source/preflight/run-preflight.ts';
import { openHostPool } from '../../source/runs/open-context.ts';

/** Figures of one run over practice hosts. Their servers are a process of their own, as real hosts would be. */
export type PreflightHostsFigures = {
  readonly hosts: number;
  /** Milliseconds from nothing to the last result, logins and facts included. */
  readonly wall: number;
  /** Milliseconds of processor time of the checking process. */
  readonly processor: number;
  readonly results: number;
  readonly unreached: number;
  /** The same of the practice hosts' process. */
  readonly fleetProcessor: number;
  /** Bytes resident at the end. */
  readonly memory: number;
};

type Fleet = { readonly document: string; readonly password: string };

/** The command of the process that the practice hosts live in. */
export const fleetCommand = 'preflight-fleet';

/** In the child: the fleet lives until its parent goes. */
export async function servePreflightFleet(count: number): Promise<void> {
  const fleet = await startPracticeFleet({ hosts: count, speed: 1000 });
  const hosts = fleet.hosts.map((host) => ({
    name: host.name,
    address: host.address,
    role: host.role,
    ssh: { user: fleet.user, port: host.ssh.port },
  }));
  process.send?.({ document: JSON.stringify(hosts), password: fleet.password } satisfies Fleet);
  process.on('message', () => {
    const used = process.cpuUsage();
    process.send?.((used.user + used.system) / 1000);
  });
  process.on('disconnect', () => {
    void fleet.stop().finally(() => process.exit());
  });
}

/** Facts and every check of each host, over real SSH handshakes on loopback. */
export async function measurePreflightHosts(count: number): Promise<PreflightHostsFigures> {
  const child = fork(process.argv[1] ?? '', [fleetCommand, `${count}`], { execArgv: [] });
  const home = mkdtempSync(path.join(tmpdir(), 'landfall-bench-'));
  try {
    const fleet = await new Promise<Fleet>((resolve, reject) => {
      child.once('message', (message) => resolve(message as Fleet));
      child.once('exit', (code) => reject(new Error(`the fleet ended with exit code ${code}`)));
    });
    const hosts = JSON.parse(fleet.document);
    // Practice hosts share loopback, so the document is checked for all but that.
    const document = {
      ...parseClusterDocument(
        'cluster.yaml',
        JSON.stringify({
          apiVersion: 'landfall/v1',
          kind: 'Cluster',
          metadata: { name: 'bench' },
          spec: { hosts: [{ name: 'one', address: '10.0.0.1', role: 'control-plane' }] },
        }),
      ),
      hosts: hosts.map((host: object) => ({ ...host, connection: 'ssh' })),
    };
    const typed = Object.fromEntries(hosts.map((host: { name: string }) => [host.name, { password: fleet.password }]));
    const pool = openHostPool(document, home, typed);
    const fleetUsed = (): Promise<number> =>
      new Promise((resolve) => {
        child.once('message', (message) => resolve(Number(message)));
        child.send('used');
      });
    const fleetBefore = await fleetUsed();
    const began = performance.now();
    const before = process.cpuUsage();
    try {
      const { results } = await runPreflight({
        document,
        accepted: new Set(),
        reach: pool.host,
        diskTest: false,
        betweenHosts: false,
        names: false,
      });
      const wall = performance.now() - began;
      const used = process.cpuUsage(before);
      const unreached = results.filter((result) => result.id === 'host-reachable' && result.verdict.state !== 'pass');
      if (countResults(results).passed < count * 100) throw new Error('the hosts were not checked');
      return {
        hosts: count,
        wall,
        processor: (used.user + used.system) / 1000,
        fleetProcessor: (await fleetUsed()) - fleetBefore,
        results: results.length,
        unreached: unreached.length,
        memory: process.memoryUsage.rss(),
      };
    } finally {
      await pool.close();
    }
  } finally {
    child.disconnect();
    rmSync(home, { recursive: true, force: true });
  }
}
