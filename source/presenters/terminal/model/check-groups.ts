import type { CheckResult, CheckTarget } from '../services.ts';
import { sameTarget } from './wizard-state.ts';

export type CheckWeight = 'blocks' | 'unknown' | 'warns' | 'running' | 'accepted' | 'informs' | 'passed';

/** Results of one check on all hosts that came out the same. */
export type CheckGroup = {
  readonly id: string;
  readonly weight: CheckWeight;
  readonly results: readonly CheckResult[];
};

const order: readonly CheckWeight[] = ['blocks', 'unknown', 'warns', 'running', 'accepted', 'informs', 'passed'];

export function weightOf(result: CheckResult, accepted: readonly CheckTarget[]): CheckWeight {
  if (result.outcome === 'passed') return 'passed';
  if (result.outcome === 'running') return 'running';
  if (result.severity === 'informs') return 'informs';
  if (result.acceptable && accepted.some((target) => sameTarget(target, result))) return 'accepted';
  if (result.outcome === 'could-not-check') return 'unknown';
  return result.severity;
}

/** One group for each check and weight, worst first; checks of one kind stay together. */
export function groupChecks(results: readonly CheckResult[], accepted: readonly CheckTarget[]): readonly CheckGroup[] {
  const groups = new Map<string, { id: string; weight: CheckWeight; results: CheckResult[] }>();
  for (const result of results) {
    const weight = weightOf(result, accepted);
    const key = `${weight} ${result.id}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { id: result.id, weight, results: [result] });
    else group.results.push(result);
  }
  const topic = (group: CheckGroup): string => group.results[0]?.group ?? '';
  return [...groups.values()].sort(
    (a, b) =>
      order.indexOf(a.weight) - order.indexOf(b.weight) ||
      topic(a).localeCompare(topic(b)) ||
      b.results.length - a.results.length,
  );
}
