import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pieceName } from './blob-store.ts';
import { syncFolder, writeError } from './files.ts';

/**
 * A blob on its way: bytes are appended to pieces no larger than a file may be, kept when the program ends, and moved to
 * their place when they have been proved.
 */
export class PartialFile {
  readonly #base: string;
  readonly #largest: number;
  readonly #item: string;
  #size: number;
  #handle: { readonly piece: number; readonly file: FileHandle } | undefined;

  private constructor(base: string, largest: number, item: string, size: number) {
    this.#base = base;
    this.#largest = largest;
    this.#item = item;
    this.#size = size;
  }

  /**
   * Opens what a former run left, or begins anew.
   * @param largest bytes one file may have
   * @param item how a message calls it
   */
  static async open(folder: string, name: string, largest: number, item: string): Promise<PartialFile> {
    const base = path.join(folder, name);
    await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
      throw writeError(cause, item, folder);
    });
    let size = 0;
    for (let piece = 0; size === piece * largest; piece++) {
      const found = await stat(pieceName(base, piece)).catch(() => undefined);
      if (found === undefined) break;
      size += found.size;
    }
    const partial = new PartialFile(base, largest, item, size);
    if (size > 0 && Math.ceil(size / largest) !== (await partial.#count())) await partial.clear();
    return partial;
  }

  get size(): number {
    return this.#size;
  }

  /** Pieces that lie there without a gap. */
  async #count(): Promise<number> {
    let count = 0;
    while ((await stat(pieceName(this.#base, count)).catch(() => undefined)) !== undefined) count++;
    return count;
  }

  /** Hash over what is there, to be fed with what follows. */
  async hash(): Promise<Hash> {
    const hash = createHash('sha256');
    for (let piece = 0; piece * this.#largest < this.#size; piece++) {
      const stream = createReadStream(pieceName(this.#base, piece), { highWaterMark: 1 << 20 });
      for await (const chunk of stream) hash.update(chunk as Buffer);
    }
    return hash;
  }

  async append(chunk: Uint8Array): Promise<void> {
    let rest = chunk;
    while (rest.length > 0) {
      const piece = Math.floor(this.#size / this.#largest);
      const inPiece = this.#size - piece * this.#largest;
      const part = rest.subarray(0, this.#largest - inPiece);
      try {
        const file = await this.#open(piece, inPiece);
        const { bytesWritten } = await file.write(part, 0, part.length, inPiece);
        this.#size += bytesWritten;
        rest = rest.subarray(bytesWritten);
      } catch (cause) {
        throw writeError(cause, this.#item, path.dirname(this.#base));
      }
    }
  }

  async #open(piece: number, inPiece: number): Promise<FileHandle> {
    if (this.#handle?.piece === piece) return this.#handle.file;
    await this.#finishPiece();
    const file = await open(pieceName(this.#base, piece), inPiece === 0 ? 'w' : 'r+', 0o644);
    this.#handle = { piece, file };
    return file;
  }

  async #finishPiece(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    if (handle === undefined) return;
    try {
      await handle.file.sync();
    } finally {
      await handle.file.close();
    }
  }

  /** Mark of the content's version at its source, kept beside the bytes. */
  async validator(): Promise<string | undefined> {
    return readFile(`${this.#base}.version`, 'utf8').catch(() => undefined);
  }

  async rememberValidator(validator: string | undefined): Promise<void> {
    try {
      await rm(`${this.#base}.version`, { force: true });
      if (validator !== undefined) await writeFile(`${this.#base}.version`, validator);
    } catch (cause) {
      throw writeError(cause, this.#item, path.dirname(this.#base));
    }
  }

  /** Forgets every byte. */
  async clear(): Promise<void> {
    await this.close();
    for (let piece = (await this.#count()) - 1; piece >= 0; piece--) await rm(pieceName(this.#base, piece));
    await rm(`${this.#base}.version`, { force: true });
    this.#size = 0;
  }

  /** Moves the bytes to their place: one file, or pieces beside it when there is more than one. */
  async commit(target: string): Promise<void> {
    try {
      if (this.#size === 0) await this.#open(0, 0);
      await this.#finishPiece();
      const count = Math.max(1, Math.ceil(this.#size / this.#largest));
      await mkdir(path.dirname(target), { recursive: true });
      if (count === 1) await rename(pieceName(this.#base, 0), target);
      // The first piece comes last: without it the blob is not there.
      else {
        for (let piece = count - 1; piece >= 0; piece--) {
          await rename(pieceName(this.#base, piece), pieceName(target, piece));
        }
      }
      await rm(`${this.#base}.version`, { force: true });
      await syncFolder(path.dirname(target));
    } catch (cause) {
      throw writeError(cause, this.#item, path.dirname(target));
    }
  }

  /** Ends writing; the bytes stay for the next run. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.file.close().catch(() => undefined);
  }
}
