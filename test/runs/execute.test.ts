import { beforeEach, expect, test } from 'vitest';
import type { JournalEvent } from '../../source/engine/events.ts';
import { readJournal } from '../../source/engine/journal.ts';
import type { Step } from '../../source/engine/step.ts';
import { LandfallError } from '../../source/errors.ts';
import type { CommandResult } from '../../source/hosts/connection.ts';
import { BaseConnection } from '../../source/hosts/connection-base.ts';
import type { ConnectedHost } from '../../source/phases/context.ts';
import { sendControl } from '../../source/runs/control.ts';
import { executeRun, type PreparedRun } from '../../source/runs/execute.ts';
import type { RunRequest } from '../../source/runs/request.ts';
import { isRunning, type RunDirectory } from '../../source/runs/run-directory.ts';
import { clusterDocument, emptyRun, temporaryHome } from './home.ts';

/** A host that answers what the lock's script would, and nothing else. */
class LockHost extends BaseConnection {
  readonly name: string;
  readonly asked: string[] = [];
  readonly #answer: string;

  constructor(name: string, answer: string) {
    super();
    this.name = name;
    this.#answer = answer;
  }

  async run(_script: string, args: readonly string[] = []): Promise<CommandResult> {
    this.asked.push(args[0] ?? '');
    return { exitCode: 0, stdout: `${this.#answer}\n`, stderr: '' };
  }

  async close(): Promise<void> {}
}

let run: RunDirectory;
beforeEach(() => {
  temporaryHome();
  run = emptyRun();
});

const request = (workflow: 'reset' | 'install', questions: 'ask' | 'skip-host' = 'skip-host'): RunRequest => {
  const common = { document: clusterDocument(), questions, takeOver: false } as const;
  return workflow === 'reset' ? { ...common, workflow, keepData: false } : { ...common, workflow };
};

const step = (apply: () => Promise<void>): Step => ({
  id: 'do/it@node-1',
  phase: 'do',
  host: 'node-1',
  title: 'Do it',
  kind: 'host',
  after: [],
  probe: async () => ({ state: 'needed' }),
  apply,
  verify: async () => {},
});

function prepared(parts: Partial<PreparedRun>, apply: () => Promise<void> = async () => {}): PreparedRun {
  const hosts = [new LockHost('node-1', 'taken'), new LockHost('node-2', 'taken')];
  return {
    plan: { workflow: 'reset', cluster: 'demo', phases: [{ id: 'do', title: 'Do', steps: [step(apply)] }] },
    host: async (name) => ({ connection: hosts.find((host) => host.name === name) }) as unknown as ConnectedHost,
    secretValues: () => [],
    close: async () => {},
    ...parts,
  };
}

const events = (): readonly JournalEvent[] => readJournal(run.journal);
const types = (): readonly string[] => events().map((event) => event.type);

test('a run takes the lock, executes, concludes, releases the lock, and only then is finished', async () => {
  const order: string[] = [];
  const host = new LockHost('node-1', 'taken');
  await executeRun(run, request('reset'), {}, async () =>
    prepared(
      {
        host: async () => ({ connection: host }) as unknown as ConnectedHost,
        conclude: async () => {
          order.push(`concluded after ${types().at(-1)}`);
        },
        close: async () => {
          order.push(`closed after ${types().at(-1)}`);
        },
      },
      async () => {
        order.push('applied');
      },
    ),
  );
  expect(order).toEqual(['applied', 'concluded after step-finished', 'closed after run-finished']);
  expect(host.asked).toEqual(['take', 'release']);
  expect(events().at(-1)).toMatchObject({ type: 'run-finished', outcome: 'succeeded', changed: 1 });
  expect(isRunning(run)).toBe(true);
});

test('a failure to prepare is in the journal, with its host, and ends the run', async () => {
  await executeRun(run, request('install'), {}, async () => {
    throw new LandfallError({ code: 'BUNDLE_MISSING', message: 'gone', fix: 'find it', context: { host: 'node-1' } });
  });
  expect(events()).toMatchObject([
    { type: 'run-started', run: run.id, cluster: 'demo', processId: process.pid },
    { type: 'run-failed', host: 'node-1', failure: { code: 'BUNDLE_MISSING', message: 'gone', fix: 'find it' } },
    { type: 'run-finished', outcome: 'failed', failed: 1 },
  ]);
});

test('a conclusion that fails makes the run failed, and the lock is released', async () => {
  const host = new LockHost('node-1', 'taken');
  await executeRun(run, request('reset'), {}, async () =>
    prepared({
      host: async () => ({ connection: host }) as unknown as ConnectedHost,
      conclude: async () => Promise.reject(new Error('disk is full')),
    }),
  );
  expect(events().at(-1)).toMatchObject({ type: 'run-finished', outcome: 'failed' });
  expect(host.asked).toEqual(['take', 'release']);
});

test('a cluster that somebody else changes is left alone', async () => {
  let applied = false;
  const host = new LockHost('node-1', '3 20260101-000000-install-ffff eve@elsewhere');
  await executeRun(run, request('reset'), {}, async () =>
    prepared({ host: async () => ({ connection: host }) as unknown as ConnectedHost }, async () => {
      applied = true;
    }),
  );
  expect(applied).toBe(false);
  expect(events().find((event) => event.type === 'run-failed')).toMatchObject({ failure: { code: 'CLUSTER_LOCKED' } });
});

test('the lock of an own run whose process is dead is taken', async () => {
  const dead = emptyRun('20251231-000000-install-dead');
  const answers = [`3 ${dead.id} me@here`, 'taken'];
  const host = new LockHost('node-1', '');
  host.run = async () => ({ exitCode: 0, stdout: answers.shift() ?? '', stderr: '' });
  await executeRun(run, request('reset'), {}, async () =>
    prepared({ host: async () => ({ connection: host }) as unknown as ConnectedHost }),
  );
  expect(events().at(-1)).toMatchObject({ outcome: 'succeeded' });
});

test('a reset goes on where the first control plane is dead, an install does not', async () => {
  const other = new LockHost('node-2', 'taken');
  const unreachable = new LandfallError({ code: 'SSH_UNREACHABLE', message: 'no answer', context: { host: 'node-1' } });
  const host = async (name: string): Promise<ConnectedHost> => {
    if (name === 'node-1') throw unreachable;
    return { connection: other } as unknown as ConnectedHost;
  };
  await executeRun(run, request('reset'), {}, async () => prepared({ host }));
  expect(events().find((event) => event.type === 'note')).toMatchObject({
    text: 'node-1 cannot be reached; node-2 holds the lock of the cluster instead',
  });
  expect(events().at(-1)).toMatchObject({ outcome: 'succeeded' });
  run = emptyRun('20260102-000000-install-0001');
  await executeRun(run, request('install'), {}, async () => prepared({ host }));
  expect(events().find((event) => event.type === 'run-failed')).toMatchObject({ failure: { code: 'SSH_UNREACHABLE' } });
});

test('a question waits for its answer from outside', async () => {
  let tries = 0;
  const executing = executeRun(run, request('reset', 'ask'), {}, async () =>
    prepared({}, async () => {
      if (++tries === 1) throw new Error('not yet');
    }),
  );
  const until = Date.now() + 5000;
  while (!types().includes('question') && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 20));
  sendControl(run, { type: 'answer', question: 'do/it@node-1#1', answer: 'retry' });
  await executing;
  expect(tries).toBe(2);
  expect(events().at(-1)).toMatchObject({ outcome: 'succeeded' });
});

test('secrets that were typed or prepared never reach the journal', async () => {
  await executeRun(run, request('reset'), { 'node-1': { password: 'typed-secret' } }, async () =>
    prepared({ secretValues: () => ['typed-secret', 'made-secret'] }, async () =>
      Promise.reject(new Error('refused typed-secret and made-secret')),
    ),
  );
  const failure = events().find((event) => event.type === 'step-failed');
  expect(failure).toMatchObject({ failure: { message: 'refused «hidden» and «hidden»' } });
});
