import { LandfallError } from '../errors.ts';
import { allChecks } from './all-checks.ts';

function unknownCheck(id: string): LandfallError {
  return new LandfallError({
    code: 'CHECK_UNKNOWN',
    message: `There is no check named ${id}.`,
    fix: 'Use an id as `landfall preflight` prints it; docs/checks.md lists all.',
    exitStatus: 2,
  });
}

/**
 * The ids a person accepts. Throws CHECK_UNKNOWN for an id no check has, and CHECK_NOT_ACCEPTABLE for a check that
 * cannot be accepted; there is no way to accept all.
 */
export function acceptedIds(ids: readonly string[]): ReadonlySet<string> {
  for (const id of ids) {
    const check = allChecks.find((candidate) => candidate.id === id);
    if (check === undefined) throw unknownCheck(id);
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

/**
 * The ids of findings that a person lets Landfall set aside. Throws CHECK_UNKNOWN for an id no check has, and
 * CHECK_NOT_SET_ASIDE for one whose finding Landfall cannot set aside.
 */
export function setAsideIds(ids: readonly string[]): ReadonlySet<string> {
  const possible = allChecks.filter(({ mended }) => mended === 'on-consent').map((check): string => check.id);
  for (const id of ids) {
    if (possible.includes(id)) continue;
    if (!allChecks.some((check) => check.id === id)) throw unknownCheck(id);
    throw new LandfallError({
      code: 'CHECK_NOT_SET_ASIDE',
      message: `What the check ${id} finds cannot be set aside.`,
      fix: `Mend it as it says (--fix, where that is possible). What can be set aside: ${possible.join(', ')}.`,
      exitStatus: 2,
    });
  }
  return new Set(ids);
}
