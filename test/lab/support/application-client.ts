// A client outside the cluster that shares nothing with the applications' own: it speaks just enough of each protocol to log
// in. Run in the lab's network as `node application-client.ts PROTOCOL ADDRESS PORT USER`, with the password on standard
// input. Prints `in: …` after a login and what was asked for, `refused: …` when the server says no; anything else is an error.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import net from 'node:net';

const [protocol = '', address = '', port = '', user = ''] = process.argv.slice(2);
const password = readFileSync(0, 'utf8');

/** Bytes of a socket, as many as are asked for. */
function reader(socket: net.Socket): (length: number) => Promise<Buffer> {
  const chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let rest = Buffer.alloc(0);
  return async (length) => {
    while (rest.length < length) {
      const next = await chunks.next();
      if (next.done) throw new Error('the server closed the connection');
      rest = Buffer.concat([rest, next.value]);
    }
    const taken = rest.subarray(0, length);
    rest = rest.subarray(length);
    return taken;
  };
}

async function connect(): Promise<net.Socket> {
  const socket = net.connect({ host: address, port: Number(port) });
  socket.setTimeout(15_000, () => socket.destroy(new Error('the server does not answer')));
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return socket;
}

const sha1 = (...parts: readonly Buffer[]): Buffer => createHash('sha1').update(Buffer.concat(parts)).digest();

/** mysql_native_password: SHA1(password) XOR SHA1(salt + SHA1(SHA1(password))). */
function scramble(salt: Buffer): Buffer {
  const once = sha1(Buffer.from(password));
  const mask = sha1(salt, sha1(once));
  return Buffer.from(once.map((byte, index) => byte ^ (mask[index] ?? 0)));
}

/** Handshake version 10, HandshakeResponse41, then one query. https://mariadb.com/kb/en/connection/ */
async function mysql(): Promise<string> {
  const socket = await connect();
  const read = reader(socket);
  const packet = async (): Promise<{ readonly sequence: number; readonly body: Buffer }> => {
    const header = await read(4);
    return { sequence: header[3] ?? 0, body: Buffer.from(await read(header.readUIntLE(0, 3))) };
  };
  const send = (sequence: number, body: Buffer): void => {
    const header = Buffer.alloc(4);
    header.writeUIntLE(body.length, 0, 3);
    header[3] = sequence;
    socket.write(Buffer.concat([header, body]));
  };
  const problem = (body: Buffer): string => body.subarray(9).toString();
  const greeting = (await packet()).body;
  if (greeting[0] === 0xff) throw new Error(problem(greeting));
  const versionEnd = greeting.indexOf(0, 1);
  const version = greeting.subarray(1, versionEnd).toString();
  const first = versionEnd + 1 + 4;
  const second = first + 8 + 1 + 2 + 1 + 2 + 2 + 1 + 10;
  const salt = Buffer.concat([greeting.subarray(first, first + 8), greeting.subarray(second, second + 12)]);
  // LONG_PASSWORD, PROTOCOL_41, SECURE_CONNECTION, PLUGIN_AUTH.
  const head = Buffer.alloc(32);
  head.writeUInt32LE(0x1 | 0x200 | 0x8000 | 0x80000, 0);
  head.writeUInt32LE(1 << 24, 4);
  head[8] = 45;
  const proof = scramble(salt);
  const name = Buffer.from(`${user}\0`);
  const plugin = Buffer.from('mysql_native_password\0');
  send(1, Buffer.concat([head, name, Buffer.from([proof.length]), proof, plugin]));
  let answer = await packet();
  if (answer.body[0] === 0xfe) {
    // It wants the proof for another salt.
    const other = answer.body.subarray(answer.body.indexOf(0, 1) + 1);
    send(answer.sequence + 1, scramble(other.subarray(0, 20)));
    answer = await packet();
  }
  if (answer.body[0] === 0xff) {
    socket.destroy();
    return `refused: ${answer.body.readUInt16LE(1)} ${problem(answer.body)}`;
  }
  send(0, Buffer.from('\x03SELECT CURRENT_USER(), 6 * 7'));
  const columns = (await packet()).body;
  if (columns[0] === 0xff) throw new Error(problem(columns));
  for (let left = columns[0] ?? 0; left > 0; left--) await packet();
  await packet();
  const row = (await packet()).body;
  const values: string[] = [];
  for (let at = 0; at < row.length; at += 1 + (row[at] ?? 0)) {
    values.push(row.subarray(at + 1, at + 1 + (row[at] ?? 0)).toString());
  }
  socket.destroy();
  return `in: ${values.join(' ')} (${version})`;
}

/** RESP. */
async function redis(): Promise<string> {
  const socket = await connect();
  const read = reader(socket);
  const line = async (): Promise<string> => {
    let text = '';
    while (!text.endsWith('\r\n')) text += (await read(1)).toString('latin1');
    return text.slice(0, -2);
  };
  const ask = async (...words: readonly string[]): Promise<string> => {
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('');
    socket.write(`*${words.length}\r\n${parts}`);
    const answer = await line();
    if (!answer.startsWith('$')) return answer;
    const length = Number(answer.slice(1));
    const value = (await read(length + 2)).subarray(0, length).toString();
    return `"${value}"`;
  };
  const login = await ask('AUTH', user, password);
  if (login.startsWith('-')) {
    const without = await ask('GET', 'test:outside');
    socket.destroy();
    return without.startsWith('-') ? `refused: ${login}` : `open without a login: ${without}`;
  }
  const written = await ask('SET', 'test:outside', 'from outside', 'EX', '60');
  const found = await ask('GET', 'test:outside');
  socket.destroy();
  return `in: ${written} ${found}`;
}

async function http(): Promise<string> {
  const response = await fetch(`http://${address}:${port}/`, { signal: AbortSignal.timeout(15_000) });
  return `in: ${response.status} ${await response.text()}`;
}

const clients: Readonly<Record<string, () => Promise<string>>> = { mysql, redis, http };
const client = clients[protocol];
if (client === undefined) throw new Error(`no client for ${protocol}`);
console.log(await client());
