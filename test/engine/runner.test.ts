import { expect, test } from 'vitest';
import type { EventBody } from '../../source/engine/events.ts';
import { type RunnerOptions, runPlan } from '../../source/engine/runner.ts';
import type { Plan, Step } from '../../source/engine/step.ts';
import { LandfallError } from '../../source/errors.ts';

const makeStep = (id: string, after: readonly string[], parts: Partial<Step> = {}): Step => ({
  id,
  phase: 'phase',
  host: id.split('@')[1] ?? 'a',
  title: id,
  kind: 'host',
  after,
  probe: async () => ({ state: 'needed' }),
  apply: async () => {},
  verify: async () => {},
  ...parts,
});

const makePlan = (...steps: readonly Step[]): Plan => ({
  workflow: 'test',
  cluster: 'c',
  phases: [{ id: 'phase', title: 'Phase', steps }],
});

function options(events: EventBody[], parts: Partial<RunnerOptions> = {}): RunnerOptions {
  return {
    emit: (event) => events.push(event),
    ask: async () => 'skip-host',
    stop: new AbortController().signal,
    concurrency: { host: 8, upload: 2, 'control-plane': 1, operator: 1 },
    retryDelays: [1, 1],
    ...parts,
  };
}

test('a step runs only after all it waits for, and control-plane steps never run together', async () => {
  const order: string[] = [];
  let together = 0;
  let most = 0;
  const slow = (id: string): Partial<Step> => ({
    kind: 'control-plane',
    apply: async () => {
      most = Math.max(most, ++together);
      await new Promise((resolve) => setTimeout(resolve, 5));
      together--;
      order.push(id);
    },
  });
  const plan = makePlan(
    makeStep('c@a', ['a@a', 'b@b'], slow('c')),
    makeStep('a@a', [], slow('a')),
    makeStep('b@b', [], slow('b')),
  );
  const result = await runPlan(plan, options([]));
  expect(result.outcome).toBe('succeeded');
  expect(order).toEqual(['a', 'b', 'c']);
  expect(most).toBe(1);
});

test('a failure stops its own host and what depends on it; other hosts go on', async () => {
  const done: string[] = [];
  const note = (id: string): Partial<Step> => ({ apply: async () => void done.push(id) });
  const plan = makePlan(
    makeStep('one@a', [], { apply: async () => Promise.reject(new Error('disk is full')) }),
    makeStep('two@a', [], { ...note('two@a'), after: ['one@b'] }),
    makeStep('one@b', [], {
      apply: async () => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        done.push('one@b');
      },
    }),
    makeStep('three@b', ['one@a'], note('three@b')),
    makeStep('two@b', ['one@b'], note('two@b')),
  );
  const events: EventBody[] = [];
  const result = await runPlan(plan, options(events));
  expect(result.outcome).toBe('failed');
  expect(done).toEqual(['one@b', 'two@b']);
  expect(result.skipped).toBe(2);
  expect(events.filter((event) => event.type === 'run-finished')).toMatchObject([
    { outcome: 'failed', changed: 2, failed: 1 },
  ]);
});

test('a transient failure is tried again, a lasting one is not', async () => {
  let tries = 0;
  const transient = new LandfallError({ code: 'SSH_LOST', message: 'gone', transient: true });
  const plan = makePlan(
    makeStep('a@a', [], { apply: async () => (++tries < 3 ? Promise.reject(transient) : undefined) }),
  );
  expect((await runPlan(plan, options([]))).outcome).toBe('succeeded');
  expect(tries).toBe(3);
  let lasting = 0;
  const second = makePlan(makeStep('a@a', [], { apply: async () => Promise.reject(new Error(String(++lasting))) }));
  expect((await runPlan(second, options([]))).outcome).toBe('failed');
  expect(lasting).toBe(1);
});

test('what the host shows as done is not applied, and a run without changes says so', async () => {
  let applied = 0;
  const plan = makePlan(
    makeStep('a@a', [], { probe: async () => ({ state: 'done' }), apply: async () => void applied++ }),
  );
  const result = await runPlan(plan, options([]));
  expect(applied).toBe(0);
  expect(result).toMatchObject({ outcome: 'succeeded', changed: 0, unchanged: 1 });
});

test('success is not claimed when verify does not hold', async () => {
  const plan = makePlan(makeStep('a@a', [], { verify: async () => Promise.reject(new Error('not there')) }));
  expect((await runPlan(plan, options([]))).outcome).toBe('failed');
});

test('a stop lets the running step end and starts no other', async () => {
  const stop = new AbortController();
  const done: string[] = [];
  const plan = makePlan(
    makeStep('a@a', [], {
      apply: async () => {
        stop.abort();
        done.push('a');
      },
    }),
    makeStep('b@a', ['a@a'], { apply: async () => void done.push('b') }),
  );
  const result = await runPlan(plan, options([], { stop: stop.signal }));
  expect(result.outcome).toBe('stopped');
  expect(done).toEqual(['a']);
});

test('a step without a sign of life is ended', async () => {
  const plan = makePlan(makeStep('a@a', [], { stallAfter: 20, apply: () => new Promise(() => {}) }));
  const result = await runPlan(plan, options([]));
  expect(result.failed[0]?.error.code).toBe('STEP_STALLED');
});

test('a plan that goes in a circle or names an unknown step is refused before anything runs', async () => {
  await expect(runPlan(makePlan(makeStep('a@a', ['b@a']), makeStep('b@a', ['a@a'])), options([]))).rejects.toThrow(
    'circle',
  );
  await expect(runPlan(makePlan(makeStep('a@a', ['x@a'])), options([]))).rejects.toThrow('not in the plan');
});

test('a host that waits for an answer, or for its next try, keeps no other host from its upload', async () => {
  const done: string[] = [];
  let answer: (given: 'skip-host') => void = () => {};
  const upload = (id: string, parts: Partial<Step> = {}): Step =>
    makeStep(id, [], { kind: 'upload', apply: async () => void done.push(id), ...parts });
  let tries = 0;
  const plan = makePlan(
    upload('a@a', { apply: async () => Promise.reject(new Error('the disk is full')) }),
    upload('b@b', {
      apply: async () => {
        if (++tries === 1) throw new LandfallError({ code: 'SSH_LOST', message: 'gone', transient: true });
        done.push('b@b');
      },
    }),
    upload('c@c'),
    upload('d@d', { apply: async () => answer('skip-host') }),
  );
  const result = await runPlan(
    plan,
    options([], {
      ask: () => new Promise((resolve) => (answer = resolve)),
      concurrency: { host: 8, upload: 1, 'control-plane': 1, operator: 1 },
      retryDelays: [30],
    }),
  );
  expect(result.failed.map(({ step }) => step.id)).toEqual(['a@a']);
  expect(done).toEqual(['c@c', 'b@b']);
});

test('places are not exceeded by steps that come back from a wait', async () => {
  let now = 0;
  let most = 0;
  const flaky = (id: string): Step => {
    let tries = 0;
    return makeStep(id, [], {
      kind: 'upload',
      apply: async () => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setTimeout(resolve, 3));
        now--;
        if (++tries < 3) throw new LandfallError({ code: 'SSH_LOST', message: 'gone', transient: true });
      },
    });
  };
  const plan = makePlan(...Array.from({ length: 12 }, (_, index) => flaky(`s@h${index}`)));
  const result = await runPlan(
    plan,
    options([], { concurrency: { host: 1, upload: 2, 'control-plane': 1, operator: 1 } }),
  );
  expect(result.outcome).toBe('succeeded');
  expect(most).toBe(2);
});

test('a control plane in doubt keeps its place, so that no other changes meanwhile', async () => {
  const order: string[] = [];
  const plan = makePlan(
    makeStep('a@a', [], { kind: 'control-plane', apply: async () => Promise.reject(new Error('no')) }),
    makeStep('b@b', [], { kind: 'control-plane', apply: async () => void order.push('b') }),
  );
  await runPlan(
    plan,
    options([], {
      ask: async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        order.push('answer');
        return 'skip-host';
      },
    }),
  );
  expect(order).toEqual(['answer', 'b']);
});

test('nine thousand steps of a thousand hosts cost the runner little', async () => {
  const steps = Array.from({ length: 1000 }, (_, host) =>
    Array.from({ length: 9 }, (__, index) =>
      makeStep(`s${index}@h${host}`, index === 0 ? [] : [`s${index - 1}@h${host}`]),
    ),
  ).flat();
  const last = makeStep(
    'last@h0',
    steps.map((step) => step.id),
  );
  const before = process.cpuUsage();
  const result = await runPlan(
    makePlan(...steps, last),
    options([], { concurrency: { host: 32, upload: 2, 'control-plane': 1, operator: 1 } }),
  );
  const used = process.cpuUsage(before);
  expect(result).toMatchObject({ outcome: 'succeeded', changed: 9001 });
  // A walk over all steps at each end of one took 20 seconds.
  expect((used.user + used.system) / 1e6).toBeLessThan(4);
});
