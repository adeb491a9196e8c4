import { expect, test } from 'vitest';
import type { EventBody, JournalEvent } from '../../source/engine/events.ts';
import { progressOf } from '../../source/presenters/remaining-time.ts';
import { applyEvents, emptyRun, hostStatus, type RunState } from '../../source/presenters/run-state.ts';
import { countHosts, hostShare, orderedHosts } from '../../source/presenters/terminal/model/run-rows.ts';

const start = Date.parse('2026-11-25T12:00:00.000Z');

function at(seconds: number, body: EventBody, sequence = 0): JournalEvent {
  return { ...body, at: new Date(start + seconds * 1000).toISOString(), sequence };
}

function plan(hosts: readonly string[], keys: readonly string[]): readonly JournalEvent[] {
  return [
    at(0, { type: 'run-started', run: 'r', workflow: 'install', cluster: 'c', processId: 1 }),
    at(0, {
      type: 'planned',
      phases: keys.map((key) => ({ id: key, title: key })),
      steps: keys.flatMap((key) =>
        hosts.map((host) => ({ id: `${key}@${host}`, phase: key, host, title: key, kind: 'host' as const })),
      ),
    }),
  ];
}

const begin = (seconds: number, step: string, attempt = 1): JournalEvent =>
  at(seconds, { type: 'step-started', step, attempt });
const end = (seconds: number, step: string, milliseconds = 1000): JournalEvent =>
  at(seconds, { type: 'step-finished', step, outcome: 'applied', milliseconds });
const failure = { code: 'DISK_FULL', message: 'The disk is full.' };

const host = (state: RunState, name: string): RunState['hosts'][number] => {
  const found = state.hosts[state.hostIndex.get(name) ?? -1];
  if (found === undefined) throw new Error(`no host ${name}`);
  return found;
};

test('one batch of events or many give the same state', () => {
  const events: readonly JournalEvent[] = [
    ...plan(['a', 'b'], ['one', 'two']),
    begin(1, 'one@a'),
    at(1, { type: 'step-output', step: 'one@a', line: 'hello' }),
    at(2, { type: 'step-progress', step: 'one@a', done: 10, total: 100, unit: 'bytes' }),
    at(3, { type: 'step-progress', step: 'one@a', done: 60, total: 100, unit: 'bytes' }),
    end(4, 'one@a'),
    begin(4, 'one@b'),
    at(5, { type: 'step-failed', step: 'one@b', failure, retryIn: 1000 }),
    begin(6, 'one@b', 2),
    at(7, { type: 'step-failed', step: 'one@b', failure }),
    at(7, { type: 'question', question: 'one@b#2', step: 'one@b', choices: ['retry', 'skip-host', 'abort'] }),
  ];
  const together = applyEvents(emptyRun, events);
  const apart = events.reduce((state, event) => applyEvents(state, [event]), emptyRun);
  expect(apart).toEqual(together);
  expect(host(together, 'a')).toMatchObject({ settled: 1, running: [], failed: [] });
  expect(hostStatus(host(together, 'b'))).toBe('failed');
  expect(together.questions).toHaveLength(1);
  expect(host(together, 'a').lines.map(({ kind, text }) => [kind, text])).toEqual([
    ['started', ''],
    ['output', 'hello'],
    ['finished', ''],
  ]);
});

test('a state before is not changed by the events after it', () => {
  const before = applyEvents(emptyRun, [...plan(['a'], ['one']), begin(1, 'one@a')]);
  const copy = structuredClone(before);
  applyEvents(before, [at(1, { type: 'step-output', step: 'one@a', line: 'x' }), end(2, 'one@a')]);
  expect(before).toEqual(copy);
});

test('an answered retry opens the step again, and its success leaves nothing failed', () => {
  const failed = applyEvents(emptyRun, [
    ...plan(['a'], ['one', 'two']),
    begin(1, 'one@a'),
    at(2, { type: 'step-failed', step: 'one@a', failure }),
    at(2, { type: 'question', question: 'q', step: 'one@a', choices: ['retry'] }),
  ]);
  expect(host(failed, 'a')).toMatchObject({ settled: 1, failed: [0] });
  const again = applyEvents(failed, [at(3, { type: 'answer', question: 'q', answer: 'retry' }), begin(3, 'one@a', 2)]);
  expect(again.questions).toEqual([]);
  expect(host(again, 'a')).toMatchObject({ settled: 0, failed: [], running: [0] });
  const done = applyEvents(again, [end(4, 'one@a')]);
  expect(host(done, 'a')).toMatchObject({ settled: 1, failed: [], running: [] });
  expect(done.phases[0]).toMatchObject({ settled: 1, running: 0, failed: 0 });
});

test('what ended the run outside of any step is kept', () => {
  const state = applyEvents(emptyRun, [
    at(0, { type: 'run-started', run: 'r', workflow: 'install', cluster: 'c', processId: 1 }),
    at(1, { type: 'run-failed', host: 'a', failure: { code: 'LOCKED', message: 'Another run holds the lock.' } }),
    at(1, {
      type: 'run-finished',
      outcome: 'failed',
      changed: 0,
      unchanged: 0,
      failed: 1,
      skipped: 0,
      milliseconds: 900,
    }),
  ]);
  expect(state.failure).toEqual({ host: 'a', details: { code: 'LOCKED', message: 'Another run holds the lock.' } });
  expect(state.finished?.outcome).toBe('failed');
});

test('failing hosts stand on top, finished ones at the end, and a host between two steps keeps its place', () => {
  const state = applyEvents(emptyRun, [
    ...plan(['a', 'b', 'c', 'd'], ['one', 'two']),
    begin(1, 'one@a'),
    end(2, 'one@a'),
    begin(2, 'two@a'),
    end(3, 'two@a'),
    begin(1, 'one@b'),
    end(2, 'one@b'),
    begin(1, 'one@c'),
    at(2, { type: 'step-failed', step: 'one@c', failure }),
  ]);
  expect(orderedHosts(state).map((index) => state.hosts[index]?.name)).toEqual(['c', 'b', 'd', 'a']);
  expect(countHosts(state)).toEqual({ done: 1, running: 1, failed: 1, waiting: 1 });
  expect(hostShare(host(state, 'b'), state)).toBe(0.5);
});

test('the log of a host and of all stay bounded', () => {
  let state = applyEvents(emptyRun, [...plan(['a'], ['one']), begin(1, 'one@a')]);
  for (let batch = 0; batch < 40; batch++) {
    const lines = Array.from({ length: 100 }, (_, index) =>
      at(2, { type: 'step-output', step: 'one@a', line: `line ${batch * 100 + index}` }),
    );
    state = applyEvents(state, lines);
  }
  expect(host(state, 'a').lines.length).toBeLessThanOrEqual(300);
  expect(state.log.length).toBeLessThanOrEqual(1500);
  expect(state.log.at(-1)?.text).toBe('line 3999');
});

/** A run of hosts that each do all keys one after the other, `limit` at once, with the true end known. */
function simulate(
  hosts: number,
  keys: readonly { key: string; seconds: number }[],
  limit: number,
): {
  readonly events: readonly JournalEvent[];
  readonly seconds: number;
} {
  const names = Array.from({ length: hosts }, (_, index) => `h${index}`);
  const events: JournalEvent[] = [
    ...plan(
      names,
      keys.map(({ key }) => key),
    ),
  ];
  const free = Array.from({ length: Math.min(limit, hosts) }, () => 0);
  let last = 0;
  for (const name of names) {
    const slot = free.indexOf(Math.min(...free));
    let now = free[slot] ?? 0;
    for (const { key, seconds } of keys) {
      events.push(begin(now, `${key}@${name}`), end(now + seconds, `${key}@${name}`, seconds * 1000));
      now += seconds;
    }
    free[slot] = now;
    last = Math.max(last, now);
  }
  events.sort((a, b) => a.at.localeCompare(b.at));
  return { events, seconds: last };
}

test.each([
  ['few hosts in step, known from a run on faster machines', 5, 5, { prepare: 2800, send: 17_500, start: 8400 }],
  ['many hosts, some at once, nothing known before', 60, 8, {}],
])('the time left is about true once a quarter of the run is done: %s', (_, hosts, limit, history) => {
  const keys = [
    { key: 'prepare', seconds: 4 },
    { key: 'send', seconds: 25 },
    { key: 'start', seconds: 12 },
  ];
  const { events, seconds } = simulate(hosts, keys, limit);
  let last = 0;
  for (const share of [0.25, 0.5, 0.75, 0.9]) {
    const now = start + share * seconds * 1000;
    const state = applyEvents(
      emptyRun,
      events.filter((event) => Date.parse(event.at) <= now),
    );
    const progress = progressOf(state, now, history);
    const truth = (1 - share) * seconds * 1000;
    expect(progress.remaining, `at ${share}`).toBeGreaterThan(truth * 0.6);
    expect(progress.remaining, `at ${share}`).toBeLessThan(truth * 1.5 + 5000);
    expect(progress.share).toBeGreaterThanOrEqual(last);
    last = progress.share;
  }
});

test('bytes of a running step tell more than what it took elsewhere', () => {
  const state = applyEvents(emptyRun, [
    ...plan(['a', 'b'], ['send']),
    begin(0, 'send@a'),
    end(10, 'send@a', 10_000),
    begin(10, 'send@b'),
    at(20, { type: 'step-progress', step: 'send@b', done: 100, total: 1000, unit: 'bytes' }),
  ]);
  // A tenth took ten seconds, so nine times as long is left, though the other host took ten seconds for all of it.
  expect(progressOf(state, start + 20_000, {}).remaining).toBeCloseTo(90_000, -2);
});

test('nothing is promised before anything is known', () => {
  const state = applyEvents(emptyRun, plan(['a'], ['one']));
  expect(progressOf(state, start, {}).remaining).toBeUndefined();
  expect(progressOf(state, start, { one: 5000 }).remaining).toBeCloseTo(5000, -1);
});

test('12000 steps of 1000 hosts are taken in and summed up within a tick', () => {
  const hosts = Array.from({ length: 1000 }, (_, index) => `node-${index}`);
  const keys = Array.from({ length: 12 }, (_, index) => `phase${index}/step`);
  let state = applyEvents(emptyRun, plan(hosts, keys));
  const batches: JournalEvent[][] = [];
  for (let batch = 0; batch < 10; batch++) {
    batches.push(
      hosts
        .slice(batch * 100, batch * 100 + 100)
        .flatMap((name) => [
          begin(batch, `phase0/step@${name}`),
          at(batch, { type: 'step-progress', step: `phase0/step@${name}`, done: 1, total: 2, unit: 'bytes' }),
          at(batch, { type: 'step-output', step: `phase0/step@${name}`, line: 'x' }),
          end(batch, `phase0/step@${name}`),
        ]),
    );
  }
  const times: number[] = [];
  for (const batch of batches) {
    const began = performance.now();
    state = applyEvents(state, batch);
    progressOf(state, start + 20_000, {});
    orderedHosts(state);
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  expect(state.steps.filter(({ status }) => status === 'done')).toHaveLength(1000);
  // The bound of a tenth of a second leaves room for a busy machine; it takes a few milliseconds.
  expect(times[5]).toBeLessThan(100);
});
