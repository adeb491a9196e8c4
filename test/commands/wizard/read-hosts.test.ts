import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseSshConfig, readHosts } from '../../../source/commands/wizard/read-hosts.ts';

test('single hosts of an SSH configuration are read, patterns are not hosts', () => {
  const found = parseSshConfig(`
# mine
Host web-1 web-2
  HostName 10.0.0.11
  User admin
  IdentityFile /keys/web
Host bastion
  Port = 2222
Host *.example.org *
  User nobody
Host deep
  HostName 10.9.0.1
  ProxyJump root@bastion:2222
  User root
`);
  expect(found).toEqual([
    { address: '10.0.0.11', port: 22, name: 'web-1', login: { method: 'key', user: 'admin', keyFile: '/keys/web' } },
    { address: '10.0.0.11', port: 22, name: 'web-2', login: { method: 'key', user: 'admin', keyFile: '/keys/web' } },
    { address: 'bastion', port: 2222, name: 'bastion' },
    {
      address: '10.9.0.1',
      port: 22,
      name: 'deep',
      login: { method: 'agent', user: 'root' },
      jumpHost: 'root@bastion:2222',
    },
  ]);
});

test('a file of addresses is read; one that is missing or empty is said in words', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'landfall-hosts-'));
  try {
    const file = path.join(folder, 'hosts.txt');
    writeFileSync(file, '10.0.0.1\n10.0.0.2-3\n');
    expect(readHosts(file).map(({ address }) => address)).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    writeFileSync(file, '\n');
    expect(() => readHosts(file)).toThrow(expect.objectContaining({ code: 'HOSTS_FILE' }));
    expect(() => readHosts(path.join(folder, 'missing'))).toThrow(expect.objectContaining({ code: 'HOSTS_FILE' }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
