import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ownKeys, readHosts, scanNetwork } from '../../../source/commands/wizard/find-hosts.ts';
import type { FoundHost } from '../../../source/presenters/terminal/services.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'landfall-hosts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('hosts of a file keep the login that is written there', () => {
  const file = path.join(folder, 'hosts.txt');
  writeFileSync(file, '10.0.0.1\nroot@10.0.0.2:2222\n[all]\nweb ansible_host=10.0.0.3 ansible_user=admin\n');
  expect(readHosts(file)).toEqual([
    { address: '10.0.0.1', port: 22 },
    { address: '10.0.0.2', port: 2222, login: { method: 'agent', user: 'root' } },
    { address: '10.0.0.3', port: 22, name: 'web', login: { method: 'agent', user: 'admin' } },
  ]);
});

test('a file that is missing or empty is said in words', () => {
  const file = path.join(folder, 'hosts.txt');
  writeFileSync(file, '\n# nobody\n');
  expect(() => readHosts(file)).toThrow(expect.objectContaining({ code: 'HOST_FILE' }));
  expect(() => readHosts(path.join(folder, 'missing'))).toThrow(expect.objectContaining({ code: 'HOST_FILE' }));
});

test('private keys are found by what is in them, the most usual first', () => {
  const key = '-----BEGIN OPENSSH PRIVATE KEY-----\nx\n';
  writeFileSync(path.join(folder, 'work'), key);
  writeFileSync(path.join(folder, 'id_rsa'), '-----BEGIN RSA PRIVATE KEY-----\nx\n');
  writeFileSync(path.join(folder, 'id_ed25519'), key);
  writeFileSync(path.join(folder, 'id_ed25519.pub'), 'ssh-ed25519 AAAA');
  writeFileSync(path.join(folder, 'config'), 'Host a\n');
  expect(ownKeys(folder).map((file) => path.basename(file))).toEqual(['id_ed25519', 'id_rsa', 'work']);
  expect(ownKeys(path.join(folder, 'missing'))).toEqual([]);
});

test('only addresses that were named are asked', async () => {
  const found: FoundHost[] = [];
  const progress: number[] = [];
  const server = createServer((socket) => socket.end('SSH-2.0-Test\r\n')).listen(22, '127.77.0.2');
  const listens = await new Promise<boolean>((resolve) => {
    server.once('listening', () => resolve(true));
    // Port 22 is only for root, or in use.
    server.once('error', () => resolve(false));
  });
  try {
    const never = new AbortController().signal;
    await scanNetwork(
      ['127.77.0.1-3'],
      (host) => found.push(host),
      (done) => progress.push(done),
      never,
    );
    expect(progress).toEqual([1, 2, 3]);
    if (listens) {
      expect(found.filter(({ address }) => address === '127.77.0.2')).toEqual([
        { address: '127.77.0.2', port: 22, banner: 'SSH-2.0-Test' },
      ]);
    }
  } finally {
    server.close();
  }
});
