import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { feed } from '../../source/hosts/connection-base.ts';

/** Three pieces in one memory; says when it was closed. */
function source(): { readonly pieces: AsyncGenerator<Buffer>; closed(): boolean } {
  let closed = false;
  async function* pieces(): AsyncGenerator<Buffer> {
    const memory = Buffer.alloc(4);
    try {
      for (const value of [1, 2, 3]) {
        memory.fill(value);
        yield memory;
      }
    } finally {
      closed = true;
    }
  }
  return { pieces: pieces(), closed: () => closed };
}

test('a piece is written before its memory is used for the next', async () => {
  const { pieces, closed } = source();
  const written: string[] = [];
  const target = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      setTimeout(() => {
        written.push(chunk.toString('hex'));
        done();
      }, 5);
    },
  });
  await feed(pieces, target, new AbortController().signal);
  await new Promise((resolve) => target.once('finish', resolve));
  expect(written).toEqual(['01010101', '02020202', '03030303']);
  expect(closed()).toBe(true);
});

test('a target that nobody reads any more closes the source', async () => {
  const { pieces, closed } = source();
  const gone = new AbortController();
  const target = new Writable({ write: () => setImmediate(() => gone.abort()) });
  await feed(pieces, target, gone.signal);
  expect(closed()).toBe(true);
  expect(target.writableEnded).toBe(false);
});
