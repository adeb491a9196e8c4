import type { CheckId, Scope, Severity } from './check.ts';
import { hostChecks } from './checks/host-checks.ts';
import { declaredChecks } from './declared-checks.ts';

/** What is fixed about a check, whatever it finds. */
export type CheckDescription = {
  readonly id: CheckId;
  readonly scope: Scope;
  readonly severity: Severity;
  readonly neverIgnored: boolean;
  /** Whether Landfall can mend it: by `--fix`, or by `--set-aside` only. */
  readonly mended: 'no' | 'by-fix' | 'on-consent';
};

/** Every check there is: first those of a host over its facts, then the others. */
export const allChecks: readonly CheckDescription[] = [
  ...hostChecks.map((check) => ({
    id: check.id,
    scope: 'host' as const,
    severity: check.severity,
    neverIgnored: check.neverIgnored === true,
    mended:
      check.fix === undefined ? ('no' as const) : check.fix.onConsent ? ('on-consent' as const) : ('by-fix' as const),
  })),
  ...declaredChecks.map((check) => ({
    id: check.id,
    scope: check.scope,
    severity: check.severity,
    neverIgnored: check.neverIgnored === true,
    mended: 'no' as const,
  })),
];
