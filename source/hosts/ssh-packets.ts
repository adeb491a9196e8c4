import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';

/** What ssh2 keeps to itself and this file needs of it; any of it may be missing in another version. */
type Cipher = { allocPacket?: (payload: number) => Buffer };
type Inner = { readonly _protocol?: { readonly _cipher?: Cipher } };

// A full packet of a channel: type, channel and length before 32 KiB of data, which is the most sshd takes.
const fullPayload = 9 + 32 * 1024;
// As much as the socket may hold before it tells its writer to wait, and one piece of a file more.
const kept = 96;

/**
 * Lets full packets use the memory of those that were sent. A fresh buffer for each makes the garbage collector mark the
 * whole heap every 16 MB: a third of the processor time of sending a big file, and some 30 MB of memory.
 * Whatever ssh2 is not as expected, it goes on as it does by itself.
 */
export function reusePackets(client: Client, socket: Duplex): void {
  const free: Buffer[] = [];
  // The first bytes say the length of the packet and of its padding, and are encrypted where they stand.
  let heads = new WeakMap<Buffer, Buffer>();
  const adopt = (): void => {
    const cipher = (client as unknown as Inner)._protocol?._cipher;
    const allocate = cipher?.allocPacket?.bind(cipher);
    if (cipher === undefined || allocate === undefined) return;
    free.length = 0;
    heads = new WeakMap();
    cipher.allocPacket = (payload) => {
      if (payload !== fullPayload) return allocate(payload);
      const known = free.pop();
      const head = known === undefined ? undefined : heads.get(known);
      if (known !== undefined && head !== undefined) {
        known.set(head);
        return known;
      }
      const packet = allocate(payload);
      heads.set(packet, Buffer.from(packet.subarray(0, 5)));
      return packet;
    };
  };
  // Each exchange of keys makes another cipher.
  client.on('handshake', adopt);
  const write = socket.write.bind(socket) as (data: unknown, done?: () => void) => boolean;
  socket.write = ((data: unknown, ...words: unknown[]): boolean => {
    if (words.length > 0 || !(data instanceof Buffer) || !heads.has(data)) {
      return (write as (...all: unknown[]) => boolean)(data, ...words);
    }
    return write(data, () => {
      if (free.length < kept && heads.has(data)) free.push(data);
    });
  }) as Duplex['write'];
}
