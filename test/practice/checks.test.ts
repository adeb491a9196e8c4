import { expect, test, vi } from 'vitest';
import { gatherFacts } from '../../source/hosts/gather-facts.ts';
import type { PracticeFleet } from '../../source/practice/fleet.ts';
import { evaluateHost } from '../../source/preflight/evaluate-host.ts';
import { connectTo, startFleet } from './fleet.ts';

// Both ends of every connection work in this process, and machines that run tests are busy.
vi.setConfig({ testTimeout: 120_000 });

/** Checks of a host that do not pass, as `id state`. */
async function notPassed(fleet: PracticeFleet, name: string): Promise<readonly string[]> {
  const facts = await gatherFacts(connectTo(fleet, name, { password: fleet.password }));
  const host = fleet.hosts.find((entry) => entry.name === name);
  if (host === undefined) throw new TypeError(`no host ${name}`);
  const results = evaluateHost({ host, facts, document: fleet.document, own: false }, new Set());
  expect(results.length).toBeGreaterThan(40);
  return results
    .filter((result) => result.verdict.state !== 'pass')
    .map((result) => `${result.id} ${result.verdict.state} ${JSON.stringify(result.verdict)}`);
}

test('a practice host without a fault passes every check of a host, whatever its system', async () => {
  const fleet = await startFleet({ hosts: 12 });
  for (const host of fleet.hosts) expect(await notPassed(fleet, host.name)).toEqual([]);
});

test('a failed check is one of the real checks, and is over at the third look', async () => {
  const fleet = await startFleet({ hosts: 1, faults: 'failed-check:node-1' });
  for (const look of [1, 2]) {
    const found = await notPassed(fleet, 'node-1');
    expect(found, `look ${look}`).toHaveLength(1);
    expect(found[0]).toContain('6443');
    expect(found[0]).toContain('nginx');
  }
  expect(await notPassed(fleet, 'node-1')).toEqual([]);
});
