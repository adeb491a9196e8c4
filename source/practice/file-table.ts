import { createHash, type Hash } from 'node:crypto';

/** Small files keep their text, so that they can be read back; of big ones only size and hash are kept. */
const textLimit = 16 * 1024;

type StoredFile = { readonly size: number; readonly sha256: string; readonly text: Buffer | undefined; mode: string };

/** A file being received: bytes are counted and hashed, and kept only while they are few. */
type Part = { size: number; readonly hash: Hash; text: Buffer[] | undefined };

/** Files of a practice host. */
export type FileTable = {
  /** Begins a part anew, or goes on with the one that is there. */
  receive(target: string, append: boolean): { readonly size: number; write(chunk: Buffer): void };
  part(target: string): { readonly size: number; readonly sha256: string } | undefined;
  /** Makes the part the file when its hash is that; throws the part away when not, and returns the hash it has. */
  finish(target: string, sha256: string, mode: string): string;
  file(target: string): StoredFile | undefined;
  write(target: string, content: Buffer, mode: string): void;
  /** Bytes of all files and parts. */
  used(): number;
};

export function createFileTable(): FileTable {
  const files = new Map<string, StoredFile>();
  const parts = new Map<string, Part>();
  return {
    receive(target, append) {
      const known = append ? parts.get(target) : undefined;
      const part: Part = known ?? { size: 0, hash: createHash('sha256'), text: [] };
      parts.set(target, part);
      return {
        get size() {
          return part.size;
        },
        write(chunk) {
          part.size += chunk.length;
          part.hash.update(chunk);
          if (part.size > textLimit) part.text = undefined;
          else part.text?.push(Buffer.from(chunk));
        },
      };
    },
    part(target) {
      const part = parts.get(target);
      return part === undefined ? undefined : { size: part.size, sha256: part.hash.copy().digest('hex') };
    },
    finish(target, sha256, mode) {
      const part = parts.get(target);
      parts.delete(target);
      const actual = (part?.hash ?? createHash('sha256')).digest('hex');
      if (part !== undefined && actual === sha256) {
        const text = part.text === undefined ? undefined : Buffer.concat(part.text);
        files.set(target, { size: part.size, sha256, text, mode });
      }
      return actual;
    },
    file: (target) => files.get(target),
    write(target, content, mode) {
      const sha256 = createHash('sha256').update(content).digest('hex');
      files.set(target, { size: content.length, sha256, text: content.length > textLimit ? undefined : content, mode });
    },
    used() {
      let sum = 0;
      for (const file of files.values()) sum += file.size;
      for (const part of parts.values()) sum += part.size;
      return sum;
    },
  };
}
