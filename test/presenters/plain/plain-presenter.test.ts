import { expect, test } from 'vitest';
import type { EventBody } from '../../../source/engine/events.ts';
import { duration, plainPresenter } from '../../../source/presenters/plain/plain-presenter.ts';

const seconds = (count: number): string => new Date(Date.UTC(2026, 0, 1, 10, 0, count)).toISOString();

/** Lines for events that come a second apart. */
function lines(bodies: readonly EventBody[], verbose = false): readonly string[] {
  const written: string[] = [];
  const presenter = plainPresenter({ write: (line) => written.push(line), verbose });
  bodies.forEach((body, sequence) => {
    presenter.show({ ...body, at: seconds(sequence), sequence });
  });
  return written;
}

const send = { id: 'runc/upload@a', phase: 'containerd', host: 'a', title: 'Send runc', kind: 'upload' } as const;
const start = {
  id: 'containerd/service@a',
  phase: 'containerd',
  host: 'a',
  title: 'Start containerd',
  kind: 'host',
} as const;
const look = { id: 'connect/host@a', phase: 'connect', host: 'a', title: 'Look at the host', kind: 'host' } as const;

const begin: readonly EventBody[] = [
  { type: 'run-started', run: '20260101-100000-install-0001', workflow: 'install', cluster: 'demo', processId: 1 },
  {
    type: 'planned',
    phases: [
      { id: 'connect', title: 'Reach the hosts' },
      { id: 'containerd', title: 'Install the container runtime' },
    ],
    steps: [look, send, start],
  },
];

test('an install that goes well: a line for each change and for each phase that is done', () => {
  expect(
    lines([
      ...begin,
      { type: 'step-started', step: look.id, attempt: 1 },
      { type: 'step-finished', step: look.id, outcome: 'already-done', milliseconds: 300 },
      { type: 'step-started', step: send.id, attempt: 1 },
      { type: 'step-progress', step: send.id, done: 5_000_000, total: 100_000_000, unit: 'bytes' },
      { type: 'step-progress', step: send.id, done: 30_000_000, total: 100_000_000, unit: 'bytes' },
      { type: 'step-progress', step: send.id, done: 31_000_000, total: 100_000_000, unit: 'bytes' },
      { type: 'step-progress', step: send.id, done: 100_000_000, total: 100_000_000, unit: 'bytes' },
      { type: 'step-output', step: send.id, line: 'only for those who ask' },
      { type: 'step-finished', step: send.id, outcome: 'applied', milliseconds: 12_345 },
      { type: 'step-started', step: start.id, attempt: 1 },
      { type: 'step-finished', step: start.id, outcome: 'applied', milliseconds: 950 },
      { type: 'note', text: 'a word on the side' },
      {
        type: 'run-finished',
        outcome: 'succeeded',
        changed: 2,
        unchanged: 1,
        failed: 0,
        skipped: 0,
        milliseconds: 185_000,
      },
    ]),
  ).toEqual([
    '10:00:00 run 20260101-100000-install-0001 of cluster demo (install)',
    '10:00:01 3 steps in 2 phases',
    '10:00:03 == Reach the hosts: done (1 of 3 steps)',
    '10:00:06    a: Send runc: 30 % of 100 MB',
    '10:00:10    a: Send runc (12 s)',
    '10:00:12    a: Start containerd (0.9 s)',
    '10:00:12 == Install the container runtime: done (3 of 3 steps)',
    '10:00:13    a word on the side',
    '10:00:14 Finished in 3 min 05 s: 2 steps changed something, 1 were done already.',
  ]);
});

test('a failure shows host, step, command, exit code, last lines and what to do; a retry is one line', () => {
  const lost = { code: 'SSH_LOST', message: 'The connection to a was lost.', fix: 'Check the machine.' };
  expect(
    lines([
      ...begin,
      { type: 'step-started', step: start.id, attempt: 1 },
      { type: 'step-failed', step: start.id, failure: lost, retryIn: 3000 },
      { type: 'step-started', step: start.id, attempt: 2 },
      {
        type: 'step-failed',
        step: start.id,
        failure: {
          code: 'COMMAND_FAILED',
          message: 'Start containerd failed on a with exit code 3.',
          fix: 'See the last lines of its output.',
          command: 'Start containerd',
          exitCode: 3,
          output: 'first line\n\nlast line',
        },
      },
      { type: 'question', question: `${start.id}#2`, step: start.id, choices: ['retry', 'skip-host', 'abort'] },
      { type: 'answer', question: `${start.id}#2`, answer: 'skip-host' },
      { type: 'step-skipped', step: send.id, because: start.id },
      { type: 'run-finished', outcome: 'failed', changed: 0, unchanged: 1, failed: 1, skipped: 1, milliseconds: 9_000 },
    ]),
  ).toEqual([
    '10:00:00 run 20260101-100000-install-0001 of cluster demo (install)',
    '10:00:01 3 steps in 2 phases',
    '10:00:03 !! a: Start containerd failed [SSH_LOST]: The connection to a was lost.; trying again in 3.0 s',
    '10:00:04    a: Start containerd: attempt 2',
    '10:00:05 !! a: Start containerd failed [COMMAND_FAILED]: Start containerd failed on a with exit code 3.',
    '    while: Start containerd',
    '    exit code: 3',
    '    | first line',
    '    | last line',
    '    what to do: See the last lines of its output.',
    '10:00:07    containerd/service@a: skip-host',
    '10:00:09 Failed after 9.0 s: 0 steps changed something, 1 failed, 1 were not run.',
  ]);
});

test('what ended a run outside of any step is shown like a failure, with its host', () => {
  expect(
    lines([
      {
        type: 'run-failed',
        host: 'a',
        failure: { code: 'CLUSTER_LOCKED', message: 'The cluster is being changed by eve.', fix: 'Wait.' },
      },
    ]),
  ).toEqual(['10:00:00 !! a: [CLUSTER_LOCKED] The cluster is being changed by eve.', '    what to do: Wait.']);
});

test('a second run says that nothing was to be done, a stopped one that it was stopped', () => {
  const end = (parts: Partial<EventBody & { type: 'run-finished' }>): EventBody => ({
    type: 'run-finished',
    outcome: 'succeeded',
    changed: 0,
    unchanged: 3,
    failed: 0,
    skipped: 0,
    milliseconds: 2_000,
    ...parts,
  });
  expect(lines([end({})])).toEqual(['10:00:00 Nothing to change: all 3 steps were done already (2.0 s).']);
  expect(lines([end({ outcome: 'stopped', changed: 1, unchanged: 0, skipped: 2 })])).toEqual([
    '10:00:00 Stopped after 2.0 s: 1 steps changed something, 0 failed, 2 were not run.',
  ]);
});

test('who asks for it sees the log lines of steps and what was left out', () => {
  expect(
    lines(
      [
        ...begin,
        { type: 'step-output', step: start.id, line: 'active' },
        { type: 'step-skipped', step: send.id, because: start.id },
      ],
      true,
    ).slice(2),
  ).toEqual([
    '10:00:02    a: Start containerd | active',
    '10:00:03    a: Send runc: skipped because of containerd/service@a',
  ]);
});

test('no line holds a sign that moves the cursor, whatever a host printed', () => {
  const written = lines(
    [
      ...begin,
      { type: 'step-output', step: start.id, line: 'a\u001b[2Jb\rc\u0007' },
      {
        type: 'step-failed',
        step: start.id,
        failure: { code: 'COMMAND_FAILED', message: 'red \u001b[31mtext', output: 'x\u001b]0;title\u0007y\r\nz' },
      },
    ],
    true,
  );
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  expect(written.filter((line) => /[\u0000-\u001f\u007f-\u009f]/.test(line))).toEqual([]);
});

test('durations', () => {
  expect([0, 940, 9_990, 59_400, 61_000, 3_600_000].map(duration)).toEqual([
    '0.0 s',
    '0.9 s',
    '10.0 s',
    '59 s',
    '1 min 01 s',
    '60 min 00 s',
  ]);
});
