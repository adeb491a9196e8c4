import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { openBundle } from '../../source/bundle/open.ts';
import { verifyBundle } from '../../source/bundle/verify.ts';
import { LandfallError } from '../../source/errors.ts';
import { layer, serveImage } from './fixtures/images.ts';
import { sha256 } from './fixtures/sources.ts';
import {
  filePath,
  kubelet,
  openWorkshop,
  plugins,
  readText,
  serveUsual,
  type Usual,
  type Workshop,
  web,
} from './fixtures/workshop.ts';

let workshop: Workshop;
let usual: Usual;

beforeEach(async () => {
  workshop = await openWorkshop();
  usual = await serveUsual(workshop.sources);
});
afterEach(() => workshop.close());

/** The error a build ends in. After it nothing may look whole. */
async function failure(options: Parameters<Workshop['build']>[0] = {}): Promise<LandfallError> {
  const error = await workshop.build(options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LandfallError)) throw new Error(`the build ended in ${error}`);
  expect(error.fix).toBeTruthy();
  const output = options.output ?? workshop.output;
  expect(existsSync(path.join(output, 'index.json'))).toBe(false);
  if (existsSync(output)) {
    await expect(openBundle(output)).rejects.toMatchObject({ code: 'BUNDLE_INCOMPLETE' });
    await expect(verifyBundle(output)).rejects.toMatchObject({ code: 'BUNDLE_INCOMPLETE' });
  }
  return error;
}

/** After the repair the same command completes, and fetches only what is not there yet. */
async function completes(): Promise<readonly string[]> {
  workshop.sources.forget();
  workshop.sources.faults.length = 0;
  await workshop.build();
  const paths = workshop.fetchedPaths();
  expect(await verifyBundle(workshop.output)).toMatchObject({ whole: true });
  return paths;
}

const partials = (): readonly string[] => {
  const folder = path.join(workshop.output, '.partial');
  return existsSync(folder) ? readdirSync(folder).sort() : [];
};

const largest = async (): Promise<string> => {
  const manifest = JSON.parse(
    await (await fetch(`${workshop.sources.url}/v2/docker.io/library/web/manifests/1.0`)).text(),
  );
  return manifest.layers[1].digest;
};

test('every missing image and file is named at once, before anything large is fetched', async () => {
  workshop.sources.remove(/library\/web\/manifests/);
  workshop.sources.remove(/plugins/);
  const error = await failure();
  expect(error.code).toBe('BUNDLE_SOURCE_MISSING');
  expect(error.message).toContain(`does not have the image ${web} (HTTP 404`);
  expect(error.message).toContain('does not have the file cni-plugins for amd64');
  expect(workshop.fetchedPaths().filter((found) => found.includes('kubelet'))).toEqual([]);
  await serveUsual(workshop.sources);
  await completes();
});

test('a layer that the registry does not have is named with its image', async () => {
  workshop.sources.remove(new RegExp((await largest()).replace('sha256:', '')));
  expect(await failure()).toMatchObject({
    code: 'BUNDLE_SOURCE_MISSING',
    message: expect.stringContaining(`does not have a layer of ${web}`),
  });
});

test('a blob with another content than its digest is refused and not kept', async () => {
  const bad = await largest();
  workshop.sources.faults.push({ match: new RegExp(bad), times: 1, act: { kind: 'corrupt' } });
  const error = await failure();
  expect(error.code).toBe('BUNDLE_DIGEST_MISMATCH');
  expect(error.message).toMatch(new RegExp(`^a layer of ${web} has another content .* instead of ${bad}\\.$`));
  expect(workshop.listing().some((file) => file.includes(bad.replace('sha256:', '')))).toBe(false);
  expect(await completes()).toContain(`/v2/docker.io/library/web/blobs/${bad}`);
});

test('a truncated blob is refused, whether its source admits the length or not', async () => {
  const bad = await largest();
  workshop.sources.faults.push({ match: new RegExp(bad), times: 99, act: { kind: 'shorten', bytes: 1000 } });
  const error = await failure();
  expect(error.code).toBe('BUNDLE_TRUNCATED');
  expect(error.message).toMatch(new RegExp(`^a layer of ${web} came with 1000 bytes instead of \\d+\\.$`));
  await completes();
});

test('a manifest that is not what its digest says is refused', async () => {
  await workshop.build();
  rmSync(workshop.output, { recursive: true });
  workshop.sources.faults.push({ match: /web\/manifests\/sha256/, times: 9, act: { kind: 'corrupt' } });
  expect(await failure()).toMatchObject({ code: 'BUNDLE_DIGEST_MISMATCH', message: expect.stringContaining(web) });
});

test('a connection that is dropped is taken up at the last byte within the same build', async () => {
  const blob = await largest();
  workshop.sources.faults.push({ match: new RegExp(blob), times: 6, act: { kind: 'drop', bytes: 40_000 } });
  workshop.sources.forget();
  // More drops than tries: each one brings it further.
  await workshop.build({ retryDelays: [5, 5] });
  const ranges = workshop.sources.seen.filter((request) => request.path.includes(blob)).map((request) => request.range);
  expect(ranges).toHaveLength(7);
  expect(ranges[0]).toBeUndefined();
  expect(ranges[1]).toBe('bytes=40000-');
  expect(ranges[6]).toBe('bytes=240000-');
  expect(workshop.events.filter((event) => event.kind === 'retry')).toHaveLength(6);
  expect(await verifyBundle(workshop.output)).toMatchObject({ whole: true });
});

test('a build that was stopped goes on in the middle of a file; nothing comes twice', async () => {
  const blob = await largest();
  workshop.sources.faults.push({ match: new RegExp(blob), times: 9, act: { kind: 'stall', bytes: 100_000 } });
  const stop = new AbortController();
  const onProgress = (): void => {
    const sent = workshop.sources.seen.find((request) => request.path.includes(blob) && request.status === 200)?.sent;
    if (sent === 100_000) setTimeout(() => stop.abort(), 300);
  };
  const error = await failure({ signal: stop.signal, onProgress, stallTimeout: 20_000 });
  expect(error.code).toBe('ABORTED');
  expect(partials().some((file) => file.startsWith(blob.replace('sha256:', '')))).toBe(true);
  const before = workshop.fetchedPaths().filter((found) => !found.includes(blob));
  const paths = await completes();
  const ranges = workshop.sources.seen.filter((request) => request.path.includes(blob)).map((request) => request.range);
  expect(ranges).toEqual(['bytes=100000-']);
  // A file that had arrived whole is not asked for again.
  const whole = before.filter((found) => found === filePath(kubelet) || found === filePath(plugins));
  expect(whole.length).toBeGreaterThan(0);
  expect(paths.filter((found) => whole.includes(found))).toEqual([]);
});

test('a left-over that was damaged costs one fetch, not the build', async () => {
  const blob = await largest();
  workshop.sources.faults.push({ match: new RegExp(blob), times: 9, act: { kind: 'drop', bytes: 100_000 } });
  await failure({ retryDelays: [] });
  const partial = path.join(workshop.output, '.partial', `${blob.replace('sha256:', '')}.000`);
  const content = readFileSync(partial);
  expect(content.length).toBe(100_000);
  content[5] = (content[5] ?? 0) ^ 255;
  writeFileSync(partial, content);
  const paths = await completes();
  expect(paths.filter((found) => found.includes(blob))).toHaveLength(2);
});

test('halves of two versions of a file are never put together', async () => {
  workshop.sources.faults.push({ match: /kubelet/, times: 1, act: { kind: 'no-length' } });
  workshop.sources.faults.push({ match: /kubelet/, times: 1, act: { kind: 'drop', bytes: 100_000 } });
  await failure({ retryDelays: [] });
  const changed = randomBytes(300_000);
  workshop.sources.serve(filePath(kubelet), changed, { etag: '"two"' });
  await completes();
  const bundle = await openBundle(workshop.output);
  expect(bundle.file('kubelet', 'amd64').sha256).toBe(sha256(changed));
  const asked = workshop.sources.seen.filter(
    (request) => request.path === filePath(kubelet) && request.method === 'GET',
  );
  expect(asked.map(({ range, status }) => [range, status])).toEqual([['bytes=100000-', 200]]);
});

test('the second half of a file whose version did not change is all that is fetched', async () => {
  workshop.sources.faults.push({ match: /kubelet/, times: 1, act: { kind: 'no-length' } });
  workshop.sources.faults.push({ match: /kubelet/, times: 1, act: { kind: 'drop', bytes: 100_000 } });
  await failure({ retryDelays: [] });
  await completes();
  const asked = workshop.sources.seen.filter(
    (request) => request.path === filePath(kubelet) && request.method === 'GET',
  );
  expect(asked.map(({ range, status, sent }) => [range, status, sent])).toEqual([['bytes=100000-', 206, 200_000]]);
});

test('a source that is not there is named with its address', async () => {
  const { host } = workshop.sources;
  await workshop.sources.close();
  const error = await failure();
  expect(error.code).toBe('BUNDLE_SOURCE_UNREACHABLE');
  expect(error.message).toContain(`the image ${web} cannot be taken from ${host}: connect ECONNREFUSED`);
});

test('a source that is out of order is tried again, then named', async () => {
  workshop.sources.faults.push({ match: /library\/web\/manifests/, times: 2, act: { kind: 'status', status: 503 } });
  await workshop.build();
  rmSync(workshop.output, { recursive: true });
  rmSync(`${workshop.output}.lock.yaml`);
  workshop.sources.faults.push({ match: /library\/web\/manifests/, times: 9, act: { kind: 'status', status: 503 } });
  expect(await failure()).toMatchObject({
    code: 'BUNDLE_SOURCE_REFUSED',
    message: `${workshop.sources.host} answered HTTP 503 to the request for the image ${web}.`,
  });
});

test('a connection on which nothing comes any more counts as lost', async () => {
  const blob = await largest();
  workshop.sources.faults.push({ match: new RegExp(blob), times: 1, act: { kind: 'stall', bytes: 50_000 } });
  await workshop.build({ stallTimeout: 300 });
  expect(workshop.events.find((event) => event.kind === 'retry')).toMatchObject({
    reason: expect.stringContaining('the connection was lost: nothing came for 0.3 s'),
  });
});

test('a token is asked for once a repository and is used', async () => {
  workshop.sources.access = 'token';
  await workshop.build();
  const tokens = workshop.sources.seen.filter((request) => request.path.startsWith('/token'));
  const scopes = new Set(tokens.map((request) => new URL(request.path, 'http://x').searchParams.get('scope')));
  expect(scopes).toEqual(new Set(['repository:docker.io/library/web:pull', 'repository:registry.k8s.io/pause:pull']));
  expect(tokens).toHaveLength(2);
  expect(await verifyBundle(workshop.output)).toMatchObject({ whole: true });
});

test('a registry that demands a login is named; with user and password file it gives', async () => {
  workshop.sources.access = 'login';
  const error = await failure();
  expect(error.code).toBe('BUNDLE_LOGIN_REQUIRED');
  expect(error.message).toContain(`${workshop.sources.host} gives the image ${web} only after a login (HTTP 401).`);
  const mirror = readText(workshop.mirrorFile);
  writeFileSync(
    workshop.mirrorFile,
    mirror.replaceAll('prefix:', 'user: reader\n    passwordFile: password\n    prefix:'),
  );
  writeFileSync(path.join(workshop.folder, 'password'), 'pass word\n', { mode: 0o644 });
  expect(await failure()).toMatchObject({ code: 'PASSWORD_FILE' });
  rmSync(path.join(workshop.folder, 'password'));
  writeFileSync(path.join(workshop.folder, 'password'), 'pass word\n', { mode: 0o600 });
  await completes();
  const everything = workshop.listing().map((file) => readFileSync(path.join(workshop.output, file)));
  expect(everything.some((content) => content.includes('pass word'))).toBe(false);
});

test('what a recipe pins is refused when it is something else', async () => {
  const pinned = (hex: string): void =>
    workshop.writeRecipe({ files: [{ role: 'kubelet', version: '1', source: kubelet, sha256: { amd64: hex } }] });
  pinned(sha256('something else'));
  const error = await failure();
  expect(error.code).toBe('BUNDLE_DIGEST_MISMATCH');
  expect(error.message).toMatch(/^the file kubelet for amd64 has another content than the recipe states/);
  pinned(sha256(usual.kubelet));
  await completes();
});

test('a build takes what the lock holds, although the tag has moved', async () => {
  const before = await workshop.build();
  serveImage(workshop.sources, web, [await layer('web', randomBytes(1000))]);
  rmSync(workshop.output, { recursive: true });
  const after = await workshop.build();
  expect(after.summary.images).toEqual(before.summary.images);
  const anew = await workshop.build({ updateLock: true });
  expect(anew.summary.images[0]?.digest).not.toBe(before.summary.images[0]?.digest);
  expect(await verifyBundle(workshop.output)).toMatchObject({ whole: true });
});

test('another content than the lock holds is refused', async () => {
  await workshop.build();
  rmSync(workshop.output, { recursive: true });
  workshop.sources.serve(filePath(kubelet), randomBytes(300_000));
  const changed = await failure();
  expect(changed).toMatchObject({
    code: 'BUNDLE_DIGEST_MISMATCH',
    message: expect.stringContaining('the file kubelet for amd64 has another content than the lock states'),
    fix: expect.stringContaining('--update-lock'),
  });
  workshop.sources.remove(/library\/web\/manifests/);
  serveImage(workshop.sources, web, usual.layers.slice(1));
  expect(await failure()).toMatchObject({
    code: 'BUNDLE_LOCKED_MISSING',
    message: expect.stringMatching(new RegExp(`^The lock holds ${web} at sha256:`)),
    fix: expect.stringContaining('--update-lock'),
  });
  workshop.writeRecipe({
    images: [],
    files: [{ role: 'kubelet', version: '1', source: kubelet, sha256: { amd64: sha256('x') } }],
  });
  expect(await failure()).toMatchObject({ code: 'BUNDLE_LOCK_CONFLICT', exitStatus: 2 });
});

test('a lock of another recipe, and one that is damaged, are refused', async () => {
  const lock = `${workshop.output}.lock.yaml`;
  writeFileSync(
    lock,
    stringify({ apiVersion: 'landfall/v1', kind: 'BundleLock', recipe: 'other', images: {}, files: {} }),
  );
  expect(await failure()).toMatchObject({ code: 'BUNDLE_LOCK_OTHER' });
  writeFileSync(lock, 'apiVersion: landfall/v1\nkind: BundleLock\nrecipe: test-recipe\nimages: {a: b}\nfiles: {}\n');
  expect((await failure()).message).toContain(`${lock}:4:13: a: must be sha256: and 64 hexadecimal digits`);
});

/** A file system of 1 MB, for as long as the work lasts. */
async function onSmallDisk(work: (folder: string) => Promise<void>): Promise<boolean> {
  const folder = path.join(workshop.folder, 'small');
  mkdirSync(folder);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status !== 0) return false;
  try {
    await work(folder);
  } finally {
    spawnSync('umount', [folder]);
  }
  return true;
}

test('a disk that is too small is named before anything is fetched', async ({ skip }) => {
  workshop.sources.serve(filePath(kubelet), randomBytes(5_000_000));
  const tried = await onSmallDisk(async (folder) => {
    workshop.sources.forget();
    const error = await failure({ output: path.join(folder, 'bundle') });
    expect(error.code).toBe('BUNDLE_DISK_FULL');
    expect(error.message).toMatch(/^The bundle needs 6 MB more in .*small\/bundle, where 1 MB are free\.$/);
    expect(workshop.fetchedPaths().filter((found) => found.includes('kubelet'))).toEqual([]);
  });
  if (!tried) skip('mounting a small file system needs root');
});

test('a disk that fills up on the way is named, and what fits is kept', async ({ skip }) => {
  workshop.sources.serve(filePath(kubelet), randomBytes(5_000_000));
  workshop.sources.faults.push({ match: /kubelet/, times: 9, act: { kind: 'no-length' } });
  const tried = await onSmallDisk(async (folder) => {
    const output = path.join(folder, 'bundle');
    const ballast = path.join(folder, 'ballast');
    writeFileSync(ballast, randomBytes(100_000));
    const error = await failure({ output });
    expect(error.code).toBe('BUNDLE_DISK_FULL');
    expect(error.message).toMatch(
      /^(the file kubelet for amd64|a layer of .*) cannot be written to .*: no space is left\.$/,
    );
    expect(readdirSync(path.join(output, 'blobs/sha256')).length).toBeGreaterThan(0);
    rmSync(ballast);
    workshop.sources.serve(filePath(kubelet), randomBytes(50_000));
    workshop.sources.forget();
    await workshop.build({ output });
    expect(workshop.fetchedPaths()).toContain(filePath(kubelet));
    expect(workshop.fetchedPaths().length).toBeLessThan(6);
    expect(await verifyBundle(output)).toMatchObject({ whole: true });
  });
  if (!tried) skip('mounting a small file system needs root');
});

test('a place that cannot be written to is named', async () => {
  writeFileSync(path.join(workshop.folder, 'file'), '');
  const error = await workshop
    .build({ output: path.join(workshop.folder, 'file', 'bundle') })
    .catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: 'BUNDLE_WRITE', fix: expect.stringContaining('Choose another folder') });
});

test('an interrupted rebuild leaves the former bundle whole', async () => {
  await workshop.build();
  const before = statSync(path.join(workshop.output, 'index.json')).mtimeMs;
  const extra = 'quay.io/some/extra:2';
  serveImage(workshop.sources, extra, [await layer('extra', randomBytes(100_000))]);
  workshop.writeRecipe({ images: [{ use: 'cluster', name: extra }] });
  workshop.sources.faults.push({ match: /extra\/blobs/, times: 99, act: { kind: 'status', status: 404 } });
  await expect(workshop.build()).rejects.toMatchObject({ code: 'BUNDLE_SOURCE_MISSING' });
  expect(statSync(path.join(workshop.output, 'index.json')).mtimeMs).toBe(before);
  expect((await openBundle(workshop.output)).images.map((image) => image.name)).toContain(web);
  expect(await verifyBundle(workshop.output)).toMatchObject({ whole: true });
});
