import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { HostEntry, SshSettings } from '../../source/cluster/document.ts';
import type { HostKeyStore } from '../../source/hosts/host-keys.ts';
import { SshConnection } from '../../source/hosts/ssh-connection.ts';
import { type PracticeFleet, type PracticeFleetOptions, startPracticeFleet } from '../../source/practice/fleet.ts';
import { practiceContents } from '../../source/practice/practice-content.ts';

const anyKey: HostKeyStore = { check: () => ({ verdict: 'new' }) };
const endings: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function start(options: Partial<PracticeFleetOptions> = {}): Promise<PracticeFleet> {
  const fleet = await startPracticeFleet({ hosts: 1, speed: 100, ...options });
  endings.push(() => fleet.stop());
  return fleet;
}

function entry(fleet: PracticeFleet, ssh: Partial<SshSettings> = {}): HostEntry {
  const [host] = fleet.hosts;
  if (host === undefined) throw new TypeError('a fleet has a host');
  const { passwordFile: _, ...settings } = host.ssh;
  return { ...host, ssh: { ...settings, ...ssh } };
}

function connectTo(...parameters: ConstructorParameters<typeof SshConnection>): SshConnection {
  const connection = new SshConnection(...parameters);
  endings.push(() => connection.close());
  return connection;
}

const content = practiceContents()(3_000_000);
const upload = { target: '/var/lib/landfall/file', mode: 0o644, ...content };

test('an upload arrives whole although the channel opens long after it was asked for', async () => {
  const fleet = await start({ speed: 1000 });
  const connection = connectTo(entry(fleet), { password: fleet.password }, anyKey);
  const progress: number[] = [];
  await connection.upload({ ...upload, onProgress: (sent) => progress.push(sent) });
  expect(progress.at(-1)).toBe(content.size);
  expect(fleet.host('node-1').received()).toBe(content.size);
});

test('small files are written and read back over SSH; a missing one is undefined', async () => {
  const fleet = await start();
  const connection = connectTo(entry(fleet), { password: fleet.password }, anyKey);
  const text = `it's ${randomBytes(2000).toString('base64')}\n漢字\n`;
  await connection.writeFile(`/etc/it's here`, text, 0o600);
  expect(await connection.readFile(`/etc/it's here`)).toBe(text);
  expect(await connection.readFile('/etc/none')).toBeUndefined();
});

test('an aborted upload ends at once, keeps what arrived, and goes on there', async () => {
  const fleet = await start({ faults: 'slow-disk:node-1', speed: 1, scale: 0.25 });
  const connection = connectTo(entry(fleet), { password: fleet.password }, anyKey);
  const controller = new AbortController();
  const began = Date.now();
  const attempt = connection.upload({ ...upload, signal: controller.signal });
  const watch = setInterval(() => fleet.host('node-1').received() > 0 && controller.abort(), 10);
  await expect(attempt).rejects.toMatchObject({ code: 'ABORTED' });
  clearInterval(watch);
  // The rest would have taken four seconds more.
  expect(Date.now() - began).toBeLessThan(3000);
  const arrived = fleet.host('node-1').received();
  expect(arrived).toBeGreaterThan(0);
  expect(arrived).toBeLessThan(content.size);
});

test('a command that takes too long ends in an error that says so', async () => {
  const fleet = await start({ speed: 0.01 });
  const connection = connectTo(entry(fleet), { password: fleet.password }, anyKey);
  await expect(connection.run('id -u', [], { timeout: 50, unprivileged: true })).rejects.toMatchObject({
    code: 'COMMAND_TIMEOUT',
  });
});

test('a connection that broke is made again by the next command', async () => {
  const fleet = await start();
  const connection = connectTo(entry(fleet), { password: fleet.password }, anyKey);
  expect((await connection.run('id -u')).stdout).toBe('0\n');
  fleet.server('node-1').cut(0);
  await expect.poll(() => fleet.server('node-1').connections()).toBe(0);
  await expect
    .poll(() =>
      connection.run('id -u').then(
        (result) => result.stdout,
        (error: Error) => error.message,
      ),
    )
    .toBe('0\n');
});
