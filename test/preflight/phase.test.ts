import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bundle } from '../../source/bundle/contents.ts';
import type { ClusterDocument } from '../../source/cluster/document.ts';
import type { StepReporter } from '../../source/engine/step.ts';
import { LandfallError } from '../../source/errors.ts';
import type { InstallContext } from '../../source/phases/context.ts';
import { preflight } from '../../source/phases/preflight.ts';
import { type PracticeFleet, startPracticeFleet } from '../../source/practice/fleet.ts';
import { type HostPool, openHostPool } from '../../source/runs/open-context.ts';

let fleet: PracticeFleet;
let pool: HostPool;
const home = mkdtempSync(path.join(tmpdir(), 'landfall-phase-'));
const said: string[] = [];
const reporter: StepReporter = {
  progress() {},
  output: (line) => said.push(line),
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

test('what blocks stops the run before anything is changed, and says where and what to do', async () => {
  const failure = await preflight(context(fleet.document, bundleOf(home, 200e6)))
    .probe(reporter)
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(LandfallError);
  const error = failure as LandfallError;
  expect(error.code).toBe('PREFLIGHT_BLOCKED');
  expect(error.message).toMatch(/node-2: .*\[port-kubernetes-api\].*6443\/tcp ← nginx/);
  expect(error.fix).toContain('Nothing was changed');
  expect(error.context.host).toBe('node-2');
}, 60_000);

test('a bundle that is too big for the disks is found before the first byte is sent', async () => {
  const failure = await preflight(context(fleet.document, bundleOf(home, 400 * gibibyte)))
    .probe(reporter)
    .catch((error: unknown) => error);
  const output = (failure as LandfallError).context.output ?? '';
  for (const host of ['node-1', 'node-2', 'node-3'])
    expect(output).toMatch(new RegExp(`${host}: .*\\[bundle-space\\]: / [\\d.]+ GiB`));
}, 60_000);

test('a bundle of another version or architecture blocks', async () => {
  const document: ClusterDocument = { ...fleet.document, kubernetesVersion: 'v1.37.2' };
  const failure = await preflight(context(document, { ...bundleOf(home, 1e6), architectures: ['arm64'] }))
    .probe(reporter)
    .catch((error: unknown) => error);
  const output = (failure as LandfallError).context.output ?? '';
  expect(output).toContain('[bundle-version]: v1.36.3 (needed: v1.37.2)');
  expect(output).toMatch(/\[bundle-architecture\]: node-1 amd64/);
}, 60_000);

test('an id that may not be accepted does not get through the document either', async () => {
  const document: ClusterDocument = { ...fleet.document, preflight: { accept: ['port-kubernetes-api'] } };
  await expect(preflight(context(document, bundleOf(home, 1e6))).probe(reporter)).rejects.toThrow('cannot be accepted');
});

test('it comes after the logins and before all else', () => {
  const step = preflight(context(fleet.document, bundleOf(home, 1)));
  expect(step.after).toEqual(fleet.hosts.map((host) => `connect/host@${host.name}`));
  expect(step.host).toBe('operator');
});
