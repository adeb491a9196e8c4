import { spawn } from 'node:child_process';
import type { FoundHost } from '../../../source/hosts/discovery/scan.ts';
import { repositoryFile } from '../cluster/landfall.ts';
import { must, run } from '../hosts/command.ts';

const scanner = 'landfall-scan-a';
const peers = 'landfall-scan-b';

/** Addresses of the network 10.9.0.0/22 where an SSH server answers; 10.9.0.99 is a server of another kind. */
export const alive: readonly string[] = ['10.9.0.10', '10.9.0.200', '10.9.1.7', '10.9.3.254'];

const inside = (namespace: string, command: readonly string[]): readonly string[] => [
  'nsenter',
  `--net=/run/netns/${namespace}`,
  '--',
  ...command,
];

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

export type Scan = { readonly found: readonly FoundHost[]; readonly milliseconds: number };

/** A network with four SSH servers on 1022 addresses, and a machine in it that scans with the program's own code. */
export type SparseNetwork = {
  scan(range: string): Promise<Scan>;
  close(): Promise<void>;
};

export async function openSparseNetwork(): Promise<SparseNetwork> {
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
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return {
    async scan(range) {
      return JSON.parse(await must(inside(scanner, [process.execPath, '--input-type=module', '-e', scan, range])));
    },
    async close() {
      child.kill();
      for (const name of [scanner, peers]) await run(['ip', 'netns', 'delete', name]);
    },
  };
}
