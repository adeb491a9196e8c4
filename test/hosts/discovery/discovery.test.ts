import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseClusterDocument } from '../../../source/cluster/load-document.ts';
import {
  parseHostList,
  parseKnownHosts,
  parseSshConfig,
  readHostFile,
} from '../../../source/hosts/discovery/named-hosts.ts';
import { ownNetworks } from '../../../source/hosts/discovery/own-networks.ts';
import { addressesOf } from '../../../source/hosts/discovery/ranges.ts';
import { scanAddresses } from '../../../source/hosts/discovery/scan.ts';
import { discoveredDocument } from '../../../source/hosts/discovery/to-document.ts';

describe('ranges', () => {
  test('addresses, ranges and networks, each address once', () => {
    expect(addressesOf(['10.0.0.7'])).toEqual(['10.0.0.7']);
    expect(addressesOf(['10.0.0.254-10.0.1.1'])).toEqual(['10.0.0.254', '10.0.0.255', '10.0.1.0', '10.0.1.1']);
    expect(addressesOf(['10.0.0.3-5', '10.0.0.4'])).toEqual(['10.0.0.3', '10.0.0.4', '10.0.0.5']);
    expect(addressesOf(['192.168.1.77/30'])).toEqual(['192.168.1.77', '192.168.1.78']);
    expect(addressesOf(['10.0.0.8/31'])).toEqual(['10.0.0.8', '10.0.0.9']);
    expect(addressesOf(['10.1.0.0/24'])).toHaveLength(254);
  });

  test.each(['10.0.0', '10.0.0.300', '10.0.0.9-3', '10.0.0.0/33', 'a.b.c.d', '', '1.2.3.4-5-6'])(
    '"%s" is no range',
    (text) => {
      expect(() => addressesOf([text])).toThrow('is no address');
    },
  );

  test('more than the most is refused before anything is sent', () => {
    expect(() => addressesOf(['10.0.0.0/8'])).toThrow('16777214');
    expect(() => addressesOf(['10.0.0.0/20', '10.1.0.0/20'])).toThrow('at most 4096');
  });
});

describe('scan', () => {
  const servers: Server[] = [];
  const listen = (address: string, port: number, greet: (end: (text: string) => void) => void): Promise<number> =>
    new Promise((resolve) => {
      const server = createServer((socket) => {
        socket.on('error', () => {});
        greet((text) => socket.end(text));
      });
      servers.push(server);
      server.listen(port, address, () => {
        const bound = server.address();
        resolve(typeof bound === 'object' && bound !== null ? bound.port : 0);
      });
    });
  let port: number;

  beforeAll(async () => {
    // Below the ports the kernel gives to outgoing connections, one of which could meet itself there.
    port = await listen('127.0.0.2', 20_000 + Math.floor(Math.random() * 10_000), (end) =>
      end('SSH-2.0-OpenSSH_9.6\r\n'),
    );
    await listen('127.0.0.3', port, (end) => end('220 mail ready\r\n'));
    await listen('127.0.0.4', port, () => {});
    // A greeting before the version line is allowed by RFC 4253, 4.2.
    await listen('127.0.0.5', port, (end) => end('Authorised use only\r\nSSH-2.0-dropbear_2022.83\r\n'));
  });
  afterAll(() => {
    for (const server of servers) server.close();
  });

  test('SSH servers are found, others are not, and each is told as it is found', async () => {
    const seen: string[] = [];
    let progress = 0;
    const found = await scanAddresses(addressesOf(['127.0.0.1-9']), {
      port,
      onFound: (host) => seen.push(host.address),
      onProgress: (done) => {
        progress = done;
      },
    });
    expect(found.map((host) => [host.address, host.banner])).toEqual([
      ['127.0.0.2', 'SSH-2.0-OpenSSH_9.6'],
      ['127.0.0.4', undefined],
      ['127.0.0.5', 'SSH-2.0-dropbear_2022.83'],
    ]);
    expect(seen.toSorted()).toEqual(['127.0.0.2', '127.0.0.4', '127.0.0.5']);
    expect(progress).toBe(9);
  });

  test('never faster than the rate', async () => {
    const start = performance.now();
    await scanAddresses(addressesOf(['127.0.1.1-60']), { port, rate: 100 });
    expect(performance.now() - start).toBeGreaterThan(570);
  });

  test('ends soon after it is aborted', async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    const start = performance.now();
    await scanAddresses(addressesOf(['127.0.2.0/24']), { port, rate: 50, signal: abort.signal });
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

test('own networks leave out containers, tunnels and what is too big to look through', () => {
  const entry = (address: string, prefix: number, internal = false) => ({
    address,
    netmask: '',
    family: 'IPv4' as const,
    mac: '',
    internal,
    cidr: `${address}/${prefix}`,
  });
  const networks = ownNetworks({
    lo: [entry('127.0.0.1', 8, true)],
    eth0: [entry('10.20.3.4', 22)],
    eth1: [entry('192.168.7.9', 24)],
    docker0: [entry('172.17.0.1', 16)],
    wg0: [entry('10.9.0.2', 24)],
    ens9: [entry('10.0.0.5', 8)],
  });
  expect(networks).toEqual([
    { cidr: '192.168.7.0/24', interface: 'eth1', address: '192.168.7.9' },
    { cidr: '10.20.0.0/22', interface: 'eth0', address: '10.20.3.4' },
  ]);
});

describe('files', () => {
  test('an SSH configuration: first value counts, patterns name nobody', () => {
    const hosts = parseSshConfig(`
Host bastion
  HostName 203.0.113.7
Host db-* !db-9
  User admin
Host db-1 db-9
  HostName 10.0.0.21
  Port 2222
  IdentityFile ~/.ssh/lab
Match exec "true"
  User nobody
Host *
  User root
  ProxyJump bastion
`);
    expect(hosts).toEqual([
      { name: 'bastion', address: '203.0.113.7', user: 'root', jumpHost: 'bastion' },
      {
        name: 'db-1',
        address: '10.0.0.21',
        port: 2222,
        user: 'admin',
        keyFile: path.join(homedir(), '.ssh/lab'),
        jumpHost: 'bastion',
      },
      {
        name: 'db-9',
        address: '10.0.0.21',
        port: 2222,
        user: 'root',
        keyFile: path.join(homedir(), '.ssh/lab'),
        jumpHost: 'bastion',
      },
    ]);
  });

  test('known hosts in clear', () => {
    expect(
      parseKnownHosts(
        '10.0.0.1,node-1 ssh-ed25519 AAAA\n[10.0.0.2]:2222 ssh-rsa AAAA\n|1|abc= ssh-rsa AAAA\n@revoked * ssh-rsa AAAA\n',
      ),
    ).toEqual([{ address: '10.0.0.1' }, { address: 'node-1' }, { address: '10.0.0.2', port: 2222 }]);
  });

  test('lists, inventories and /etc/hosts', () => {
    expect(
      parseHostList(`# machines
10.0.0.1
operator@10.0.0.2:2222   # with a user
web 10.0.0.3
10.0.0.4 db.example db
[masters]
n5 ansible_host=10.0.0.5 ansible_user=ops ansible_port=22022
127.0.0.1 localhost
`),
    ).toEqual([
      { address: '10.0.0.1' },
      { address: '10.0.0.2', port: 2222, user: 'operator' },
      { name: 'web', address: '10.0.0.3' },
      { name: 'db.example', address: '10.0.0.4' },
      { name: 'n5', address: '10.0.0.5', port: 22022, user: 'ops' },
    ]);
  });

  test('the kind of a file is seen by itself', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'landfall-hosts-'));
    const put = (name: string, text: string): string => {
      writeFileSync(path.join(folder, name), text);
      return path.join(folder, name);
    };
    expect(readHostFile(put('config', 'Host a\n  HostName 10.0.0.1\n'))).toEqual([{ name: 'a', address: '10.0.0.1' }]);
    expect(readHostFile(put('known', '10.0.0.2 ssh-ed25519 AAAAC3Nz\n'))).toEqual([{ address: '10.0.0.2' }]);
    expect(readHostFile(put('list', '10.0.0.3\n'))).toEqual([{ address: '10.0.0.3' }]);
    expect(() => readHostFile(path.join(folder, 'none'))).toThrow('cannot be read');
  });
});

test('the document that is written can be read, with names made valid and unique', () => {
  const text = discoveredDocument('demo', [
    { address: '10.0.0.1', name: 'DB_Server.example.com' },
    { address: '10.0.0.2', name: 'db-server', port: 2222, user: 'operator' },
    { address: '10.0.0.3' },
    { address: '10.0.0.4', name: '10.0.0.4' },
  ]);
  const document = parseClusterDocument('cluster.yaml', text);
  expect(document.hosts.map((host) => [host.name, host.role])).toEqual([
    ['db-server', 'control-plane'],
    ['db-server-2', 'control-plane'],
    ['node-3', 'control-plane'],
    ['node-4', 'worker'],
  ]);
  expect(document.hosts[1]?.ssh).toMatchObject({ user: 'operator', port: 2222 });
});
