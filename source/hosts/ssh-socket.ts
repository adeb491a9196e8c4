import { Socket } from 'node:net';

/**
 * Begins to connect to a host's SSH port. The socket says `connect` or `error` like any other, and sends what is written
 * in one turn of the event loop at once: SSH packets are small, and a system call, a wake-up of the other side and a
 * round of bookkeeping for each is much of what sending a big file costs.
 */
export function openSshSocket(address: string, port: number): Socket {
  const socket = new Socket();
  // Many small questions and answers: waiting to fill packets would cost 40 ms with each of them.
  socket.setNoDelay(true);
  socket.connect({ host: address, port });
  // After `connect`, which puts the usual `write` in its place again.
  const write = socket.write.bind(socket) as (...words: unknown[]) => boolean;
  let batching = false;
  socket.write = (...words: unknown[]): boolean => {
    if (!batching) {
      batching = true;
      socket.cork();
      process.nextTick(() => {
        batching = false;
        socket.uncork();
      });
    }
    return write(...words);
  };
  return socket;
}
