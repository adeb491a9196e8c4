import type { StepKind } from '../engine/step.ts';
import { type RunState, stepKey } from './run-state.ts';

/** What steps usually take where nothing is known yet, in milliseconds. */
const usual: Readonly<Record<StepKind, number>> = {
  host: 3000,
  upload: 15_000,
  'control-plane': 15_000,
  operator: 8000,
};

export type Progress = {
  /** Share of the work that is done, 0 to 1. */
  readonly share: number;
  /** Milliseconds; undefined while too little is known to say anything true. */
  readonly remaining: number | undefined;
  /** Bytes sent by steps that count them, and a second now. */
  readonly bytes: number;
  readonly bytesTotal: number;
  readonly rate: number;
};

/** How much faster or slower these hosts are than what is usual, by the steps that are done. */
function paceOf(state: RunState, history: Readonly<Record<string, number>>): number {
  const kinds = new Map(state.plan.map((step) => [stepKey(step.id), step.kind]));
  let took = 0;
  let usually = 0;
  for (const [key, { count, milliseconds }] of state.durations) {
    const kind = kinds.get(key);
    if (kind === undefined) continue;
    took += milliseconds;
    usually += (history[key] ?? usual[kind]) * count;
  }
  // A few steps prove little, more where the same steps are known from before.
  const enough = Object.keys(history).length > 0 ? 2 : 4;
  const weight = Math.min(1, state.durations.size / enough);
  const ratio = usually === 0 ? 1 : Math.min(20, Math.max(0.02, took / usually));
  return ratio ** weight;
}

/**
 * How far a run is and how long it will still take: from the bytes of running steps, from what the same steps took on
 * other hosts and in earlier runs, and from how many steps run at once.
 */
export function progressOf(state: RunState, now: number, history: Readonly<Record<string, number>>): Progress {
  const { plan, steps } = state;
  const expected = new Map<string, number>();
  let known = 0;
  const pace = paceOf(state, history);
  const expect = (id: string, kind: StepKind): number => {
    const key = stepKey(id);
    const cached = expected.get(key);
    if (cached !== undefined) return cached;
    const seen = state.durations.get(key);
    const value =
      seen === undefined ? (history[key] ?? usual[kind]) * pace : Math.max(10, seen.milliseconds / seen.count);
    expected.set(key, value);
    return value;
  };
  const chains = new Map<string, number>();
  const phases = new Map<string, { work: number; serial: number; chains: Map<string, number> }>();
  let work = 0;
  let done = 0;
  let serial = 0;
  let running = 0;
  let bytes = 0;
  let bytesTotal = 0;
  let rate = 0;
  for (const [index, planned] of plan.entries()) {
    const step = steps[index];
    if (step === undefined) continue;
    const usually = expect(planned.id, planned.kind);
    if (step.unit === 'bytes') {
      bytes += step.done ?? 0;
      bytesTotal += step.total ?? step.done ?? 0;
      if (step.status === 'running') rate += step.rate ?? 0;
    }
    if (
      step.status === 'done' ||
      step.status === 'unchanged' ||
      step.status === 'skipped' ||
      step.status === 'failed'
    ) {
      done += usually;
      known++;
      continue;
    }
    let left = usually;
    if (step.status === 'running' && step.startedAt !== undefined) {
      running++;
      const elapsed = Math.max(0, now - step.startedAt);
      const share = step.total !== undefined && step.total > 0 ? (step.done ?? 0) / step.total : 0;
      // Its own bytes know better than what it took elsewhere, as soon as there are some of them.
      // A step that takes longer than usual is not about to end: the longer it took, the longer it may take.
      left =
        share > 0.02 && elapsed > 500
          ? (elapsed * (1 - share)) / share
          : Math.max(usually - elapsed, usually * 0.15, (elapsed - usually) * 0.3);
      done += Math.max(0, usually - Math.min(left, usually));
    }
    work += left;
    chains.set(planned.host, (chains.get(planned.host) ?? 0) + left);
    const phase = phases.get(planned.phase) ?? { work: 0, serial: 0, chains: new Map<string, number>() };
    phase.work += left;
    phase.chains.set(planned.host, (phase.chains.get(planned.host) ?? 0) + left);
    if (planned.kind === 'control-plane') {
      serial += left;
      phase.serial += left;
    }
    phases.set(planned.phase, phase);
  }
  const total = done + work;
  const share = state.finished?.outcome === 'succeeded' ? 1 : total === 0 ? 0 : Math.min(0.999, done / total);
  const figures = { share, bytes, bytesTotal, rate };
  if (state.finished !== undefined) return { ...figures, remaining: 0 };
  const believable = plan.length > 0 && (known > 0 || Object.keys(history).length > 0);
  if (!believable) return { ...figures, remaining: undefined };
  const elapsed = state.startedAt === undefined ? 0 : Math.max(1, now - state.startedAt);
  const settledWork = [...state.durations.values()].reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const atOnce = Math.max(1, running, settledWork / elapsed);
  const longest = Math.max(0, ...chains.values());
  // If everything overlaps, and if each phase waits for the one before: the truth lies between.
  const least = Math.max(longest, serial, work / atOnce);
  let most = 0;
  for (const phase of phases.values()) {
    most += Math.max(phase.serial, phase.work / atOnce, ...phase.chains.values());
  }
  return { ...figures, remaining: (least + Math.max(least, most)) / 2 };
}
