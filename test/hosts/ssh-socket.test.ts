import { type AddressInfo, createServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { openSshSocket } from '../../source/hosts/ssh-socket.ts';

let server: Server | undefined;

afterEach(() => {
  server?.close();
});

test('what is written in one turn leaves in one system call', async () => {
  const received: Buffer[] = [];
  let ended = (): void => {};
  const whole = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const listener = createServer((socket) => {
    socket.on('data', (chunk) => received.push(chunk));
    socket.on('end', () => ended());
  });
  server = listener;
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const socket = openSshSocket('127.0.0.1', port);
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  const turns: number[] = [];
  const prototype = Object.getPrototypeOf(socket) as { _writev(chunks: readonly unknown[], done: () => void): void };
  const original = prototype._writev;
  Object.assign(socket, {
    _writev(this: unknown, chunks: readonly unknown[], done: () => void) {
      turns.push(chunks.length);
      return original.call(this as never, chunks, done);
    },
  });
  for (let index = 0; index < 20; index++) socket.write(Buffer.alloc(1000, index));
  await new Promise((resolve) => setImmediate(resolve));
  socket.end();
  await whole;
  expect(turns).toEqual([20]);
  const content = Buffer.concat(received);
  expect(content.length).toBe(20_000);
  expect([content[0], content[19_999]]).toEqual([0, 19]);
});
