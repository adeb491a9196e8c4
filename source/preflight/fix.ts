import { readAsset } from '../assets.ts';
import { toLandfallError } from '../errors.ts';
import { changeRecord } from '../hosts/change-record.ts';
import type { HostConnection } from '../hosts/connection.ts';
import type { CheckResult, HostInput } from './check.ts';
import { hostChecks } from './checks/host-checks.ts';

export type FixOutcome = {
  readonly id: CheckResult['id'];
  readonly host: string;
  /** Why it could not be mended; absent when the script ended well. Whether it helped is told by checking again. */
  readonly problem?: string;
};

/**
 * Mends what the fixable findings of one host name, one after the other. Every script keeps what it changes in the
 * host's own record first, so that reset undoes it.
 */
export async function fixFindings(
  connection: HostConnection,
  input: HostInput,
  findings: readonly CheckResult[],
): Promise<readonly FixOutcome[]> {
  const remember = `remember() (\nset -- ${changeRecord} "$@"\n${await readAsset('hosts/remember.sh')}\n)\n`;
  const done = new Set<string>();
  const outcomes: FixOutcome[] = [];
  for (const { id } of findings) {
    const fix = hostChecks.find((check) => check.id === id)?.fix;
    if (fix === undefined) continue;
    const args = fix.args(input);
    const key = JSON.stringify([fix.script, args]);
    if (done.has(key)) continue;
    done.add(key);
    try {
      await connection.check(`Mend ${id}`, remember + (await readAsset(fix.script)), args);
      outcomes.push({ id, host: input.host.name });
    } catch (thrown) {
      const error = toLandfallError(thrown, { host: input.host.name });
      outcomes.push({ id, host: input.host.name, problem: error.context.output ?? error.message });
    }
  }
  return outcomes;
}
