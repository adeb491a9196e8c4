import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { openBundle } from '../../../source/bundle/open.ts';
import { loadClusterDocument } from '../../../source/cluster/load-document.ts';
import { LandfallError } from '../../../source/errors.ts';
import { parseFacts } from '../../../source/hosts/gather-facts.ts';
import { flannelManifest } from '../../../source/phases/network.ts';
import { cachePath } from '../../lab/cache.ts';
import { ensureLabBundle } from '../../lab/cluster/bundle.ts';
import { landfallCommand, landfallEnvironment, repositoryFile } from '../../lab/cluster/landfall.ts';
import { must, run } from '../../lab/hosts/command.ts';
import { type Lab, upLab } from '../../lab/hosts/lab.ts';
import { startMirror } from '../../lab/mirror/mirror.ts';
import { prepareFloor } from './floor.ts';
import type { JudgeRequest, Verdict } from './judge.ts';
import { phaseSpans, type Span, stepSpans, watchMemory } from './landfall.ts';
import { counted, makeOperatorCgroup, readCounters, removeOperatorCgroup, type Usage, usage } from './measure.ts';
import { reportRound, reportShape } from './report.ts';
import { ratio } from './statistics.ts';

export type Contender = 'floor' | 'landfall';

export type Round = {
  readonly contender: Contender;
  readonly shape: string;
  /** Seconds from the start of the command until every node and pod is ready. */
  readonly ready: number;
  readonly nodesReady: number;
  /** Seconds until the command itself was done. */
  readonly returned: number;
  readonly marks: readonly Span[];
  readonly steps: readonly Span[];
  readonly toReady: Usage;
  readonly total: Usage;
  /** Bytes; of Landfall's own process. */
  readonly memory?: number;
  /** Seconds of the same command once more, which changes nothing. */
  readonly again?: number;
  /** Tasks that wanted a processor, averaged over a minute, before and after. */
  readonly load: readonly [number, number];
};

export type InstallBenchmarkOptions = {
  readonly shapes: readonly string[];
  readonly rounds: number;
  readonly only?: string;
  readonly name: string;
  readonly keep: boolean;
  readonly network?: string;
  readonly result?: string;
};

const patience = 15 * 60_000;
const cluster = 'bench';

async function load(): Promise<number> {
  return Number((await readFile('/proc/loadavg', 'utf8')).split(' ')[0]);
}

/** All hosts by root and key, so that both contenders log in the same way. */
async function writeDocument(lab: Lab, controlPlanes: number): Promise<string> {
  const file = path.join(lab.directory, `${cluster}.yaml`);
  const document = {
    apiVersion: 'landfall/v1',
    kind: 'Cluster',
    metadata: { name: cluster },
    spec: {
      hosts: lab.hosts.map((host, index) => ({
        name: host.name,
        address: host.address,
        role: index < controlPlanes ? 'control-plane' : 'worker',
        ssh: { user: 'root', keyFile: lab.keyFile, port: host.sshPort },
      })),
    },
  };
  await writeFile(file, stringify(document), { mode: 0o600 });
  return file;
}

async function applyAgain(lab: Lab, command: readonly string[]): Promise<number> {
  const began = Date.now();
  const output = await run(command, { environment: landfallEnvironment(lab) });
  if (output.exitCode !== 0 || !output.stdout.includes('Nothing to change')) {
    throw new LandfallError({
      code: 'BENCH_FAILED',
      message: `The second apply ended with exit code ${output.exitCode} or changed something.`,
      context: { output: output.stdout.trim().split('\n').slice(-30).join('\n') },
    });
  }
  return (Date.now() - began) / 1000;
}

async function oneRound(
  contender: Contender,
  shape: string,
  options: InstallBenchmarkOptions,
  say: (line: string) => void,
): Promise<Round> {
  const [controlPlanes = 0, workers = 0] = shape.split('+').map(Number);
  const hosts = controlPlanes + workers;
  const lab = await upLab({ name: options.name, hosts, debian13: false, replace: true }, () => {});
  try {
    const bundleDirectory = await ensureLabBundle(lab, () => {});
    await (await startMirror(lab, () => {})).stop();
    const [bundle, documentFile] = [await openBundle(bundleDirectory), await writeDocument(lab, controlPlanes)];
    const document = loadClusterDocument(documentFile);
    const factsScript = await readFile(repositoryFile('assets/hosts/facts.sh'), 'utf8');
    const facts = parseFacts((await lab.ssh(lab.hosts[0]?.name ?? '', factsScript)).stdout, 'the hosts');
    const network = options.network === 'early' ? 'early' : 'last';
    const manifest = await flannelManifest({ document, bundle });
    const floor = await prepareFloor(lab, document, bundle, facts, network, manifest, say);
    const apply = ['apply', documentFile, '--bundle', bundleDirectory, '--yes'];
    const command = contender === 'floor' ? lab.inside(floor.command) : landfallCommand(lab, apply);
    // What is sent is read once before, so that neither waits for this machine's disk.
    await must([
      'sh',
      '-c',
      'cat "$1"/blobs/sha256/* "$2"/floor/payload.tar >/dev/null',
      'sh',
      bundleDirectory,
      lab.directory,
    ]);
    await makeOperatorCgroup(lab);
    const loadBefore = await load();
    const before = await readCounters(lab);
    const began = Date.now();
    const request: JudgeRequest = {
      kubeconfig: path.join(lab.hostRoot(lab.hosts[0]?.name ?? ''), 'etc/kubernetes/admin.conf'),
      address: lab.hosts[0]?.address ?? '',
      nodes: hosts,
      controlPlanes,
      patience,
    };
    const judging = run(lab.inside([process.execPath, process.argv[1] ?? '', 'judge', JSON.stringify(request)])).then(
      async (output) => ({ output, counters: await readCounters(lab) }),
    );
    // It is waited for below, if the command gets that far.
    judging.catch(() => {});
    const memory = watchMemory(lab, cluster);
    const lines: { readonly at: number; readonly text: string }[] = [];
    const output = await run(counted(lab, command), {
      environment: landfallEnvironment(lab),
      onLine: (text) => lines.push({ at: (Date.now() - began) / 1000, text }),
    });
    const returned = (Date.now() - began) / 1000;
    const afterCommand = await readCounters(lab);
    const largest = memory.stop();
    if (output.exitCode !== 0) {
      throw new LandfallError({
        code: 'BENCH_FAILED',
        message: `${contender} ended with exit code ${output.exitCode}.`,
        context: { output: `${output.stdout}\n${output.stderr}`.trim().split('\n').slice(-30).join('\n') },
      });
    }
    const judged = await judging;
    if (judged.output.exitCode !== 0) {
      throw new LandfallError({ code: 'BENCH_NOT_READY', message: `${contender}: ${judged.output.stderr.trim()}` });
    }
    const verdict = JSON.parse(judged.output.stdout) as Verdict;
    const steps = contender === 'landfall' ? stepSpans(lab, cluster, began) : [];
    const marks =
      contender === 'landfall'
        ? phaseSpans(steps)
        : lines.flatMap(({ at, text }) =>
            text.startsWith('mark ') ? [{ step: text.slice('mark '.length), from: 0, to: at }] : [],
          );
    const last = afterCommand.machine > judged.counters.machine ? afterCommand : judged.counters;
    return {
      contender,
      shape,
      ready: (verdict.podsReady - began) / 1000,
      nodesReady: (verdict.nodesReady - began) / 1000,
      returned,
      marks,
      steps,
      toReady: usage(before, judged.counters),
      total: usage(before, last),
      ...(contender === 'landfall' ? { memory: largest, again: await applyAgain(lab, command) } : {}),
      load: [loadBefore, await load()],
    };
  } finally {
    await removeOperatorCgroup(lab).catch(() => {});
    if (!options.keep) await lab.down();
  }
}

/** Alternates both contenders, reports each round and then the medians; true when Landfall is as fast as the floor. */
export async function runInstallBenchmark(
  options: InstallBenchmarkOptions,
  say: (line: string) => void,
): Promise<boolean> {
  const result = options.result ?? cachePath('bench', `install-${new Date().toISOString().replace(/[:.]/g, '-')}.json`);
  await mkdir(path.dirname(result), { recursive: true });
  const contenders = (['floor', 'landfall'] as const).filter(
    (one) => options.only === undefined || options.only === one,
  );
  const rounds: Round[] = [];
  for (const shape of options.shapes) {
    for (let number = 1; number <= options.rounds; number++) {
      // Whoever goes first in one round goes second in the next.
      for (const contender of number % 2 === 1 ? contenders : contenders.toReversed()) {
        const round = await oneRound(contender, shape, options, say);
        rounds.push(round);
        for (const line of reportRound(round, number)) say(line);
        await writeFile(result, `${JSON.stringify({ taken: new Date().toISOString(), rounds }, null, 1)}\n`);
      }
    }
    for (const line of reportShape(shape, rounds)) say(line);
  }
  say(`saved in ${result}`);
  return options.shapes.every((shape) => (ratio(shape, rounds, 'ready') ?? 0) <= 1);
}
