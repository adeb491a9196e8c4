import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { whyNoLab } from '../hosts/machine.ts';
import { alive, openSparseNetwork, type SparseNetwork } from './sparse-network.ts';

describe.skipIf(whyNoLab() !== undefined)('scan of a network with mostly dead addresses', () => {
  let network: SparseNetwork;

  beforeAll(async () => {
    network = await openSparseNetwork();
  }, 60_000);
  afterAll(() => network?.close());

  test('a /24 in less than 3 s', async () => {
    const { found, milliseconds } = await network.scan('10.9.0.0/24');
    console.log(`/24: ${Math.round(milliseconds)} ms`);
    expect(found.map((host) => host.address)).toEqual(alive.slice(0, 2));
    expect(found[0]?.banner).toBe('SSH-2.0-OpenSSH_9.2p1 Debian-2');
    expect(milliseconds).toBeLessThan(3000);
  });

  test('a /22 in less than 10 s', async () => {
    const { found, milliseconds } = await network.scan('10.9.0.0/22');
    console.log(`/22: ${Math.round(milliseconds)} ms`);
    expect(found.map((host) => host.address)).toEqual(alive);
    expect(milliseconds).toBeLessThan(10_000);
  });
});
