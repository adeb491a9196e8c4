import type { CheckId, CheckResult, Verdict } from './check.ts';
import { declaredChecks } from './declared-checks.ts';

/** Makes results of declared checks, each with its own fixed properties. */
export type ResultMaker = (id: CheckId, subject: string, verdict: Verdict) => CheckResult;

export function resultMaker(accepted: ReadonlySet<string>): ResultMaker {
  const known = new Map(declaredChecks.map((check) => [check.id, check]));
  return (id, subject, verdict) => {
    const check = known.get(id);
    if (check === undefined) throw new TypeError(`${id} is not a declared check`);
    const neverIgnored = check.neverIgnored === true;
    return {
      id,
      scope: check.scope,
      severity: check.severity,
      neverIgnored,
      subject,
      verdict,
      fixable: false,
      accepted: verdict.state !== 'pass' && !neverIgnored && accepted.has(id),
    };
  };
}
