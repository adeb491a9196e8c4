import { readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openBundle } from '../../source/bundle/open.ts';
import { verifyBundle } from '../../source/bundle/verify.ts';
import { digest } from './fixtures/sources.ts';
import {
  filePath,
  kubelet,
  openWorkshop,
  readText,
  serveUsual,
  type Usual,
  type Workshop,
} from './fixtures/workshop.ts';

const largestFile = 100_000;

let workshop: Workshop;
let usual: Usual;

beforeEach(async () => {
  workshop = await openWorkshop();
  usual = await serveUsual(workshop.sources);
});
afterEach(() => workshop.close());

const piece = (number: number): string =>
  path.join(workshop.output, 'blobs/sha256', `${digest(usual.kubelet).slice(7)}.00${number}`);

async function read(offset: number): Promise<Buffer> {
  const bundle = await openBundle(workshop.output);
  const chunks: Buffer[] = [];
  for await (const chunk of bundle.openFile(bundle.file('kubelet', 'amd64'), offset)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

test('a blob larger than a file may be lies in pieces, is read as one, and is not fetched again', async () => {
  const { summary } = await workshop.build({ largestFile });
  expect([0, 1, 2].map((number) => statSync(piece(number)).size)).toEqual([100_000, 100_000, 100_000]);
  for (const file of workshop.listing()) {
    expect(statSync(path.join(workshop.output, file)).size).toBeLessThanOrEqual(largestFile);
  }
  expect(summary.split).toContainEqual({ digest: digest(usual.kubelet), pieces: 3 });
  const index = JSON.parse(readText(path.join(workshop.output, 'index.json')));
  expect(index.manifests.at(-1).annotations['landfall.bundle.split']).toContain(`${digest(usual.kubelet)}=3`);
  for (const offset of [0, 1, 99_999, 100_000, 250_000, 300_000]) {
    expect((await read(offset)).equals(usual.kubelet.subarray(offset))).toBe(true);
  }
  expect(await verifyBundle(workshop.output, undefined, { largestFile })).toMatchObject({ whole: true });
  workshop.sources.forget();
  expect((await workshop.build({ largestFile })).fetched.items).toBe(0);
  expect(workshop.sources.seen).toEqual([]);
});

test('what came in pieces goes on in the piece where it ended', async () => {
  workshop.sources.faults.push({ match: /kubelet/, times: 1, act: { kind: 'no-length' } });
  workshop.sources.faults.push({ match: /kubelet/, times: 1, act: { kind: 'drop', bytes: 170_000 } });
  await expect(workshop.build({ largestFile, retryDelays: [] })).rejects.toMatchObject({
    code: 'BUNDLE_SOURCE_UNREACHABLE',
  });
  workshop.sources.forget();
  await workshop.build({ largestFile });
  const asked = workshop.sources.seen.filter(
    (request) => request.path === filePath(kubelet) && request.method === 'GET',
  );
  expect(asked.map((request) => request.range)).toEqual(['bytes=170000-']);
  expect((await read(0)).equals(usual.kubelet)).toBe(true);
});

test('a missing or short piece is found, a file that is too large as well', async () => {
  await workshop.build({ largestFile });
  const last = readFileSync(piece(2));
  rmSync(piece(2));
  await expect(openBundle(workshop.output)).rejects.toMatchObject({
    code: 'BUNDLE_INCOMPLETE',
    message: expect.stringContaining('the file kubelet for amd64 has 200000 of 300000 bytes'),
  });
  expect((await verifyBundle(workshop.output)).problems).toMatchObject([{ kind: 'wrong-size' }]);
  await workshop.build({ largestFile });
  expect(readFileSync(piece(2)).equals(last)).toBe(true);
  truncateSync(piece(0), 99_999);
  expect((await verifyBundle(workshop.output)).problems).toMatchObject([{ kind: 'wrong-size' }]);
  await workshop.build({ largestFile });
  const { problems } = await verifyBundle(workshop.output, undefined, { largestFile: 99_999 });
  expect(problems.map((problem) => problem.kind)).toContain('too-large');
});
