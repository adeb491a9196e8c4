import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bundle } from '../../source/bundle/contents.ts';
import type { ClusterDocument, HostEntry } from '../../source/cluster/document.ts';
import type { Step, StepReporter } from '../../source/engine/step.ts';
import { LandfallError } from '../../source/errors.ts';
import type { InstallContext } from '../../source/phases/context.ts';
import { hostPreparation } from '../../source/phases/host-preparation.ts';
import { concludeChecks, preflight } from '../../source/phases/preflight.ts';
import { type PracticeFleet, startPracticeFleet } from '../../source/practice/fleet.ts';
import type { CheckId, CheckResult, Severity } from '../../source/preflight/check.ts';
import { type HostPool, openHostPool } from '../../source/runs/open-context.ts';

let fleet: PracticeFleet;
let pool: HostPool;
const home = mkdtempSync(path.join(tmpdir(), 'landfall-phase-'));
const reporter: StepReporter = {
  progress() {},
  output: () => {},
  note: () => {},
  signal: new AbortController().signal,
};

const gibibyte = 2 ** 30;

/** A bundle whose blobs have these sizes; nothing of it is read. */
function bundleOf(directory: string, layer: number): Bundle {
  return {
    directory,
    kubernetesVersion: 'v1.36.3',
    architectures: ['amd64'],
    files: [
      {
        role: 'kubelet',
        version: 'v1.36.3',
        architecture: 'amd64',
        archive: false,
        source: 'x',
        size: 60e6,
        sha256: '0'.repeat(64),
      },
    ],
    images: [{ name: 'registry.k8s.io/pause:3.10', digest: 'sha256:1', use: 'every-node', architectures: ['amd64'] }],
    file: () => {
      throw new TypeError('not asked for');
    },
    openFile: () => Readable.from([Buffer.alloc(1000)]),
    filePieces: () => Readable.from([]),
    imageBlobs: async () => [{ digest: 'sha256:1', size: layer }],
    openBlob: () => Readable.from([]),
  };
}

function context(document: ClusterDocument, bundle: Bundle): InstallContext {
  return {
    document,
    bundle,
    home,
    secrets: undefined as never,
    host: (name) => pool.host(name),
    pki: undefined as never,
  };
}

beforeAll(async () => {
  fleet = await startPracticeFleet({ hosts: 3, speed: 1000, faults: 'failed-check:node-2' });
  const typed = Object.fromEntries(fleet.hosts.map((host) => [host.name, { password: fleet.hostPassword(host.name) }]));
  pool = openHostPool(fleet.document, home, typed);
}, 60_000);
afterAll(async () => {
  await pool?.close();
  await fleet?.stop();
  rmSync(home, { recursive: true, force: true });
});

const stepOf = (id: string, document: ClusterDocument, bundle: Bundle): Step => {
  const step = preflight(context(document, bundle)).find((candidate) => candidate.id === id);
  if (step === undefined) throw new Error(`no step ${id}`);
  return step;
};
const failureOf = async (step: Step): Promise<LandfallError> => {
  const thrown = await step.probe(reporter).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof LandfallError)) throw new Error(`${step.id} did not fail: ${String(thrown)}`);
  return thrown;
};

test('what blocks stops its host before anything is changed, and says where and what to do', async () => {
  const bundle = bundleOf(home, 200e6);
  const error = await failureOf(stepOf('preflight/host@node-2', fleet.document, bundle));
  expect(error.code).toBe('PREFLIGHT_BLOCKED');
  expect(error.message).toMatch(
    /^node-2 is not ready: "Port of the Kubernetes API is free" \[port-kubernetes-api\] does not hold: 6443\/tcp ← nginx .*; needed: 6443\/tcp free\.$/,
  );
  expect(error.fix).toBe('Stop that program or let it use another port. Then run the same command again.');
  for (const other of ['node-1', 'node-3'])
    expect(await stepOf(`preflight/host@${other}`, fleet.document, bundle).probe(reporter)).toEqual({ state: 'done' });
}, 60_000);

test('who looks again asks the host again', async () => {
  const asked = async (times: number): Promise<number> => {
    const counted = context(fleet.document, bundleOf(home, 1e6));
    let runs = 0;
    const host: InstallContext['host'] = async (name) => {
      const { connection, facts } = await pool.host(name);
      const counting = new Proxy(connection, {
        get: (target, key) => {
          if (key === 'check') runs++;
          const value = Reflect.get(target, key);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      return { connection: counting, facts };
    };
    const step = preflight({ ...counted, host }).find(({ id }) => id === 'preflight/host@node-1');
    for (let time = 0; time < times; time++) await step?.probe(reporter);
    return runs;
  };
  expect(await asked(1)).toBe(0);
  expect(await asked(3)).toBe(2);
}, 60_000);

test('a host that comes late is tried with the others then; who cannot be reached keeps nobody waiting', async () => {
  const asked: string[] = [];
  let reachable = false;
  const late: InstallContext['host'] = async (name) => {
    if (name === 'node-3' && !reachable) throw new LandfallError({ code: 'SSH_UNREACHABLE', message: 'no' });
    const { connection, facts } = await pool.host(name);
    const noting = new Proxy(connection, {
      get: (target, key) => {
        if (key === 'run') asked.push(name);
        const value = Reflect.get(target, key);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    return { connection: noting, facts };
  };
  const document: ClusterDocument = {
    ...fleet.document,
    hosts: fleet.document.hosts.filter((host) => host.name !== 'node-2'),
  };
  const steps = preflight({ ...context(document, bundleOf(home, 1e6)), host: late });
  const run = async (id: string): Promise<readonly string[]> => {
    asked.length = 0;
    await steps.find((step) => step.id === id)?.probe(reporter);
    return [...new Set(asked)].sort();
  };
  expect(await run('preflight/together@operator')).toEqual([]);
  expect(await run('preflight/host@node-1')).toEqual([]);
  reachable = true;
  expect(await run('preflight/host@node-3')).toEqual(['node-1', 'node-3']);
}, 60_000);

test('a bundle that is too big for the disks is found before the first byte is sent', async () => {
  for (const host of ['node-1', 'node-3']) {
    const error = await failureOf(stepOf(`preflight/host@${host}`, fleet.document, bundleOf(home, 400 * gibibyte)));
    expect(error.message).toMatch(
      new RegExp(`^${host} is not ready: .*\\[bundle-space\\] does not hold: / [\\d.]+ GiB`),
    );
    expect(error.fix).toContain('name bundle-space under spec.preflight.accept');
  }
}, 60_000);

test('a bundle of another version or architecture stops the whole run', async () => {
  const document: ClusterDocument = { ...fleet.document, kubernetesVersion: 'v1.37.2' };
  const error = await failureOf(
    stepOf('preflight/together@operator', document, { ...bundleOf(home, 1e6), architectures: ['arm64'] }),
  );
  expect(error.message).toMatch(/^practice is not ready: /);
  const output = error.context.output ?? '';
  expect(output).toContain('[bundle-version] does not hold: v1.36.3; needed: v1.37.2');
  expect(output).toMatch(/\[bundle-architecture\] does not hold: node-1 amd64/);
}, 60_000);

test('warnings are said in a line; what was accepted, and what is only a note, is not', () => {
  const notes: string[] = [];
  const noting: StepReporter = { ...reporter, note: (text) => notes.push(text) };
  const finding = (id: CheckId, severity: Severity, accepted = false): CheckResult => ({
    ...{ id, severity, accepted, scope: 'host', subject: 'node-1', neverIgnored: false, fixable: false },
    verdict: { state: 'finding', seen: 'x', needed: 'y' },
  });
  concludeChecks('node-1', [finding('swap-on', 'informs'), finding('memory-comfort', 'warns', true)], noting);
  expect(notes).toEqual([]);
  concludeChecks('node-1', [finding('memory-comfort', 'warns'), finding('disk-nodev', 'warns')], noting);
  expect(notes).toEqual(['node-1: 2 warnings (memory-comfort, disk-nodev); landfall preflight explains them']);
  expect(() => concludeChecks('node-1', [finding('memory-size', 'blocks', true)], noting)).not.toThrow();
  expect(() => concludeChecks('node-1', [finding('memory-size', 'blocks')], noting)).toThrow(/memory-size/);
});

test('a machine that is still starting is looked at again, one in rescue mode is not', () => {
  const transient = (seen: string, id: CheckId = 'systemd-state'): boolean => {
    const result: CheckResult = {
      ...{ id, severity: 'blocks', accepted: false, scope: 'host', subject: 'node-1', neverIgnored: false },
      ...{ fixable: false, verdict: { state: 'finding', seen, needed: 'running' } },
    };
    try {
      concludeChecks('node-1', [result], reporter);
    } catch (thrown) {
      return thrown instanceof LandfallError && thrown.transient;
    }
    throw new Error('nothing was thrown');
  };
  expect(transient('starting')).toBe(true);
  expect(transient('maintenance')).toBe(false);
  expect(transient('starting', 'memory-size')).toBe(false);
});

test('an id that may not be accepted does not get through the document either', () => {
  const document: ClusterDocument = { ...fleet.document, preflight: { accept: ['port-kubernetes-api'] } };
  expect(() => preflight(context(document, bundleOf(home, 1e6)))).toThrow('cannot be accepted');
});

test('a host is checked after its login and waits for no other; everything that changes it waits for both', () => {
  const steps = preflight(context(fleet.document, bundleOf(home, 1)));
  expect(steps.map(({ id, host, after }) => [id, host, after])).toEqual([
    ...fleet.hosts.map((host) => [`preflight/host@${host.name}`, host.name, [`connect/host@${host.name}`]]),
    ['preflight/together@operator', 'operator', []],
  ]);
  const prepare = hostPreparation(context(fleet.document, bundleOf(home, 1)), fleet.document.hosts[0] as HostEntry);
  expect(prepare.after).toEqual(['preflight/host@node-1', 'preflight/together@operator']);
});
