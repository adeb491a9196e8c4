import type { Step, StepKind } from './step.ts';

/** A step that will not run, and the failed or skipped step that is the reason. */
export type Blocked = { readonly step: Step; readonly because: string };

/** Which steps of a plan may start. Every change costs what hangs on it, and never a walk over the whole plan. */
export type ReadySteps = {
  /** The first step in reading order that may start and whose kind is free; it counts as begun. */
  take(free: (kind: StepKind) => boolean): Step | undefined;
  /** Says that a step is done, so that those after it may start. */
  done(step: Step): void;
  /** Says that a step failed. What depends on it and what was not begun on its host is out, and is returned. */
  failed(step: Step): readonly Blocked[];
};

/** Inserts into an ascending list. */
function insert(list: number[], value: number): void {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  list.splice(low, 0, value);
}

/** @param steps in reading order; ids and dependencies were checked before. */
export function readySteps(steps: readonly Step[]): ReadySteps {
  const position = new Map(steps.map((step, index) => [step.id, index]));
  const missing = steps.map((step) => step.after.length);
  const dependents = new Map<string, Step[]>();
  const ofHost = new Map<string, Step[]>();
  const add = (map: Map<string, Step[]>, key: string, step: Step): void => {
    const list = map.get(key);
    if (list === undefined) map.set(key, [step]);
    else list.push(step);
  };
  for (const step of steps) {
    add(ofHost, step.host, step);
    for (const id of step.after) add(dependents, id, step);
  }
  const ready = new Map<StepKind, number[]>();
  const begun = new Set<string>();
  const out = new Set<string>();
  const offer = (index: number): void => {
    const step = steps[index];
    if (step === undefined || out.has(step.id)) return;
    const list = ready.get(step.kind);
    if (list === undefined) ready.set(step.kind, [index]);
    else insert(list, index);
  };
  for (const [index, count] of missing.entries()) if (count === 0) offer(index);

  return {
    take(free) {
      let first: number[] | undefined;
      for (const [kind, list] of ready) {
        while (list[0] !== undefined && out.has(steps[list[0]]?.id ?? '')) list.shift();
        if (list[0] === undefined || !free(kind)) continue;
        if (first?.[0] === undefined || list[0] < first[0]) first = list;
      }
      const index = first?.shift();
      const step = index === undefined ? undefined : steps[index];
      if (step !== undefined) begun.add(step.id);
      return step;
    },
    done(step) {
      for (const dependent of dependents.get(step.id) ?? []) {
        const index = position.get(dependent.id) ?? 0;
        const left = (missing[index] ?? 0) - 1;
        missing[index] = left;
        if (left === 0) offer(index);
      }
    },
    failed(step) {
      const blocked: Blocked[] = [];
      const exclude = (candidate: Step, because: string): void => {
        if (begun.has(candidate.id) || out.has(candidate.id)) return;
        out.add(candidate.id);
        blocked.push({ step: candidate, because });
      };
      for (const dependent of dependents.get(step.id) ?? []) exclude(dependent, step.id);
      for (const other of ofHost.get(step.host) ?? []) exclude(other, step.id);
      // The list grows while it is walked: what is blocked blocks in turn.
      for (let index = 0; index < blocked.length; index++) {
        const id = blocked[index]?.step.id ?? '';
        for (const dependent of dependents.get(id) ?? []) exclude(dependent, id);
      }
      return blocked;
    },
  };
}
