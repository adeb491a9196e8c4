import { spawn } from 'node:child_process';
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stringify } from 'yaml';
import { componentDirectory } from '../components/build-go.ts';
import { ensureImages } from '../components/ensure.ts';
import { goComponent } from '../components/recipes.ts';
import { releasesDirectory } from '../components/releases.ts';
import { must, until } from '../hosts/command.ts';
import { registryStorage } from '../images/store.ts';
import { serveFiles } from './file-server.ts';

/** What the mirror needs of a lab: where it keeps its state, and how a command gets into its network. */
export type MirrorLab = {
  readonly name: string;
  readonly namespace: string;
  readonly directory: string;
  /** The command that runs `command` inside the lab's network namespace. */
  inside(command: readonly string[]): readonly string[];
};

export type Mirror = {
  /** Path of the YAML file for `landfall bundle build --mirror`. */
  readonly mirrorFile: string;
  stop(): Promise<void>;
};

const address = '10.77.0.1';
const registryPort = 5000;
const filesPort = 8080;

/** A process of the mirror. The start time (clock ticks since boot) tells it from a later one with the same number. */
type MirrorProcess = { readonly pid: number; readonly started: string; readonly program: string };
type State = { readonly pids: readonly number[]; readonly processes: readonly MirrorProcess[] };

/** Clock ticks between boot and the start of the process; undefined when it does not run. */
async function startTime(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : fields[19];
}

async function isRunning(known: MirrorProcess): Promise<boolean> {
  return (await startTime(known.pid)) === known.started;
}

function stateFile(lab: MirrorLab): string {
  return path.join(lab.directory, 'mirror.json');
}

async function readState(lab: MirrorLab): Promise<State> {
  const text = await readFile(stateFile(lab), 'utf8').catch(() => undefined);
  return text === undefined ? { pids: [], processes: [] } : (JSON.parse(text) as State);
}

async function writeState(lab: MirrorLab, processes: readonly MirrorProcess[]): Promise<void> {
  const state: State = { pids: processes.map((known) => known.pid), processes };
  await writeFile(`${stateFile(lab)}.partial`, `${JSON.stringify(state)}\n`);
  await rename(`${stateFile(lab)}.partial`, stateFile(lab));
}

function registryConfiguration(): string {
  return stringify({
    version: '0.1',
    log: { level: 'warn', accesslog: { disabled: true } },
    storage: {
      filesystem: { rootdirectory: registryStorage() },
      // Labs share the storage, and only the building of images writes to it.
      maintenance: { readonly: { enabled: true } },
    },
    http: { addr: `${address}:${registryPort}` },
  });
}

function mirrorDocument(): string {
  const registries = ['registry.k8s.io', 'docker.io', 'ghcr.io', 'quay.io'].map((domain) => [
    domain,
    { url: `http://${address}:${registryPort}`, prefix: domain },
  ]);
  return stringify({
    apiVersion: 'landfall/v1',
    kind: 'Mirror',
    registries: Object.fromEntries(registries),
    files: [{ from: 'https://', to: `http://${address}:${filesPort}/` }],
  });
}

/** Starts a process that outlives this one, inside the lab's network; its output goes to a log in the lab's folder. */
async function startProcess(lab: MirrorLab, program: string, command: readonly string[]): Promise<MirrorProcess> {
  const log = await open(path.join(lab.directory, `mirror-${program}.log`), 'a');
  try {
    const [first = '', ...args] = lab.inside(command);
    const child = spawn(first, args, {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { ...process.env, OTEL_TRACES_EXPORTER: 'none' },
    });
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    const pid = child.pid ?? 0;
    return { pid, started: (await startTime(pid)) ?? '', program };
  } finally {
    await log.close();
  }
}

async function stopMirror(lab: MirrorLab): Promise<void> {
  const { processes } = await readState(lab);
  for (const known of processes) if (await isRunning(known)) process.kill(known.pid, 'SIGKILL');
  for (const known of processes) {
    await until(`${known.program} of the mirror ends`, 5000, async () => !(await isRunning(known)));
  }
  await rm(stateFile(lab), { force: true });
}

async function waitForAnswers(lab: MirrorLab, processes: readonly MirrorProcess[]): Promise<void> {
  const question = `for (const url of process.argv.slice(1)) {
    for (let attempt = 0; ; attempt++) {
      try { await (await fetch(url)).arrayBuffer(); break; } catch (error) {
        if (attempt === 100) { console.error(url, String(error.cause ?? error)); process.exit(1); }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }`;
  const urls = [`http://${address}:${registryPort}/v2/`, `http://${address}:${filesPort}/`];
  await must(lab.inside([process.execPath, '--input-type=module', '--eval', question, ...urls]));
  for (const known of processes) {
    if (await isRunning(known)) continue;
    const log = await readFile(path.join(lab.directory, `mirror-${known.program}.log`), 'utf8');
    throw new Error(`${known.program} of the mirror ended: ${log.trim().split('\n').slice(-5).join('\n')}`);
  }
}

/**
 * Serves every image and release file of the lab under upstream's names inside the lab's network: a registry on
 * 10.77.0.1:5000 and files on 10.77.0.1:8080. Builds what is missing first. A mirror that runs is left as it is.
 */
export async function startMirror(lab: MirrorLab, say: (line: string) => void): Promise<Mirror> {
  const mirror: Mirror = { mirrorFile: path.join(lab.directory, 'mirror.yaml'), stop: () => stopMirror(lab) };
  await mkdir(lab.directory, { recursive: true });
  await ensureImages(say);
  const { processes } = await readState(lab);
  const running = await Promise.all(processes.map(isRunning));
  if (processes.length === 2 && running.every(Boolean)) return mirror;
  await stopMirror(lab);
  await writeFile(mirror.mirrorFile, mirrorDocument());
  const configuration = path.join(lab.directory, 'mirror-registry.yaml');
  await writeFile(configuration, registryConfiguration());
  const registry = path.join(componentDirectory(goComponent('registry')), 'registry');
  const started = [await startProcess(lab, 'registry', [registry, 'serve', configuration])];
  await writeState(lab, started);
  const program = `(${serveFiles})(...process.argv.slice(1, 3), Number(process.argv[3]))`;
  const files = [process.execPath, '--eval', program, releasesDirectory(), address, String(filesPort)];
  started.push(await startProcess(lab, 'files', files));
  await writeState(lab, started);
  await waitForAnswers(lab, started);
  say(`the mirror of lab ${lab.name} answers`);
  return mirror;
}
