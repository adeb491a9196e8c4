import type { CheckResult, HostCheck, HostInput, Verdict } from './check.ts';
import { hostChecks } from './checks/host-checks.ts';

/** Runs one check; a check that trips over facts nobody thought of could not run, and the others go on. */
function evaluate(check: HostCheck, input: HostInput): Verdict {
  try {
    return check.evaluate(input);
  } catch (error) {
    return { state: 'could-not-run', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Every check of one host over its facts. Checks whose question does not arise are left out. */
export function evaluateHost(input: HostInput, accepted: ReadonlySet<string>): readonly CheckResult[] {
  return hostChecks
    .filter((check) => check.applies?.(input) ?? true)
    .map((check) => {
      const verdict = evaluate(check, input);
      return {
        id: check.id,
        scope: 'host',
        severity: check.severity,
        neverIgnored: check.neverIgnored === true,
        subject: input.host.name,
        verdict,
        fixable: check.fix !== undefined && verdict.state === 'finding',
        ...(check.fix?.onConsent ? { onConsent: true as const } : {}),
        accepted: verdict.state !== 'pass' && check.neverIgnored !== true && accepted.has(check.id),
      };
    });
}
