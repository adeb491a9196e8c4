import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { Bundle, BundleFile, BundleImage } from '../../source/bundle/contents.ts';
import { judgeSpeed, spaceNeeds } from '../../source/preflight/check-bundle.ts';
import { factsOf, recording } from './recorded.ts';

const mebibyte = 2 ** 20;
const facts = factsOf(recording('rhel-9.txt'));

const file = (role: BundleFile['role'], size: number, more: Partial<BundleFile> = {}): BundleFile => ({
  role,
  version: 'v1',
  architecture: 'amd64',
  archive: false,
  source: 'x',
  size,
  sha256: '0'.repeat(64),
  ...more,
});
const image = (use: BundleImage['use'], digest: string): BundleImage => ({
  name: `example.org/${use}:1`,
  digest,
  use,
  architectures: ['amd64', 'arm64'],
});

function bundle(stream: () => Readable): Bundle {
  const sizes: Readonly<Record<string, number>> = { a: 10, b: 20, c: 40, d: 80 };
  return {
    directory: '/bundle',
    kubernetesVersion: 'v1.36.3',
    architectures: ['amd64', 'arm64'],
    files: [
      file('kubelet', 100),
      file('containerd', 50, { archive: true }),
      file('kubelet', 999, { architecture: 'arm64' }),
      file('registry', 7),
    ],
    images: [image('every-node', 'a'), image('control-plane', 'b'), image('network', 'c'), image('application', 'd')],
    file: () => file('kubelet', 1),
    openFile: stream,
    filePieces: () => Readable.from([]),
    // All images share one layer, which is stored once.
    imageBlobs: async ({ digest }) => [
      { digest, size: sizes[digest] ?? 0 },
      { digest: 'shared', size: 5 },
    ],
    openBlob: stream,
  };
}

test('what a host needs is that of its role and processor, with shared layers counted once', async () => {
  const empty = bundle(() => Readable.from([]));
  const of = async (role: 'control-plane' | 'worker', workloads: boolean) =>
    Object.fromEntries((await spaceNeeds(empty, role, facts, workloads)).map(({ path, bytes }) => [path, bytes]));
  expect(await of('worker', true)).toMatchObject({
    '/usr/local/bin': 100 + 50 * 3,
    '/var/lib/containerd': (10 + 40 + 80 + 5) * 3,
    '/var/lib/landfall': 999,
  });
  expect(await of('control-plane', false)).toMatchObject({
    '/usr/local/bin': 100 + 50 * 3 + 7,
    '/var/lib/containerd': (10 + 20 + 40 + 5) * 3,
    '/var/lib/landfall': 10 + 20 + 40 + 80 + 5 + 999,
  });
});

async function* slowly(pieces: number, pause: number): AsyncGenerator<Buffer> {
  for (let piece = 0; piece < pieces; piece++) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    yield Buffer.alloc(mebibyte);
  }
}

test('a slow stick is told from a fast disk by reading from it', async () => {
  expect(await judgeSpeed(bundle(() => Readable.from(slowly(100, 150))))).toMatchObject({
    state: 'finding',
    seen: expect.stringMatching(/^\d\.\d MiB\/s$/),
  });
  expect(await judgeSpeed(bundle(() => Readable.from([Buffer.alloc(40 * mebibyte)])))).toEqual({ state: 'pass' });
  const broken = bundle(
    () =>
      new Readable({
        read() {
          this.destroy(new Error('the stick is gone'));
        },
      }),
  );
  expect(await judgeSpeed(broken)).toEqual({ state: 'could-not-run', reason: 'the stick is gone' });
});
