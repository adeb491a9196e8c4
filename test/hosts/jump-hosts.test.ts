import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { openJumpHosts, parseJumpHost } from '../../source/hosts/jump-hosts.ts';
import { anyKey, connectToPort, startSshServer } from './ssh-server.ts';

const letIn = (password: string) => (context: import('ssh2').AuthContext) =>
  context.method === 'password' && context.password === password ? context.accept() : context.reject(['password']);

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('hosts behind a jump host share one connection to it, which ends with the last of them', async () => {
  const jump = await startSshServer(letIn('word'));
  const [first, second] = [await startSshServer(letIn('word')), await startSshServer(letIn('word'))];
  const jumpHosts = openJumpHosts(anyKey);
  const ssh = { jumpHost: `gate@127.0.0.1:${jump.port}` };
  const connections = [first, second].map((server) => connectToPort(server.port, { password: 'word' }, ssh, jumpHosts));
  const results = await Promise.all(connections.map((connection) => connection.run('id -u')));
  expect(results.map((result) => result.stdout)).toEqual(['0\n', '0\n']);
  expect([jump.opened(), first.opened(), second.opened()]).toEqual([1, 1, 1]);
  await connections[0]?.close();
  expect((await connections[1]?.run('id -u'))?.stdout).toBe('0\n');
  await connections[1]?.close();
  await expect.poll(() => jump.connections()).toBe(0);
});

test('a jump host that refuses the login is named, and the host behind it is not blamed', async () => {
  const jump = await startSshServer(letIn('other'));
  const attempt = connectToPort(1, { password: 'word' }, { jumpHost: `gate@127.0.0.1:${jump.port}` }).run('id -u');
  await expect(attempt).rejects.toMatchObject({
    code: 'SSH_AUTH',
    message: expect.stringMatching(/^the jump host 127\.0\.0\.1 .* refused the login of gate; tried password/),
  });
});

test('a host that cannot be reached from the jump host says so, and another try may succeed', async () => {
  const jump = await startSshServer(letIn('word'));
  const port = await closedPort();
  const attempt = connectToPort(port, { password: 'word' }, { jumpHost: `127.0.0.1:${jump.port}` }).run('id -u');
  await expect(attempt).rejects.toMatchObject({
    code: 'SSH_UNREACHABLE',
    transient: true,
    message: expect.stringContaining('cannot be reached from the jump host 127.0.0.1'),
  });
  await expect.poll(() => jump.connections()).toBe(0);
});

test('user and port of a jump host may be left out', () => {
  const host = {
    name: 'a',
    address: '10.0.0.1',
    role: 'worker',
    connection: 'ssh',
    ssh: { user: 'root', port: 2222, jumpHost: 'x' },
  } as const;
  expect(parseJumpHost('gate', host)).toMatchObject({ address: 'gate', ssh: { user: 'root', port: 22 } });
  expect(parseJumpHost('me@10.0.0.9:2200', host)).toMatchObject({
    address: '10.0.0.9',
    ssh: { user: 'me', port: 2200 },
  });
  expect(() => parseJumpHost('a@b@c', host)).toThrow(expect.objectContaining({ code: 'SSH_JUMP_HOST' }));
});
