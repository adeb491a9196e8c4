import { spawnSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import type { EventBody, JournalEvent } from '../../source/engine/events.ts';
import { followRun, journalReader } from '../../source/runs/follow.ts';
import { claimRun, type RunDirectory } from '../../source/runs/run-directory.ts';
import { journalSummary } from '../../source/runs/summary.ts';
import { claimFor, emptyRun, journalText, temporaryHome } from './home.ts';

const started: EventBody = { type: 'run-started', run: 'r', workflow: 'install', cluster: 'demo', processId: 1 };
const finished: EventBody = {
  type: 'run-finished',
  outcome: 'succeeded',
  changed: 1,
  unchanged: 0,
  failed: 0,
  skipped: 0,
  milliseconds: 5,
};
const note = (text: string): EventBody => ({ type: 'note', text });

let run: RunDirectory;
beforeEach(() => {
  temporaryHome();
  run = emptyRun();
});

async function followed(signal?: AbortSignal): Promise<readonly JournalEvent[]> {
  const events: JournalEvent[] = [];
  for await (const event of followRun(run, signal)) events.push(event);
  return events;
}

test('a reader gives whole lines only, each once, also when a letter of several bytes is torn', () => {
  const read = journalReader(run.journal);
  expect(read()).toEqual([]);
  const bytes = Buffer.from(journalText([note('one'), note('zwölf 漢字')]));
  const cut = bytes.indexOf(Buffer.from('字')) + 1;
  writeFileSync(run.journal, bytes.subarray(0, cut));
  expect(read()).toMatchObject([{ text: 'one' }]);
  appendFileSync(run.journal, bytes.subarray(cut));
  expect(read()).toMatchObject([{ text: 'zwölf 漢字' }]);
  expect(read()).toEqual([]);
});

test('a line that a crash tore is left out and the rest is read', () => {
  writeFileSync(run.journal, `${journalText([note('one')])}{"type":"no\n${journalText([note('two')])}`);
  expect(journalReader(run.journal)()).toMatchObject([{ text: 'one' }, { text: 'two' }]);
});

test('a finished run is shown to its end, whether its process lives or not', async () => {
  writeFileSync(run.journal, journalText([started, finished]));
  expect((await followed()).map((event) => event.type)).toEqual(['run-started', 'run-finished']);
});

test('a run that goes on is followed as its journal grows', async () => {
  claimRun(run);
  writeFileSync(run.journal, journalText([started]));
  const following = followed();
  await new Promise((resolve) => setTimeout(resolve, 250));
  appendFileSync(run.journal, journalText([note('later')]));
  await new Promise((resolve) => setTimeout(resolve, 250));
  appendFileSync(run.journal, journalText([finished]));
  expect((await following).map((event) => event.type)).toEqual(['run-started', 'note', 'run-finished']);
});

test('a run whose process died is shown as far as it came, and then called dead', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  claimFor(run, pid, '1');
  writeFileSync(run.journal, journalText([started]));
  const events: JournalEvent[] = [];
  const following = (async () => {
    for await (const event of followRun(run)) events.push(event);
  })();
  await expect(following).rejects.toMatchObject({ code: 'RUN_DIED', exitStatus: 1 });
  expect(events).toMatchObject([{ type: 'run-started' }]);
});

test('a person can leave a run that goes on', async () => {
  claimRun(run);
  writeFileSync(run.journal, journalText([started]));
  const leave = new AbortController();
  setTimeout(() => leave.abort(), 150);
  expect(await followed(leave.signal)).toHaveLength(1);
});

test('a summary says what a run was and how it ended, and no end for one that has none', () => {
  writeFileSync(run.journal, journalText([started]));
  expect(journalSummary(run.journal)).toEqual({ workflow: 'install' });
  appendFileSync(run.journal, journalText([finished]));
  expect(journalSummary(run.journal)).toEqual({ workflow: 'install', outcome: 'succeeded' });
});
