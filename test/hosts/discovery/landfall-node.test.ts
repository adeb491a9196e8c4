import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { nodeKind } from '../../../source/hosts/discovery/landfall-node.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A TLS server on loopback that shows a certificate of this name, signed by itself; returns its port. */
async function show(name: string): Promise<number> {
  const folder = mkdtempSync(path.join(tmpdir(), 'landfall-shown-'));
  const [key, certificate] = [path.join(folder, 'key'), path.join(folder, 'certificate')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...curve, '-subj', `/CN=${name}`, '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (socket) => socket.end());
  rmSync(folder, { recursive: true });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const nobody = 1;

test.each([
  ['landfall-registry-ca', undefined, 'landfall'],
  ['landfall-registry-ca', 'system:node:node-1', 'landfall'],
  [undefined, 'system:node:node-4', 'kubernetes'],
  [undefined, 'node-4@1763942400', 'kubernetes'],
  ['somebody', 'printer.local', undefined],
  [undefined, undefined, undefined],
] as const)('who shows %s at the registry and %s at the kubelet is %s', async (registry, kubelet, kind) => {
  const ports = {
    registry: registry === undefined ? nobody : await show(registry),
    kubelet: kubelet === undefined ? nobody : await show(kubelet),
  };
  expect(await nodeKind('127.0.0.1', ports)).toBe(kind);
});
