import { LandfallError } from '../errors.ts';
import { allChecks } from './all-checks.ts';

/**
 * The ids a person accepts. Throws CHECK_UNKNOWN for an id no check has, and CHECK_NOT_ACCEPTABLE for a check that
 * cannot be accepted; there is no way to accept all.
 */
export function acceptedIds(ids: readonly string[]): ReadonlySet<string> {
  for (const id of ids) {
    const check = allChecks.find((candidate) => candidate.id === id);
    if (check === undefined) {
      throw new LandfallError({
        code: 'CHECK_UNKNOWN',
        message: `There is no check named ${id}.`,
        fix: 'Use an id as `landfall preflight` prints it; docs/checks.md lists all.',
        exitStatus: 2,
      });
    }
    if (check.neverIgnored) {
      throw new LandfallError({
        code: 'CHECK_NOT_ACCEPTABLE',
        message: `The check ${id} cannot be accepted: going on would surely fail or destroy something.`,
        fix: 'Mend what it finds.',
        exitStatus: 2,
      });
    }
  }
  return new Set(ids);
}
