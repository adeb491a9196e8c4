import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckResult } from '../../../source/preflight/check.ts';
import { repositoryFile } from '../cluster/landfall.ts';
import { whyNoLab } from '../hosts/machine.ts';
import { openPreflightLab, type PreflightLab } from './lab-for-preflight.ts';
import type { Provocation } from './provocation.ts';
import { kernelProvocations } from './provocations-kernel.ts';
import { leftoverProvocations } from './provocations-leftovers.ts';
import { machineProvocations } from './provocations-machine.ts';

const host = 'node-1';
const provocations = [...machineProvocations, ...kernelProvocations, ...leftoverProvocations];

/** State of each check, for comparison. */
const states = (results: readonly CheckResult[]): ReadonlyMap<string, string> =>
  new Map(results.map((result) => [result.id, result.verdict.state]));

/** Checks whose state is not that of before; one that is gone or new counts only when it found something. */
function turned(before: readonly CheckResult[], after: readonly CheckResult[]): readonly string[] {
  const was = states(before);
  return after
    .filter((result) => (was.get(result.id) ?? 'pass') !== result.verdict.state)
    .map((result) => result.id)
    .toSorted();
}

describe.skipIf(whyNoLab() !== undefined)('faults on a real host', () => {
  let opened: PreflightLab;
  let clean: readonly CheckResult[];
  let restore: string;

  const on = async (script: string): Promise<void> => {
    let output = await opened.lab.ssh(host, script);
    // A login that never came about did nothing; a fault that stays would turn every test after it.
    for (let again = 0; again < 4 && output.exitCode === 255; again++) output = await opened.lab.ssh(host, script);
    if (output.exitCode !== 0) throw new Error(`${script}: ${output.stdout}${output.stderr}`);
  };

  beforeAll(async () => {
    opened = await openPreflightLab('preflight');
    clean = await opened.agent.check(host);
    restore = await readFile(repositoryFile('assets/hosts/restore.sh'), 'utf8');
  }, 300_000);
  afterAll(() => opened?.down(), 60_000);

  test.each(['node-1', 'node-2', 'node-3'])('no false alarm on clean %s', async (name) => {
    const results = await opened.agent.check(name);
    expect(results.length).toBeGreaterThan(130);
    const alarms = results.filter((result) => result.verdict.state !== 'pass');
    // Version 1 of cgroups is a fact of some machines the lab runs on.
    expect(alarms.filter((result) => result.id !== 'cgroup-version')).toEqual([]);
  });

  test.each(
    provocations.map(
      (provocation) =>
        [provocation.name ? `${provocation.check} ${provocation.name}` : provocation.check, provocation] as const,
    ),
  )(
    '%s',
    async (_, provocation: Provocation) => {
      await on(`set -e\n${provocation.provoke}`);
      try {
        const seen = await opened.agent.check(host);
        const expected = [provocation.check, ...(provocation.also ?? [])].toSorted();
        const own = seen.find((result) => result.id === provocation.check);
        expect(own?.verdict).toMatchObject({ state: 'finding', seen: expect.stringMatching(provocation.evidence) });
        expect(turned(clean, seen)).toEqual(expected);
        if (provocation.hidden !== undefined) expect(JSON.stringify(seen)).not.toContain(provocation.hidden);
        expect(own?.fixable).toBe(provocation.fixed === true);
        if (provocation.fixed !== true) return;
        const mended = await opened.agent.fix(host, [provocation.check]);
        expect(mended.problems).toEqual([]);
        expect(turned(clean, mended.results)).toEqual([]);
        // Devices live in memory only, so there is nothing to give back; of packet rules a copy is kept.
        if (provocation.check === 'leftover-devices') return;
        const output = await opened.lab.ssh(host, `set -- /var/lib/landfall/changes /var/lib/landfall\n${restore}`);
        expect(output.stdout).toContain('the host is as it was');
        const back = turned(clean, await opened.agent.check(host));
        expect(back).toEqual(provocation.check === 'leftover-packet-rules' ? [] : expected);
      } finally {
        await on(provocation.undo);
      }
      expect(turned(clean, await opened.agent.check(host))).toEqual([]);
    },
    60_000,
  );
});
