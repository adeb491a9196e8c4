import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'vitest';
import { parse, stringify } from 'yaml';
import { ensureLabBundle } from '../cluster/bundle.ts';
import { writeClusterDocument } from '../cluster/document.ts';
import { labHome, landfall } from '../cluster/landfall.ts';
import { ensureImages } from '../components/ensure.ts';
import { must, type Output, run } from '../hosts/command.ts';
import { type Lab, upLab } from '../hosts/lab.ts';
import { ensureSkopeo } from '../hosts/packages.ts';
import { type HostSnapshot, snapshotHost } from '../support/host-snapshot.ts';
import { type Sampler, sampleProcesses } from '../support/sample-processes.ts';

/** What the proofs share, in the order in which they come to know it. */
export type Stage = {
  readonly lab: Lab;
  /** The lab's own bundle, which no proof may touch. */
  readonly bundle: string;
  /** A copy by hard links, the one that is installed from. */
  readonly copy: string;
  readonly document: string;
  readonly cluster: string;
  readonly before: ReadonlyMap<string, HostSnapshot>;
  readonly sampler: Sampler;
  readonly seed: number;
  /** The host that lost power on the way, once it has. */
  victim: string | undefined;
  /** Hosts that were started anew once the cluster was complete. */
  readonly rebooted: Set<string>;
  /** What the run that completed the cluster printed. */
  completed: Output | undefined;
};

/** A host whose state folder is a small disk of its own, so that it can be full. It is in memory, and accepted as such. */
export const smallDisk = { host: 'node-4', path: '/var/lib/landfall', megabytes: 900 } as const;

export const allApplications = ['mariadb', 'valkey', 'website'] as const;

/** Brings up five hosts with nothing on them, looks at them, and starts to look at every process. */
export async function setStage(name: string, seed: number, say: (line: string) => void): Promise<Stage> {
  await ensureImages(say);
  await ensureSkopeo(say);
  const lab = await upLab({ name, hosts: 5, replace: true }, say);
  try {
    const bundle = await ensureLabBundle(lab, say);
    const copy = path.join(lab.directory, 'bundle');
    const linked = await run(['cp', '--recursive', '--link', bundle, copy]);
    if (linked.exitCode !== 0) cpSync(bundle, copy, { recursive: true, force: true });
    const { host, path: folder, megabytes } = smallDisk;
    // Mounted from outside, as a disk is: what is on it stays when the host starts anew.
    await lab.powerOff(host);
    await must([
      'mount',
      '-t',
      'tmpfs',
      '-o',
      `size=${megabytes}m,mode=755`,
      'small-disk',
      `${lab.hostRoot(host)}${folder}`,
    ]);
    await lab.powerOn(host);
    const document = await writeClusterDocument(lab, { applications: allApplications, accept: ['disk-volatile'] });
    const before = await snapshotAll(lab);
    const sampler = await sampleProcesses(path.join(lab.directory, 'processes.ndjson'));
    return {
      lab,
      bundle,
      copy,
      document,
      cluster: 'demo',
      before,
      sampler,
      seed,
      victim: undefined,
      rebooted: new Set(),
      completed: undefined,
    };
  } catch (error) {
    await lab.down();
    throw error;
  }
}

/** Ends it all. When a proof failed, the records of all runs are kept and their folder is returned. */
export async function clearStage(stage: Stage | undefined, failed: boolean): Promise<string | undefined> {
  if (stage === undefined) return undefined;
  await stage.sampler.stop();
  const kept = failed ? keepRecords(stage.lab) : undefined;
  await stage.lab.down();
  return kept;
}

/** Copies the journals of all clusters of a lab to a folder that outlives it. */
export function keepRecords(lab: Lab): string {
  const kept = mkdtempSync(path.join(tmpdir(), 'landfall-lab-'));
  const clusters = path.join(labHome(lab), 'clusters');
  if (!existsSync(clusters)) return kept;
  for (const cluster of readdirSync(clusters, { withFileTypes: true })) {
    const runs = path.join(clusters, cluster.name, 'runs');
    cpSync(runs, path.join(kept, cluster.name), { recursive: true });
  }
  return kept;
}

export async function snapshotAll(lab: Lab): Promise<ReadonlyMap<string, HostSnapshot>> {
  const all = await Promise.all(lab.hosts.map(({ name }) => snapshotHost(lab, name)));
  return new Map(all.map((snapshot) => [snapshot.host, snapshot]));
}

/** Runs a script as root on a host and returns what it printed; throws when it fails. */
export async function onHost(lab: Lab, host: string, script: string): Promise<string> {
  const output = await lab.ssh(host, script, { timeout: 180_000 });
  if (output.exitCode === 0) return output.stdout;
  throw new Error(`${host}: exit code ${output.exitCode}\n${script}\n${output.stdout}\n${output.stderr}`);
}

/** kubectl on the first control plane, the manifest or further script on its standard input. */
export function kubectl(lab: Lab, words: string, input?: string): Promise<string> {
  const command = `/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf ${words}`;
  return onHost(lab, 'node-1', input === undefined ? command : `${command} <<'END_OF_INPUT'\n${input}\nEND_OF_INPUT\n`);
}

/** The command of every run of the cluster, word for word. */
export function applyArguments(stage: Pick<Stage, 'document' | 'copy'>): readonly string[] {
  return ['apply', stage.document, '--bundle', stage.copy, '--yes'];
}

export function apply(stage: Stage): Promise<Output> {
  return landfall(stage.lab, applyArguments(stage));
}

type Document = {
  readonly spec: { readonly hosts: readonly { readonly name: string; ssh: Record<string, string> }[] };
};

/** Changes the login of a host in a cluster document; returns what puts the old one back. */
export function changeLogin(file: string, host: string, change: Readonly<Record<string, string>>): () => void {
  const text = readFileSync(file, 'utf8');
  const document = parse(text) as Document;
  const entry = document.spec.hosts.find((candidate) => candidate.name === host);
  if (entry === undefined) throw new Error(`${file} has no ${host}`);
  entry.ssh = { ...entry.ssh, ...change };
  writeFileSync(file, stringify(document));
  return () => writeFileSync(file, text);
}

/** Skips a proof that has nothing to stand on, because an earlier one failed. */
export function standsOn(context: TestContext, what: unknown, why: string): void {
  if (what === undefined || what === false) context.skip(`an earlier proof failed: ${why}`);
}
