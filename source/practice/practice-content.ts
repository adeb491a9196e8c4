import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { seededRandom } from './random.ts';

const blockSize = 256 * 1024;

/** Bytes that stand for a file of the bundle: really sent and hashed, the same every time, and without any meaning. */
export type PracticeContent = {
  readonly size: number;
  readonly sha256: string;
  readonly open: (offset: number) => Readable;
};

/** Makes content by size; the hash of each size is computed once. */
export function practiceContents(): (size: number) => PracticeContent {
  const random = seededRandom(blockSize);
  const block = Buffer.from(Uint32Array.from({ length: blockSize / 4 }, () => random() * 2 ** 32).buffer);
  const known = new Map<number, PracticeContent>();
  function* from(offset: number, size: number): Generator<Buffer> {
    for (let position = offset; position < size; ) {
      const start = position % blockSize;
      const chunk = block.subarray(start, Math.min(blockSize, start + 64 * 1024, start + size - position));
      yield chunk;
      position += chunk.length;
    }
  }
  return (size) => {
    const found = known.get(size);
    if (found !== undefined) return found;
    const hash = createHash('sha256');
    for (const chunk of from(0, size)) hash.update(chunk);
    const content: PracticeContent = {
      size,
      sha256: hash.digest('hex'),
      open: (offset) => Readable.from(from(offset, size), { objectMode: false, highWaterMark: 256 * 1024 }),
    };
    known.set(size, content);
    return content;
  };
}
