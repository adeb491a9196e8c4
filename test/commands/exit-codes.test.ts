import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { clusterHome } from '../../source/cluster/home.ts';
import type { EventBody, RunOutcome } from '../../source/engine/events.ts';
import { type RunDirectory, writeRequest } from '../../source/runs/run-directory.ts';
import { claimFor, clusterDocument, documentText, emptyRun, journalText, temporaryHome } from '../runs/home.ts';
import { buildProgram, type Ended, type Program } from './program.ts';

let program: Program;
let home: string;
let document: string;
beforeAll(async () => {
  program = await buildProgram();
}, 60_000);
afterAll(() => program.remove());
beforeEach(() => {
  home = temporaryHome();
  document = path.join(home, 'cluster.yaml');
  writeFileSync(document, documentText());
});

const landfall = (...args: readonly string[]): Promise<Ended> => program.run(args, { LANDFALL_HOME: home });

/** Lets the home know the cluster, as an apply does. */
function know(): void {
  mkdirSync(clusterHome('demo'), { recursive: true });
  writeFileSync(path.join(clusterHome('demo'), 'cluster.json'), JSON.stringify({ document: clusterDocument() }));
}

function recordedRun(outcome: RunOutcome | undefined): RunDirectory {
  const run = emptyRun();
  const bodies: EventBody[] = [
    { type: 'run-started', run: run.id, workflow: 'install', cluster: 'demo', processId: 1 },
  ];
  if (outcome !== undefined) {
    bodies.push({ type: 'run-finished', outcome, changed: 2, unchanged: 1, failed: 0, skipped: 0, milliseconds: 1000 });
  }
  writeFileSync(run.journal, journalText(bodies));
  return run;
}

test('help and version are no errors', async () => {
  const [help, version] = await Promise.all([landfall('--help'), landfall('--version')]);
  expect(help).toMatchObject({ code: 0, stderr: '' });
  expect(help.stdout).toContain('apply');
  expect(version.code).toBe(0);
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('what was typed wrong is 2, said on standard error', async () => {
  const wrong: readonly (readonly string[])[] = [
    ['conquer'],
    ['apply'],
    ['apply', document, '--no-such-option'],
    ['apply', document, '--output', 'html'],
    ['status', '--output', 'html'],
    ['watch', '--output', 'html'],
  ];
  const ended = await Promise.all(wrong.map((args) => landfall(...args)));
  expect(ended.map(({ code }) => code)).toEqual(wrong.map(() => 2));
  expect(ended.filter(({ stderr }) => stderr === '')).toEqual([]);
  expect(ended.filter(({ stdout }) => stdout !== '')).toEqual([]);
});

test('a document that is missing or wrong is 2, with the place', async () => {
  const broken = path.join(home, 'broken.yaml');
  writeFileSync(broken, documentText().replace('role: worker', 'role: wroker'));
  const [missing, wrong] = await Promise.all([
    landfall('apply', path.join(home, 'none.yaml'), '--yes'),
    landfall('apply', broken, '--yes'),
  ]);
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('[DOCUMENT_MISSING]') });
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/broken\.yaml:\d+:\d+:/) });
});

test('what is not known here is 2', async () => {
  const unknown = await landfall('status', 'elsewhere');
  expect(unknown).toMatchObject({ code: 2, stderr: expect.stringContaining('[CLUSTER_UNKNOWN]') });
  const first = await landfall('apply', document, '--yes');
  expect(first).toMatchObject({ code: 2, stderr: expect.stringContaining('[BUNDLE_MISSING]') });
  know();
  const never = await landfall('watch', 'demo');
  expect(never).toMatchObject({ code: 2, stderr: expect.stringContaining('[RUN_UNKNOWN]') });
  const journal = await landfall('replay', path.join(home, 'none.ndjson'));
  expect(journal).toMatchObject({ code: 2, stderr: expect.stringContaining('[JOURNAL_MISSING]') });
});

test('nothing is changed without a yes where nobody can be asked', async () => {
  know();
  const reset = await landfall('reset', 'demo');
  expect(reset).toMatchObject({ code: 2, stderr: expect.stringContaining('[CONFIRMATION_NEEDED]') });
});

test('a watched run gives its outcome as exit code: 0, 1 when it failed or died, 3 when it was stopped', async () => {
  know();
  const codes: (number | null)[] = [];
  for (const outcome of ['succeeded', 'failed', 'stopped', undefined] as const) {
    recordedRun(outcome);
    const { code, stderr } = await landfall('watch', 'demo');
    codes.push(code);
    if (outcome === undefined) expect(stderr).toContain('[RUN_DIED]');
  }
  expect(codes).toEqual([0, 1, 3, 1]);
});

test('a journal is replayed in both forms; ndjson is the journal itself', async () => {
  const { journal } = recordedRun('succeeded');
  const [plain, ndjson] = await Promise.all([
    landfall('replay', journal),
    landfall('replay', journal, '--output', 'ndjson'),
  ]);
  expect(plain).toMatchObject({ code: 0, stderr: '' });
  expect(plain.stdout).toContain('Finished in 1.0 s: 2 steps changed something, 1 were done already.');
  expect(ndjson).toMatchObject({ code: 0, stdout: readFileSync(journal, 'utf8') });
});

test('a run of another workflow that goes on is 4, and nothing is started', async () => {
  know();
  const run = recordedRun(undefined);
  writeRequest(run, { workflow: 'install', document: clusterDocument(), questions: 'skip-host', takeOver: false });
  const other = spawn('sleep', ['60']);
  try {
    const status = readFileSync(`/proc/${other.pid}/stat`, 'utf8');
    claimFor(run, other.pid ?? 0, status.slice(status.lastIndexOf(')') + 2).split(' ')[19] ?? '');
    const reset = await landfall('reset', 'demo', '--yes');
    expect(reset).toMatchObject({ code: 4, stdout: '', stderr: expect.stringContaining('[RUN_ACTIVE]') });
    expect(reset.stderr).toContain(`landfall watch demo`);
  } finally {
    other.kill('SIGKILL');
  }
});

test('a reset whose hosts cannot be reached is 1 and names them', async () => {
  writeFileSync(
    document,
    documentText().replaceAll('192.0.2.', '127.0.0.').replaceAll('user: root', 'user: root, port: 1'),
  );
  const reset = await landfall('reset', document, '--yes');
  expect(reset.code).toBe(1);
  expect(reset.stdout).toMatch(/!! node-1: \[SSH_UNREACHABLE\] node-1 \(127\.0\.0\.1:1\) cannot be reached/);
});
