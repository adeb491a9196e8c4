import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missingKeys, readBackup, secretFiles, writeBackup } from '../../source/backups/archive.ts';
import { openEncrypted, readBackupHeader, writeEncrypted } from '../../source/backups/encrypted-file.ts';
import {
  adoptSecrets,
  completeSecrets,
  forgetRestore,
  keepDecision,
  restoreUnderWay,
  secretsHere,
  stageBackup,
} from '../../source/backups/staging.ts';
import { parseClusterDocument } from '../../source/cluster/load-document.ts';

const document = parseClusterDocument(
  'cluster.yaml',
  'apiVersion: landfall/v1\nkind: Cluster\nmetadata: { name: demo }\nspec:\n  hosts:\n    - { name: node-1, address: 10.0.0.1, role: control-plane }\n',
);
const header = { cluster: 'demo', created: '2030-01-01T00:00:00.000Z', kubernetesVersion: 'v1.36.3' };
const passphrase = 'correct horse battery';
// Odd on purpose: more than two chunks, and no whole number of them.
const snapshot = Buffer.from(Array.from({ length: 2_500_003 }, (_, index) => (index * 7 + (index >> 8)) & 0xff));

let folder: string;
let file: string;
const homeOf = (name: string): string => path.join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'landfall-backup-'));
  const home = homeOf('home');
  mkdirSync(path.join(home, 'pki', 'etcd'), { recursive: true });
  writeFileSync(path.join(home, 'secrets.json'), '{"registryPassword":"a-secret-word"}');
  writeFileSync(path.join(home, 'pki', 'ca.crt'), 'the authority');
  writeFileSync(path.join(home, 'pki', 'etcd', 'ca.key'), 'a-private-key');
  writeFileSync(path.join(home, 'known-hosts'), 'not of the backup');
  writeFileSync(path.join(folder, 'etcd.db'), snapshot);
  file = path.join(folder, 'demo.backup');
  const size = await writeBackup(file, passphrase, header, { document, home, snapshot: path.join(folder, 'etcd.db') });
  expect(size).toBe(statSync(file).size);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A copy of the backup with something done to its bytes. */
function changed(name: string, change: (bytes: Buffer) => Buffer): string {
  const target = path.join(folder, name);
  writeFileSync(target, change(readFileSync(file)));
  return target;
}

function flipped(bytes: Buffer, at: number): Buffer {
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes;
}

describe('a backup', () => {
  test('gives back all that went in, in a folder only its owner can read', async () => {
    const target = homeOf('opened');
    expect(await readBackup(file, passphrase, target)).toEqual(header);
    expect(readFileSync(path.join(target, 'etcd.db')).equals(snapshot)).toBe(true);
    expect(JSON.parse(readFileSync(path.join(target, 'document.json'), 'utf8'))).toEqual(document);
    expect(readFileSync(path.join(target, 'home', 'pki', 'etcd', 'ca.key'), 'utf8')).toBe('a-private-key');
    expect(readdirSync(path.join(target, 'home')).sort()).toEqual(['pki', 'secrets.json']);
    expect(statSync(target).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(target, 'etcd.db')).mode & 0o777).toBe(0o600);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('shows nothing of its content', () => {
    const text = readFileSync(file, 'latin1');
    for (const word of ['a-secret-word', 'a-private-key', 'secrets.json', passphrase]) expect(text).not.toContain(word);
    expect(readBackupHeader(file)).toEqual(header);
  });

  test('another passphrase is refused before anything is written', async () => {
    const target = homeOf('refused');
    await expect(readBackup(file, 'wrong horse battery', target)).rejects.toMatchObject({ code: 'BACKUP_PASSPHRASE' });
    expect(existsSync(target)).toBe(false);
  });

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['a changed byte in the middle', (bytes) => flipped(bytes, 1_500_000)],
    ['a changed last byte', (bytes) => flipped(bytes, bytes.length - 1)],
    ['an end that is missing', (bytes) => bytes.subarray(0, bytes.length - 10_000)],
    // The beginning is two lines; each chunk is a MiB and its tag.
    [
      'an end that is missing at a chunk',
      (bytes) => bytes.subarray(0, bytes.indexOf('\n', bytes.indexOf('\n') + 1) + 1 + 2 * (1024 ** 2 + 16)),
    ],
    ['bytes behind the end', (bytes) => Buffer.concat([bytes, Buffer.alloc(100)])],
  ])('%s is noticed, and nothing of it is left', async (name, change) => {
    const target = homeOf('damaged');
    const copy = changed(`${createHash('sha256').update(name).digest('hex')}.backup`, change);
    await expect(readBackup(copy, passphrase, target)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
    expect(existsSync(target)).toBe(false);
  });

  test('a header that somebody changed is refused', async () => {
    const copy = changed('header.backup', (bytes) =>
      Buffer.from(bytes.toString('latin1').replace('2030', '2031'), 'latin1'),
    );
    await expect(openEncrypted(copy, passphrase)).rejects.toMatchObject({ code: 'BACKUP_PASSPHRASE' });
  });

  test('what is no backup is named so', async () => {
    await expect(openEncrypted(path.join(folder, 'etcd.db'), passphrase)).rejects.toMatchObject({
      code: 'BACKUP_FORMAT',
    });
    await expect(openEncrypted(path.join(folder, 'nothing'), passphrase)).rejects.toMatchObject({
      code: 'BACKUP_MISSING',
    });
  });

  test('one that fails leaves no file', async () => {
    const target = path.join(folder, 'failed.backup');
    const failing = (async function* () {
      yield Buffer.from('begin');
      throw new Error('the disk is gone');
    })();
    await expect(writeEncrypted(target, passphrase, header, failing)).rejects.toThrow('the disk is gone');
    expect(readdirSync(folder).filter((name) => name.startsWith('failed'))).toEqual([]);
  });

  test('a machine without the secrets makes none', () => {
    expect(() => secretFiles(homeOf('nowhere'))).toThrow(expect.objectContaining({ code: 'BACKUP_SECRETS' }));
  });
});

describe('keys that only control planes have', () => {
  test('are named, and are in the backup when they were fetched', async () => {
    const home = homeOf('home');
    // Of its two authorities one has no key here, the other has no certificate.
    expect(missingKeys(home)).toEqual(['pki/ca.key', 'pki/sa.key']);
    const target = path.join(folder, 'fetched.backup');
    const fetched = new Map([['pki/ca.key', 'a fetched key']]);
    await writeBackup(target, passphrase, header, { document, home, snapshot: path.join(folder, 'etcd.db'), fetched });
    const lacking = homeOf('lacking');
    await stageBackup(target, passphrase, lacking);
    adoptSecrets(lacking, 'id');
    rmSync(path.join(lacking, 'pki', 'ca.key'));
    writeFileSync(path.join(lacking, 'secrets.json'), 'newer');
    completeSecrets(lacking);
    expect(readFileSync(path.join(lacking, 'pki', 'ca.key'), 'utf8')).toBe('a fetched key');
    expect(readFileSync(path.join(lacking, 'secrets.json'), 'utf8')).toBe('newer');
  });
});

describe('a restore on the operator machine', () => {
  test('the same command goes on with the same id and decision; another restore has its own', async () => {
    const home = homeOf('again');
    const first = await stageBackup(file, passphrase, home);
    expect(first.decided).toBeUndefined();
    keepDecision(home, 'rebuild');
    expect(restoreUnderWay(home)).toBe(first.id);
    const second = await stageBackup(file, passphrase, home, first.id);
    expect(second).toMatchObject({ id: first.id, decided: 'rebuild' });
    // What happened to the hosts in between is not known, so hosts must not take it for the same restore.
    const third = await stageBackup(file, passphrase, home);
    expect(third.id).not.toBe(first.id);
    expect(third.decided).toBeUndefined();
    forgetRestore(home);
    expect(existsSync(path.join(home, 'restore'))).toBe(false);
    expect((await stageBackup(file, passphrase, home)).id).not.toBe(first.id);
  });

  test('secrets are taken from the backup where there are none; others are kept aside', async () => {
    const home = homeOf('adopting');
    await stageBackup(file, passphrase, home);
    expect(secretsHere(home)).toBe('none');
    adoptSecrets(home, 'id-1');
    expect(secretsHere(home)).toBe('same');
    expect(readFileSync(path.join(home, 'pki', 'etcd', 'ca.key'), 'utf8')).toBe('a-private-key');
    writeFileSync(path.join(home, 'pki', 'ca.crt'), 'another authority');
    expect(secretsHere(home)).toBe('other');
    adoptSecrets(home, 'id-2');
    expect(secretsHere(home)).toBe('same');
    expect(readFileSync(path.join(home, 'before-restore-id-2', 'pki', 'ca.crt'), 'utf8')).toBe('another authority');
  });
});
