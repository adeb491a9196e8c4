import { expect, test, vi } from 'vitest';
import { gatherFacts } from '../../source/hosts/gather-facts.ts';
import { connectTo, startFleet } from './fleet.ts';

// Both ends of every connection work in this process, and machines that run tests are busy.
vi.setConfig({ testTimeout: 120_000 });

const whoAmI = async (connection: ReturnType<typeof connectTo>): Promise<string> =>
  (await connection.run('id -u')).stdout.trim();

test('the password, the key and keyboard-interactive log in, each alone', async () => {
  const byPassword = await startFleet({ methods: ['password'] });
  expect(await whoAmI(connectTo(byPassword, 'node-1', { password: byPassword.password }))).toBe('0');
  const byKeyboard = await startFleet({ methods: ['keyboard-interactive'] });
  expect(await whoAmI(connectTo(byKeyboard, 'node-1', { password: byKeyboard.password }))).toBe('0');
  const byKey = await startFleet({ methods: ['publickey'] });
  expect(await whoAmI(connectTo(byKey, 'node-1', {}, { keyFile: byKey.keyFile }))).toBe('0');
});

test('a wrong password is refused, and the message says what was tried and what the host offers', async () => {
  const fleet = await startFleet({ methods: ['publickey', 'password'] });
  const attempt = connectTo(fleet, 'node-1', { password: 'wrong' }).run('id -u');
  await expect(attempt).rejects.toMatchObject({ code: 'SSH_AUTH', transient: false, context: { host: 'node-1' } });
  await expect(attempt).rejects.toThrow(/tried password, the server offers publickey, password/);
});

test('a host with a fault of its password takes its own one and no other, nor the key', async () => {
  const fleet = await startFleet({ hosts: 2, faults: 'wrong-password:node-2' });
  expect(await whoAmI(connectTo(fleet, 'node-1', { password: fleet.password }))).toBe('0');
  await expect(connectTo(fleet, 'node-2', { password: fleet.password }).run('id -u')).rejects.toThrow('refused');
  await expect(connectTo(fleet, 'node-2', {}, { keyFile: fleet.keyFile }).run('id -u')).rejects.toThrow('refused');
  expect(await whoAmI(connectTo(fleet, 'node-2', { password: fleet.hostPassword('node-2') }))).toBe('0');
});

test('a user who is not root becomes it by sudo with the password, and only with it', async () => {
  const fleet = await startFleet({ user: 'operator' });
  const connection = connectTo(fleet, 'node-1', { password: fleet.password });
  expect(await whoAmI(connection)).toBe('0');
  expect((await connection.run('id -u', [], { unprivileged: true })).stdout.trim()).toBe('1000');
  await connection.writeFile('/etc/file', 'written below sudo', 0o644);
  expect(await connection.readFile('/etc/file')).toBe('written below sudo');
  const wrong = connectTo(fleet, 'node-1', { password: fleet.password, sudoPassword: 'wrong' });
  await expect(wrong.run('id -u')).rejects.toMatchObject({ code: 'SUDO_PASSWORD' });
});

test('facts are those of a plausible machine, the same for the same seed, and other ones for another', async () => {
  const facts = async (seed: number) => {
    const fleet = await startFleet({ hosts: 3, seed });
    const found = fleet.hosts.map((host) => gatherFacts(connectTo(fleet, host.name, { password: fleet.password })));
    return (await Promise.all(found)).map(({ time: _time, ...rest }) => rest);
  };
  const [first, again, other] = [await facts(7), await facts(7), await facts(8)];
  expect(first).toEqual(again);
  expect(first).not.toEqual(other);
  for (const host of first) {
    expect(host).toMatchObject({ architecture: 'amd64', cgroupVersion: 2, swap: 0, leftovers: [] });
    expect(host.memory).toBeGreaterThan(7e9);
    expect(host.addresses).toContainEqual(expect.objectContaining({ interface: 'eth0', mtu: 1500 }));
    expect(host.mounts[0]?.free).toBeGreaterThan(50e9);
  }
  expect(new Set(first.map((host) => host.machineId)).size).toBe(3);
});

test('a script that is not known is refused with 127 and runs nowhere', async () => {
  const fleet = await startFleet();
  const connection = connectTo(fleet, 'node-1', { password: fleet.password });
  const result = await connection.run('touch /tmp/landfall-never; systemctl start containerd');
  expect(result).toMatchObject({ exitCode: 127, stdout: '' });
  expect(result.stderr).toContain('practice host and cannot run real commands');
});

test('the servers listen on loopback only, each with a host key of its own', async () => {
  const fleet = await startFleet({ hosts: 4 });
  expect(fleet.hosts.map((host) => host.address)).toEqual(Array(4).fill('127.0.0.1'));
  expect(new Set(fleet.hosts.map((host) => host.ssh.port)).size).toBe(4);
});
