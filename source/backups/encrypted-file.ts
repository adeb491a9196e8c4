import { createCipheriv, createDecipheriv, createHmac, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { z } from 'zod';
import { LandfallError } from '../errors.ts';

const derive = promisify(
  (
    passphrase: string,
    salt: Buffer,
    length: number,
    cost: { N: number; r: number; p: number; maxmem: number },
    done: (error: Error | null, key: Buffer) => void,
  ) => scrypt(passphrase, salt, length, cost, done),
);

const magic = 'landfall-backup/1';
const chunkSize = 1024 ** 2;
const tagSize = 16;
const headLimit = 64 * 1024;

const headerSchema = z.object({
  cluster: z.string().min(1),
  /** ISO 8601. */
  created: z.string().min(1),
  kubernetesVersion: z.string(),
  // Bounded, so that a file made by somebody else cannot keep the machine busy.
  scrypt: z.object({
    cost: z
      .number()
      .int()
      .min(2)
      .max(2 ** 20),
    blockSize: z.number().int().min(1).max(32),
    parallelization: z.number().int().min(1).max(16),
    salt: z.string().min(16).max(256),
  }),
  check: z.string(),
});

type StoredHeader = z.infer<typeof headerSchema>;

/** What may be known of a backup without its passphrase. */
export type BackupHeader = Pick<StoredHeader, 'cluster' | 'created' | 'kubernetesVersion'>;

type Keys = { readonly content: Buffer; readonly check: Buffer };

async function keysOf(passphrase: string, { scrypt: cost }: Pick<StoredHeader, 'scrypt'>): Promise<Keys> {
  const { cost: N, blockSize: r, parallelization: p } = cost;
  const key = await derive(passphrase.normalize('NFC'), Buffer.from(cost.salt, 'base64'), 64, {
    ...{ N, r, p },
    maxmem: 256 * N * r,
  });
  return { content: key.subarray(0, 32), check: key.subarray(32) };
}

/** Proves the passphrase, and that nobody changed the header. */
function checkOf(
  keys: Keys,
  { cluster, created, kubernetesVersion, scrypt: cost }: Omit<StoredHeader, 'check'>,
): string {
  const text = JSON.stringify([magic, cluster, created, kubernetesVersion, cost]);
  return createHmac('sha256', keys.check).update(text).digest('base64');
}

// The key is used for one file only, so numbers are as good as random nonces; the last byte marks the end, so that a file
// that was cut off at a chunk's end is seen to be.
function nonceOf(index: number, last: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(index), 0);
  nonce.writeUInt8(last ? 1 : 0, 11);
  return nonce;
}

function damaged(file: string): LandfallError {
  return new LandfallError({
    code: 'BACKUP_DAMAGED',
    message: `The backup ${file} is damaged or incomplete; nothing was changed.`,
    fix: 'Use another copy of it, or an older backup.',
    exitStatus: 2,
  });
}

function writeAll(descriptor: number, data: Buffer): void {
  for (let done = 0; done < data.length; ) done += writeSync(descriptor, data, done);
}

/** Writes content encrypted into a file that only its owner can read: whole, or not at all. Returns its size in bytes. */
export async function writeEncrypted(
  file: string,
  passphrase: string,
  about: BackupHeader,
  content: AsyncIterable<Buffer>,
): Promise<number> {
  const cost = { cost: 2 ** 16, blockSize: 8, parallelization: 1, salt: randomBytes(32).toString('base64') };
  const keys = await keysOf(passphrase, { scrypt: cost });
  const header: StoredHeader = { ...about, scrypt: cost, check: checkOf(keys, { ...about, scrypt: cost }) };
  const temporary = `${file}.part`;
  const descriptor = openSync(temporary, 'w', 0o600);
  try {
    writeAll(descriptor, Buffer.from(`${magic}\n${JSON.stringify(header)}\n`));
    let index = 0;
    const write = (chunk: Buffer, last: boolean): void => {
      const cipher = createCipheriv('aes-256-gcm', keys.content, nonceOf(index++, last));
      writeAll(descriptor, Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]));
    };
    let rest = Buffer.alloc(0);
    for await (const piece of content) {
      rest = Buffer.concat([rest, piece]);
      // One byte more than a chunk, so that the last one is known to be the last.
      while (rest.length > chunkSize) {
        write(rest.subarray(0, chunkSize), false);
        rest = rest.subarray(chunkSize);
      }
    }
    write(rest, true);
    fsyncSync(descriptor);
    const { size } = fstatSync(descriptor);
    renameSync(temporary, file);
    return size;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

function readHead(file: string): { readonly header: StoredHeader; readonly begin: number } {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (cause) {
    throw new LandfallError({
      code: 'BACKUP_MISSING',
      message: `The backup ${file} cannot be read.`,
      fix: 'Name an existing file.',
      exitStatus: 2,
      cause,
    });
  }
  const buffer = Buffer.alloc(headLimit);
  let length = 0;
  try {
    length = readSync(descriptor, buffer, 0, headLimit, 0);
  } finally {
    closeSync(descriptor);
  }
  const first = buffer.indexOf('\n');
  const second = buffer.indexOf('\n', first + 1);
  if (length === 0 || first < 0 || second < 0 || second >= length || buffer.toString('latin1', 0, first) !== magic) {
    throw new LandfallError({
      code: 'BACKUP_FORMAT',
      message: `${file} is no backup that this version of Landfall can read.`,
      fix: 'Name a file that landfall backup made.',
      exitStatus: 2,
    });
  }
  try {
    const header = headerSchema.parse(JSON.parse(buffer.toString('utf8', first + 1, second)));
    return { header, begin: second + 1 };
  } catch {
    throw damaged(file);
  }
}

function publicPart({ cluster, created, kubernetesVersion }: StoredHeader): BackupHeader {
  return { cluster, created, kubernetesVersion };
}

/** What a backup says of itself without its passphrase; not proved before it is opened. */
export function readBackupHeader(file: string): BackupHeader {
  return publicPart(readHead(file).header);
}

/**
 * Opens a backup. Throws BACKUP_PASSPHRASE before anything is read; the content throws BACKUP_DAMAGED where a byte was
 * changed or is missing, before any of that chunk is handed on.
 */
export async function openEncrypted(
  file: string,
  passphrase: string,
): Promise<{ readonly header: BackupHeader; content(): AsyncGenerator<Buffer> }> {
  const { header, begin } = readHead(file);
  const keys = await keysOf(passphrase, header);
  const [wanted, found] = [checkOf(keys, header), header.check].map((text) => Buffer.from(text));
  if (wanted === undefined || found?.length !== wanted.length || !timingSafeEqual(wanted, found)) {
    throw new LandfallError({
      code: 'BACKUP_PASSPHRASE',
      message: 'The passphrase is not the one of this backup; nothing was changed.',
      fix: 'Give the passphrase that the backup was made with.',
      exitStatus: 2,
    });
  }
  return {
    header: publicPart(header),
    async *content() {
      const whole = chunkSize + tagSize;
      let index = 0;
      const open = (chunk: Buffer, last: boolean): Buffer => {
        try {
          const end = chunk.length - tagSize;
          const cipher = createDecipheriv('aes-256-gcm', keys.content, nonceOf(index++, last));
          cipher.setAuthTag(chunk.subarray(end));
          return Buffer.concat([cipher.update(chunk.subarray(0, end)), cipher.final()]);
        } catch {
          throw damaged(file);
        }
      };
      let rest = Buffer.alloc(0);
      for await (const piece of createReadStream(file, { start: begin, highWaterMark: chunkSize })) {
        rest = Buffer.concat([rest, piece as Buffer]);
        while (rest.length > whole) {
          yield open(rest.subarray(0, whole), false);
          rest = rest.subarray(whole);
        }
      }
      if (rest.length < tagSize) throw damaged(file);
      yield open(rest, true);
    },
  };
}
