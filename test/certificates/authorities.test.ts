import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { forgetKeys, type KeyCustody } from '../../source/certificates/authorities.ts';
import { openClusterPki } from '../../source/certificates/cluster-pki.ts';
import { parseClusterDocument } from '../../source/cluster/load-document.ts';

const document = parseClusterDocument(
  'cluster.yaml',
  `apiVersion: landfall/v1
kind: Cluster
metadata: { name: test }
spec: { hosts: [{ name: node-1, address: 10.0.0.1, role: control-plane }] }
`,
);
const [host] = document.hosts;
if (host === undefined) throw new Error('no host');

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'authorities-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const openssl = (...args: readonly string[]): string =>
  execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
const store = (): string => path.join(folder, 'pki');
const keys = (): readonly string[] =>
  readdirSync(store(), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.key'))
    .sort();

async function filesOf(custody: KeyCustody): Promise<ReadonlyMap<string, string>> {
  const pki = await openClusterPki(store(), document, custody);
  if (host === undefined) throw new Error('no host');
  const files = await pki.kubernetesFiles(host);
  for (const file of files) {
    const target = path.join(folder, 'host', file.name);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, file.content);
  }
  return new Map(files.map((file) => [file.name, file.content]));
}

describe('keys encrypted with a passphrase', () => {
  test('every kept key is encrypted, openssl opens it with the passphrase, and hosts get plain ones', async () => {
    const files = await filesOf({ passphrase: 'correct horse' });
    expect(keys().length).toBeGreaterThan(10);
    for (const name of keys()) {
      const text = readFileSync(path.join(store(), name), 'utf8');
      expect(text, name).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
    }
    expect(openssl('pkey', '-in', 'pki/ca.key', '-passin', 'pass:correct horse', '-noout')).toBe('');
    expect(() => openssl('pkey', '-in', 'pki/ca.key', '-passin', 'pass:wrong', '-noout')).toThrow();
    expect(files.get('ca.key')).toMatch(/^-----BEGIN RSA PRIVATE KEY-----/);
    expect(await filesOf({ passphrase: 'correct horse' })).toEqual(files);
  });

  test('a wrong or missing passphrase is named', async () => {
    await filesOf({ passphrase: 'correct horse' });
    for (const custody of [{ passphrase: 'wrong' }, {}]) {
      await expect(filesOf(custody)).rejects.toMatchObject({ code: 'AUTHORITY_KEY_LOCKED' });
    }
  });

  test('a passphrase that comes later encrypts what was kept plainly', async () => {
    const files = await filesOf({});
    expect(await filesOf({ passphrase: 'later' })).toEqual(files);
    expect(readFileSync(path.join(store(), 'ca.key'), 'utf8')).toContain('ENCRYPTED');
    expect(readFileSync(path.join(store(), 'sa.key'), 'utf8')).toContain('ENCRYPTED');
  });
});

describe('keys on control planes only', () => {
  test('nothing secret of the cluster is left here, and a control plane is asked for it', async () => {
    const asked: string[] = [];
    const held = await filesOf({});
    forgetKeys(store());
    expect(keys()).toEqual([]);
    const again = await filesOf({
      fetch: async (name) => {
        asked.push(name);
        return held.get(name);
      },
    });
    expect(asked.sort()).toEqual(['ca.key', 'etcd/ca.key', 'front-proxy-ca.key', 'registry/ca.key', 'sa.key']);
    for (const name of ['ca.crt', 'ca.key', 'etcd/ca.key', 'sa.key', 'sa.pub'])
      expect(again.get(name)).toBe(held.get(name));
    expect(openssl('verify', '-CAfile', 'host/ca.crt', 'host/apiserver.crt')).toContain('OK');
    expect(keys().filter((name) => !name.startsWith('hosts/'))).toEqual([]);
  });

  test('when nobody has it, no second authority is made', async () => {
    await filesOf({});
    forgetKeys(store());
    for (const custody of [{}, { fetch: async () => undefined }]) {
      await expect(filesOf(custody)).rejects.toMatchObject({ code: 'AUTHORITY_KEY_MISSING' });
    }
  });

  test('a key of another authority is refused', async () => {
    const held = await filesOf({});
    forgetKeys(store());
    const fetch = async (name: string) => held.get(name === 'ca.key' ? 'etcd/ca.key' : name);
    await expect(filesOf({ fetch })).rejects.toMatchObject({ code: 'AUTHORITY_UNFIT' });
  });
});

describe("the user's own authority", () => {
  const root = (name: string, ...more: readonly string[]): void => {
    mkdirSync(path.join(folder, 'own'), { recursive: true });
    const words = [
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '3650',
      '-subj',
      `/O=Größe & Söhne/CN=${name}`,
    ];
    openssl(...words, '-utf8', '-keyout', `own/${name}.key`, '-out', `own/${name}.crt`, ...more);
  };
  const given = (): KeyCustody => ({ given: path.join(folder, 'own') });

  test('it signs; what the folder does not have is made', async () => {
    root('ca');
    const files = await filesOf(given());
    expect(files.get('ca.crt')).toBe(readFileSync(path.join(folder, 'own/ca.crt'), 'utf8'));
    expect(openssl('verify', '-CAfile', 'own/ca.crt', '-purpose', 'sslserver', 'host/apiserver.crt')).toContain('OK');
    expect(openssl('verify', '-CAfile', 'host/etcd/ca.crt', 'host/etcd/server.crt')).toContain('OK');
    const etcd = openssl('x509', '-in', 'host/etcd/ca.crt', '-noout', '-subject');
    expect(etcd).toContain('etcd-ca');
    expect(createPrivateKey(files.get('ca.key') ?? '').asymmetricKeyType).toBe('rsa');
    // Later runs need the folder no more.
    rmSync(path.join(folder, 'own'), { recursive: true });
    expect(await filesOf(given())).toEqual(files);
  });

  test('one below another authority brings that along; the signer gets the one alone', async () => {
    root('top');
    writeFileSync(
      path.join(folder, 'ca.ext'),
      'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n',
    );
    openssl(
      'req',
      '-new',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=below',
      '-keyout',
      'own/ca.key',
      '-out',
      'below.csr',
    );
    const sign = ['x509', '-req', '-in', 'below.csr', '-CA', 'own/top.crt', '-CAkey', 'own/top.key', '-CAcreateserial'];
    openssl(...sign, '-days', '3000', '-extfile', 'ca.ext', '-out', 'below.crt');
    const below = readFileSync(path.join(folder, 'below.crt'), 'utf8');
    writeFileSync(path.join(folder, 'own/ca.crt'), below + readFileSync(path.join(folder, 'own/top.crt'), 'utf8'));
    const files = await filesOf(given());
    expect(files.get('signing/ca.crt')?.trim()).toBe(below.trim());
    expect(files.get('ca.crt')?.match(/BEGIN CERTIFICATE/g)?.length).toBe(2);
    expect(openssl('verify', '-CAfile', 'host/ca.crt', 'host/apiserver.crt')).toContain('OK');
  });

  const write = (name: string, content: string): void => writeFileSync(path.join(folder, 'own', name), content);
  test.each<[string, () => void]>([
    ['no key', () => rmSync(path.join(folder, 'own/ca.key'))],
    ['a key of another', () => write('ca.key', openssl('genrsa', '2048'))],
    ['a certificate that may not sign', () => root('ca', '-addext', 'basicConstraints=critical,CA:FALSE')],
    ['nonsense', () => write('ca.crt', 'nonsense')],
  ])('%s is refused', async (_, prepare) => {
    root('ca');
    prepare();
    await expect(filesOf(given())).rejects.toMatchObject({ code: 'AUTHORITY_UNFIT', exitStatus: 2 });
  });

  test('a key that is not RSA is refused', async () => {
    mkdirSync(path.join(folder, 'own'));
    const words = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=own',
    ];
    openssl(...words, '-keyout', 'own/ca.key', '-out', 'own/ca.crt');
    await expect(filesOf(given())).rejects.toMatchObject({ code: 'AUTHORITY_UNFIT' });
  });
});
