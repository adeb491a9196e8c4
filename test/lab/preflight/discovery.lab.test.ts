import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { FoundHost } from '../../../source/hosts/discovery/scan.ts';
import { repositoryFile } from '../cluster/landfall.ts';
import { must, run } from '../hosts/command.ts';
import { whyNoLab } from '../hosts/machine.ts';

const scanner = 'landfall-scan-a';
const peers = 'landfall-scan-b';
const alive = ['10.9.0.10', '10.9.0.200', '10.9.1.7', '10.9.3.254'];
const inside = (namespace: string, command: readonly string[]) => [
  'nsenter',
  `--net=/run/netns/${namespace}`,
  '--',
  ...command,
];

// A real SSH banner, and on one address a server of another kind.
const server = `const net = require('node:net');
const serve = (address, text) => net.createServer((socket) => { socket.on('error', () => {}); socket.end(text); }).listen(22, address);
for (const address of ${JSON.stringify(alive)}) serve(address, 'SSH-2.0-OpenSSH_9.2p1 Debian-2\\r\\n');
serve('10.9.0.99', 'HTTP/1.1 400 Bad Request\\r\\n\\r\\n');
console.log('ready');`;

const scan = `import { addressesOf } from ${JSON.stringify(repositoryFile('source/hosts/discovery/ranges.ts'))};
import { scanAddresses } from ${JSON.stringify(repositoryFile('source/hosts/discovery/scan.ts'))};
const start = performance.now();
const found = await scanAddresses(addressesOf([process.argv[1]]));
console.log(JSON.stringify({ found, milliseconds: performance.now() - start }));`;

describe.skipIf(whyNoLab() !== undefined)('scan of a network with mostly dead addresses', () => {
  let child: ReturnType<typeof spawn>;

  beforeAll(async () => {
    for (const name of [scanner, peers]) {
      await run(['ip', 'netns', 'delete', name]);
      await must(['ip', 'netns', 'add', name]);
      await must(inside(name, ['ip', 'link', 'set', 'lo', 'up']));
    }
    await must(inside(scanner, ['ip', 'link', 'add', 'scan0', 'type', 'veth', 'peer', 'name', 'scan1']));
    await must(inside(scanner, ['ip', 'link', 'set', 'scan1', 'netns', peers]));
    await must(inside(scanner, ['ip', 'addr', 'add', '10.9.0.1/22', 'dev', 'scan0']));
    await must(inside(scanner, ['ip', 'link', 'set', 'scan0', 'up']));
    for (const address of [...alive, '10.9.0.99']) {
      await must(inside(peers, ['ip', 'addr', 'add', `${address}/22`, 'dev', 'scan1']));
    }
    await must(inside(peers, ['ip', 'link', 'set', 'scan1', 'up']));
    const [program = '', ...args] = inside(peers, [process.execPath, '-e', server]);
    child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => child.stdout?.once('data', resolve));
  }, 60_000);

  afterAll(async () => {
    child?.kill();
    for (const name of [scanner, peers]) await run(['ip', 'netns', 'delete', name]);
  });

  async function find(range: string): Promise<{ readonly found: readonly FoundHost[]; readonly milliseconds: number }> {
    return JSON.parse(await must(inside(scanner, [process.execPath, '--input-type=module', '-e', scan, range])));
  }

  test('a /24 in less than 3 s', async () => {
    const { found, milliseconds } = await find('10.9.0.0/24');
    console.log(`/24: ${Math.round(milliseconds)} ms`);
    expect(found.map((host) => host.address)).toEqual(alive.slice(0, 2));
    expect(found[0]?.banner).toBe('SSH-2.0-OpenSSH_9.2p1 Debian-2');
    expect(milliseconds).toBeLessThan(3000);
  });

  test('a /22 in less than 10 s', async () => {
    const { found, milliseconds } = await find('10.9.0.0/22');
    console.log(`/22: ${Math.round(milliseconds)} ms`);
    expect(found.map((host) => host.address)).toEqual(alive);
    expect(milliseconds).toBeLessThan(10_000);
  });
});
