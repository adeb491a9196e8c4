import type { CheckResult } from './check.ts';

export type PreflightReport = {
  readonly cluster: string;
  readonly results: readonly CheckResult[];
  /** Milliseconds. */
  readonly duration: number;
};

export type PreflightCounts = {
  readonly passed: number;
  /** Findings nobody accepted, by severity. */
  readonly blocks: number;
  readonly warns: number;
  readonly informs: number;
  readonly couldNotRun: number;
  readonly accepted: number;
};

export function countResults(results: readonly CheckResult[]): PreflightCounts {
  const open = results.filter((result) => !result.accepted);
  const findings = open.filter((result) => result.verdict.state === 'finding');
  return {
    passed: results.filter((result) => result.verdict.state === 'pass').length,
    blocks: findings.filter((result) => result.severity === 'blocks').length,
    warns: findings.filter((result) => result.severity === 'warns').length,
    informs: findings.filter((result) => result.severity === 'informs').length,
    couldNotRun: open.filter((result) => result.verdict.state === 'could-not-run').length,
    accepted: results.length - open.length,
  };
}

/** What stops an installation: findings that block, and checks that can never be ignored and could not run. */
export function blocking(results: readonly CheckResult[]): readonly CheckResult[] {
  return results.filter(
    (result) =>
      !result.accepted &&
      ((result.verdict.state === 'finding' && result.severity === 'blocks') ||
        (result.verdict.state === 'could-not-run' && result.neverIgnored)),
  );
}

/**
 * Exit code for pipelines: 1 when something blocks, 5 when there are warnings nobody accepted, 6 when all that is left
 * are checks that block or warn and could not run, 0 otherwise. (2 is a usage or document error.)
 */
export function exitCode(results: readonly CheckResult[]): 0 | 1 | 5 | 6 {
  if (blocking(results).length > 0) return 1;
  const counts = countResults(results);
  if (counts.warns > 0) return 5;
  const silent = results.some(
    (result) => !result.accepted && result.verdict.state === 'could-not-run' && result.severity !== 'informs',
  );
  return silent ? 6 : 0;
}
