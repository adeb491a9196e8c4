import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** An SSH server that answered. */
export type FoundHost = {
  readonly address: string;
  readonly port: number;
  /** First line it said, `SSH-2.0-OpenSSH_9.2p1 Debian-2`; absent when it said nothing in time. */
  readonly banner?: string;
  /** Milliseconds until the connection stood. */
  readonly latency: number;
};

export type ScanOptions = {
  readonly port?: number;
  /** Connections under way at a time; 256 unless set. */
  readonly concurrency?: number;
  /** New connections a second; 1000 unless set, which is far below what any switch minds. */
  readonly rate?: number;
  /** Milliseconds to wait for an address; 700 unless set. */
  readonly timeout?: number;
  readonly onFound?: (host: FoundHost) => void;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
};

type Attempt = { readonly latency: number; readonly banner: string | undefined };

/** What a kernel answers whose table of neighbours or of open files is full for a moment. */
const full = new Set(['ENOBUFS', 'ENOMEM', 'EMFILE', 'ENFILE', 'EAGAIN']);

/** Ends early, and without an error, when aborted. */
async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => {});
}

/** Connects, waits for the banner, and closes. Undefined when nobody answers or what answers is no SSH server. */
function tryAddress(
  address: string,
  port: number,
  timeout: number,
  signal: AbortSignal | undefined,
): Promise<Attempt | 'full' | undefined> {
  return new Promise((resolve) => {
    const socket = new Socket();
    const start = performance.now();
    let latency: number | undefined;
    let text = '';
    let timer: NodeJS.Timeout;
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      socket.destroy();
      const banner = /^(SSH-[^\r\n]*)/m.exec(text)?.[1];
      // What speaks another language is somebody else's service; silence may be a slow SSH server.
      if (latency === undefined || (text !== '' && banner === undefined)) resolve(undefined);
      else resolve({ latency, banner });
    };
    signal?.addEventListener('abort', end, { once: true });
    timer = setTimeout(end, timeout);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (latency === undefined && full.has(error.code ?? '')) resolve('full');
      end();
    });
    socket.on('close', end);
    socket.on('connect', () => {
      latency = performance.now() - start;
      clearTimeout(timer);
      // sshd looks the client's name up before it speaks, so it gets more time than an address without an answer.
      timer = setTimeout(end, Math.max(timeout, 1500));
    });
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (/^SSH-[^\n]*\n/m.test(text) || text.length > 1024) end();
    });
    socket.connect({ host: address, port });
  });
}

/**
 * Looks for SSH servers at these addresses and nowhere else. Bounded in what is under way and in how fast it starts;
 * ends early, with what was found, when aborted.
 */
export async function scanAddresses(
  addresses: readonly string[],
  options: ScanOptions = {},
): Promise<readonly FoundHost[]> {
  const { port = 22, concurrency = 256, rate = 1000, timeout = 700, signal } = options;
  const found: FoundHost[] = [];
  const start = performance.now();
  let next = 0;
  let done = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      if (signal?.aborted) return;
      const index = next++;
      const address = addresses[index];
      if (address === undefined) return;
      const early = start + (index / rate) * 1000 - performance.now();
      if (early > 0) await pause(early, signal);
      if (signal?.aborted) return;
      let answer = await tryAddress(address, port, timeout, signal);
      for (let attempt = 0; answer === 'full' && attempt < 10 && !signal?.aborted; attempt++) {
        await pause(250, signal);
        answer = await tryAddress(address, port, timeout, signal);
      }
      done += 1;
      if (answer !== undefined && answer !== 'full') {
        const host: FoundHost = {
          address,
          port,
          latency: answer.latency,
          ...(answer.banner === undefined ? {} : { banner: answer.banner }),
        };
        found.push(host);
        options.onFound?.(host);
      }
      options.onProgress?.(done, addresses.length);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, addresses.length) }, worker));
  const order = new Map(addresses.map((address, index) => [address, index]));
  return found.sort((left, right) => (order.get(left.address) ?? 0) - (order.get(right.address) ?? 0));
}
