import type { Plan, Step } from './step.ts';

/** All steps of a plan in its reading order. */
export function stepsOf(plan: Plan): readonly Step[] {
  return plan.phases.flatMap((phase) => phase.steps);
}

/** Throws on a plan that could never be walked: an id used twice, an unknown dependency, a circle. */
export function validatePlan(plan: Plan): void {
  const steps = new Map<string, Step>();
  for (const step of stepsOf(plan)) {
    if (steps.has(step.id)) throw new TypeError(`the plan has two steps named ${step.id}`);
    steps.set(step.id, step);
  }
  const state = new Map<string, 'open' | 'closed'>();
  const visit = (id: string, trail: readonly string[]): void => {
    if (state.get(id) === 'closed') return;
    if (state.get(id) === 'open') throw new TypeError(`the plan goes in a circle: ${[...trail, id].join(' → ')}`);
    state.set(id, 'open');
    for (const dependency of steps.get(id)?.after ?? []) {
      if (!steps.has(dependency)) throw new TypeError(`${id} waits for ${dependency}, which is not in the plan`);
      visit(dependency, [...trail, id]);
    }
    state.set(id, 'closed');
  };
  for (const id of steps.keys()) visit(id, []);
}
