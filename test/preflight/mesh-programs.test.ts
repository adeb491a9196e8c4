import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { assetsDirectory } from '../../source/assets.ts';

const file = (name: string): string => path.join(assetsDirectory(), 'hosts/preflight', name);
const programs = [
  ['perl', ['perl', file('mesh.pl')]],
  ['python3', ['python3', file('mesh.py')]],
] as const;

/** Ports below those the kernel gives to outgoing connections, free at this moment. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const free = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

describe.each(programs)('mesh program in %s', (interpreter, [program, script]) => {
  const running: ChildProcess[] = [];
  afterEach(() => {
    for (const child of running.splice(0)) child.kill();
  });

  const listen = (
    targets: readonly string[],
  ): Promise<{ readonly child: ChildProcess; readonly lines: readonly string[] }> =>
    new Promise((resolve, reject) => {
      const child = spawn(program, [script, 'listen', '20', ...targets], { stdio: ['pipe', 'pipe', 'inherit'] });
      running.push(child);
      let text = '';
      child.once('error', reject);
      child.stdout?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.includes('ready\n')) resolve({ child, lines: text.trim().split('\n') });
      });
    });
  const connect = (targets: readonly string[]): readonly string[] =>
    spawnSync(program, [script, 'connect', '2', ...targets], { encoding: 'utf8' })
      .stdout.trim()
      .split('\n')
      .toSorted();

  test.skipIf(spawnSync(interpreter, ['-v']).error !== undefined)(
    'listens, tells what is held, and says what became of each connection',
    async () => {
      const [tcp, udp, held, shut] = [await freePort(), await freePort(), await freePort(), await freePort()];
      const holder = createServer((socket) => socket.end());
      await new Promise<void>((resolve) => holder.listen(held, '0.0.0.0', resolve));
      try {
        const { child, lines } = await listen([`${tcp}/tcp`, `${udp}/udp`, `${held}/tcp`]);
        expect(lines).toEqual([`listening ${tcp}/tcp`, `listening ${udp}/udp`, `held ${held}/tcp`, 'ready']);
        const answers = connect([
          `127.0.0.1:${tcp}/tcp`,
          `127.0.0.1:${udp}/udp`,
          `127.0.0.1:${held}/tcp`,
          `127.0.0.1:${shut}/tcp`,
          `127.0.0.1:${shut}/udp`,
        ]);
        expect(answers).toEqual(
          [
            `127.0.0.1:${tcp}/tcp open`,
            `127.0.0.1:${udp}/udp open`,
            `127.0.0.1:${held}/tcp open`,
            `127.0.0.1:${shut}/tcp refused`,
            `127.0.0.1:${shut}/udp refused`,
          ].toSorted(),
        );
        // The connection that started it is gone, and so is it.
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.stdin?.end();
        expect(await ended).toBe(0);
      } finally {
        holder.close();
      }
    },
    30_000,
  );
});
