import { expect, test, vi } from 'vitest';
import type { EventBody } from '../../source/engine/events.ts';
import { practiceContents } from '../../source/practice/practice-content.ts';
import { connectTo, runInstall, startFleet } from './fleet.ts';

// Both ends of every connection work in this process, and machines that run tests are busy.
vi.setConfig({ testTimeout: 120_000 });

const failures = (events: readonly EventBody[]) => events.filter((event) => event.type === 'step-failed');
const attempts = (events: readonly EventBody[], step: string): number =>
  events.filter((event) => event.type === 'step-started' && event.step === step).length;
const content = practiceContents()(4_000_000);
const upload = { target: '/var/lib/landfall/file', mode: 0o644, ...content };

test('a whole install of five hosts succeeds, sends real bytes, and a second one changes nothing', async () => {
  const fleet = await startFleet({ hosts: 5 });
  const first = await runInstall(fleet);
  expect(first.result).toMatchObject({ outcome: 'succeeded', failed: [], skipped: 0 });
  expect(first.result.changed).toBeGreaterThan(50);
  const everyHost = Math.round(33e6 * fleet.scale) + Math.round(12e6 * fleet.scale);
  expect(fleet.host('node-5').received()).toBe(everyHost);
  expect(fleet.host('node-1').received()).toBeGreaterThan(everyHost + 600e6 * fleet.scale);
  const sent = first.events.filter(
    (event) => event.type === 'step-progress' && event.step === 'registry/essentials@node-1' && event.unit === 'bytes',
  );
  expect(sent.at(-1)).toMatchObject({ done: 420e6 * fleet.scale, total: 420e6 * fleet.scale });
  const second = await runInstall(fleet);
  expect(second.result).toMatchObject({ outcome: 'succeeded', changed: 0 });
});

test('a connection lost in the middle of a file goes on at the byte where it broke', async () => {
  const fleet = await startFleet({ faults: 'lost-connection:node-1@40%' });
  const connection = connectTo(fleet, 'node-1', { password: fleet.password });
  const starts: number[] = [];
  const open = (offset: number) => {
    starts.push(offset);
    return content.open(offset);
  };
  const broken = connection.upload({ ...upload, open });
  await expect(broken).rejects.toMatchObject({ code: 'SSH_LOST', transient: true });
  const arrived = fleet.host('node-1').received();
  expect(arrived).toBeGreaterThanOrEqual(content.size * 0.4);
  expect(arrived).toBeLessThan(content.size);
  await connection.upload({ ...upload, open });
  expect(starts.at(-1)).toBe(arrived);
  expect(fleet.host('node-1').received()).toBe(content.size);
});

test('with a lost connection the install tries again by itself and succeeds', async () => {
  const fleet = await startFleet({ hosts: 4, faults: 'lost-connection:node-4@40%' });
  const { result, events } = await runInstall(fleet);
  expect(result.outcome).toBe('succeeded');
  expect(failures(events).map((event) => event.failure.code)).toContain('SSH_LOST');
  expect(events.some((event) => event.type === 'question')).toBe(false);
});

test('a host that loses power refuses connections until it is back, and the install goes on', async () => {
  const fleet = await startFleet({ hosts: 4, faults: 'power-off:node-4' });
  const { result, events } = await runInstall(fleet);
  expect(result.outcome).toBe('succeeded');
  const codes = failures(events).map((event) => event.failure.code);
  expect(codes).toContain('SSH_LOST');
  expect(codes).toContain('SSH_UNREACHABLE');
});

test('a full disk is a question with what to do, and the second try goes on', async () => {
  const fleet = await startFleet({ hosts: 4, faults: 'full-disk:node-4' });
  const asked: { readonly code: string; readonly step: string; readonly fix: string }[] = [];
  const { result, events } = await runInstall(fleet, (failure, step) => {
    asked.push({ code: failure.code, step, fix: failure.fix ?? '' });
    return 'retry';
  });
  expect(asked).toEqual([
    { code: 'DISK_FULL', step: expect.stringMatching(/upload@node-4/), fix: expect.stringContaining('Make room') },
  ]);
  expect(attempts(events, asked[0]?.step ?? '')).toBe(2);
  expect(result.outcome).toBe('succeeded');
});

test('a failed check names the program in the way, and is over after it was seen', async () => {
  const fleet = await startFleet({ hosts: 1, faults: 'failed-check:node-1' });
  const { result, events } = await runInstall(fleet, () => 'retry');
  expect(result.outcome).toBe('succeeded');
  const named = {
    step: 'preflight/host@node-1',
    failure: { code: 'PREFLIGHT_BLOCKED', message: expect.stringContaining('6443/tcp ← nginx') },
  };
  // The program goes away when the host is looked at for the third time; the login was the first.
  expect(failures(events)).toMatchObject([named, named]);
});

test('a worker with a wrong password is left out; the others are installed, and the run says that it failed', async () => {
  const fleet = await startFleet({ hosts: 5, faults: 'wrong-password:node-5' });
  const { result } = await runInstall(fleet);
  expect(result.outcome).toBe('failed');
  expect(result.failed.map(({ step, error }) => `${step.id} ${error.code}`)).toEqual(['connect/host@node-5 SSH_AUTH']);
  expect(fleet.host('node-4').applied()).toContain('kubernetes/join@node-4');
  expect(fleet.host('node-5').applied()).toEqual([]);
});

test('a slow disk takes its time and fails nothing', async () => {
  const fleet = await startFleet({ hosts: 2, faults: 'slow-disk:node-2', speed: 20, scale: 1 / 16 });
  const began = Date.now();
  await connectTo(fleet, 'node-2', { password: fleet.password }).upload(upload);
  // 4 MB at 20 x 40 MB/s / 16 take 80 ms, and 15 times that on a slow disk.
  expect(Date.now() - began).toBeGreaterThan(1000);
});

test('no connection has more sessions than sshd allows, however many commands run at once', async () => {
  const fleet = await startFleet();
  const connection = connectTo(fleet, 'node-1', { password: fleet.password });
  const results = await Promise.all(Array.from({ length: 60 }, () => connection.run('id -u')));
  expect(results.every((result) => result.stdout === '0\n')).toBe(true);
  expect(fleet.server('node-1').connections()).toBe(1);
  expect(fleet.server('node-1').mostSessions()).toBeGreaterThan(1);
  expect(fleet.server('node-1').mostSessions()).toBeLessThanOrEqual(10);
});
