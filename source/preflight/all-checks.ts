import type { CheckId, Scope, Severity } from './check.ts';
import { hostChecks } from './checks/host-checks.ts';
import { declaredChecks } from './declared-checks.ts';

/** What is fixed about a check, whatever it finds. */
export type CheckDescription = {
  readonly id: CheckId;
  readonly scope: Scope;
  readonly severity: Severity;
  readonly neverIgnored: boolean;
  /** Whether `--fix` can mend it. */
  readonly fixable: boolean;
};

/** Every check there is: first those of a host over its facts, then the others. */
export const allChecks: readonly CheckDescription[] = [
  ...hostChecks.map((check) => ({
    id: check.id,
    scope: 'host' as const,
    severity: check.severity,
    neverIgnored: check.neverIgnored === true,
    fixable: check.fix !== undefined,
  })),
  ...declaredChecks.map((check) => ({
    id: check.id,
    scope: check.scope,
    severity: check.severity,
    neverIgnored: check.neverIgnored === true,
    fixable: false,
  })),
];
