import ssh2, { type ServerChannel } from 'ssh2';
import { expect, test } from 'vitest';
import type { HostEntry } from '../../source/cluster/document.ts';
import { bootstrap, outputMark } from '../../source/hosts/remote-script.ts';
import { SshConnection } from '../../source/hosts/ssh-connection.ts';
import { newKeyPair } from '../../source/practice/host-keys.ts';
import { atEnd } from './ssh-server.ts';

type Answer = (command: string, channel: ServerChannel) => void;

/** A connection to a server that lets everybody in, allows so many sessions, and answers commands as told. */
async function oddHost(answer: Answer, maxSessions = 10): Promise<SshConnection> {
  let sessions = 0;
  const server = new ssh2.Server({ hostKeys: [newKeyPair().private] }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => context.accept());
    client.on('session', (accept, reject) => {
      if (sessions >= maxSessions) return reject();
      sessions++;
      const session = accept();
      session.on('close', () => sessions--);
      session.on('exec', (acceptCommand, _reject, info) => answer(info.command, acceptCommand()));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const entry = { name: 'odd', address: '127.0.0.1', ssh: { user: 'somebody', port } } as HostEntry;
  const keys = { check: () => ({ verdict: 'known' }) as const };
  const connection = new SshConnection(entry, { password: 'x', sudoPassword: 'y' }, keys as never);
  atEnd(async () => {
    await connection.close();
    server.close();
  });
  return connection;
}

const end = (channel: ServerChannel, code: number): void => {
  channel.exit(code);
  channel.end();
};

test('what startup files of the login shell print is no part of an answer', async () => {
  const lines: string[] = [];
  const host = await oddHost((_command, channel) => {
    channel.write('Welcome!\nno line break');
    channel.stderr.write('a warning\n');
    channel.write(`${outputMark}\n0\n`);
    channel.stderr.write(`${outputMark}\n`);
    end(channel, 0);
  });
  const result = await host.run('id -u', [], { onLine: (line) => lines.push(line) });
  expect(result).toEqual({ exitCode: 0, stdout: '0\n', stderr: '' });
  expect(lines).toEqual(['0']);
});

test('the mark is found also when it comes in pieces', async () => {
  const host = await oddHost((_command, channel) => {
    const text = `hello ${outputMark}\n0\n`;
    const send = (index: number): void => {
      if (index === text.length) end(channel, 0);
      else {
        channel.write(text[index]);
        setTimeout(send, 1, index + 1);
      }
    };
    send(0);
  });
  expect((await host.run('id -u')).stdout).toBe('0\n');
});

test.each([
  ['a forced command', 'backup done\n', 0],
  ['a login shell that runs nothing', 'This account is currently not available.\n', 1],
])('%s is told from a shell', async (_what, words, code) => {
  const host = await oddHost((_command, channel) => {
    channel.write(words);
    end(channel, code);
  });
  await expect(host.run('true')).rejects.toMatchObject({
    code: 'SSH_SHELL',
    context: { host: 'odd', output: words.trim() },
  });
});

test('sudo that works only at a terminal is said to be so', async () => {
  const host = await oddHost((command, channel) => {
    if (command.includes('sudo')) {
      channel.stderr.write('sudo: sorry, you must have a tty to run sudo\n');
      return end(channel, 1);
    }
    channel.write(`${outputMark}\n1000\n`);
    end(channel, 0);
  });
  await expect(host.run('true')).rejects.toMatchObject({
    code: 'SUDO_DENIED',
    message: expect.stringContaining('requiretty'),
    fix: expect.stringContaining('!requiretty'),
  });
});

test.each([1, 2, 3])('a server that allows %i sessions at once is used with so many', async (allowed) => {
  let most = 0;
  let now = 0;
  const host = await oddHost((_command, channel) => {
    most = Math.max(most, ++now);
    channel.write(`${outputMark}\n0\n`);
    setTimeout(() => {
      now--;
      end(channel, 0);
    }, 900);
  }, allowed);
  const results = await Promise.all(Array.from({ length: 6 }, () => host.run('slow')));
  expect(results.map((result) => result.exitCode)).toEqual([0, 0, 0, 0, 0, 0]);
  expect(most).toBe(allowed);
});

test('the command line holds nothing that another shell would read in another way', () => {
  // In single quotes a quote ends the word, fish reads backslashes, and csh takes no line breaks and reads "!" anywhere.
  expect(bootstrap).not.toMatch(/['\\\n!]/);
});
