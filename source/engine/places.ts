import type { StepKind } from './step.ts';

/** How many steps of each kind run at once. */
export type Places = {
  free(kind: StepKind): boolean;
  enter(kind: StepKind): void;
  /** Hands the place to who waits longest to come back, if anybody does. */
  leave(kind: StepKind): void;
  /** Enters as soon as there is a place, before any new step does. */
  comeBack(kind: StepKind): Promise<void>;
};

export function placesOf(limits: Readonly<Record<StepKind, number>>): Places {
  const taken: Record<StepKind, number> = { host: 0, upload: 0, 'control-plane': 0, operator: 0 };
  const waiting: Record<StepKind, (() => void)[]> = { host: [], upload: [], 'control-plane': [], operator: [] };
  return {
    free: (kind) => taken[kind] < limits[kind],
    enter(kind) {
      taken[kind]++;
    },
    leave(kind) {
      const next = waiting[kind].shift();
      if (next === undefined) taken[kind]--;
      else next();
    },
    async comeBack(kind) {
      if (taken[kind] < limits[kind]) taken[kind]++;
      else await new Promise<void>((resolve) => waiting[kind].push(resolve));
    },
  };
}
