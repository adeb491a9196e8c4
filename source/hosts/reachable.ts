import { connect } from 'node:net';

/**
 * Whether a machine takes a TCP connection within so many milliseconds. The kernel of a slow machine does that at once,
 * so this tells a dead one from a slow one long before a login could.
 */
export function answersTcp(address: string, port: number, limit: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (answer: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(end, limit, false);
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
