import { LandfallError, toLandfallError } from '../errors.ts';
import { findBlob, largestFile, proveBlob, readSmallBlob } from './blob-store.ts';
import { readIndex, readSummary } from './layout.ts';
import { throwIfStopped } from './parallel.ts';
import { walkLayout } from './walk-layout.ts';

export type VerifyProblem = {
  readonly kind: 'missing' | 'wrong-size' | 'damaged' | 'incomplete' | 'unreadable' | 'too-large';
  /** What is concerned, `a layer of docker.io/library/nginx:1.22.1`. */
  readonly item: string;
  readonly digest: string | undefined;
  /** One sentence. */
  readonly message: string;
};

export type VerifyResult = {
  readonly directory: string;
  readonly whole: boolean;
  /** Distinct blobs looked at, and their bytes as they should be. */
  readonly blobs: number;
  readonly bytes: number;
  /** Every problem found, in the order of the index. */
  readonly problems: readonly VerifyProblem[];
};

export type VerifyEvent = { readonly done: number; readonly total: number; readonly item: string };

const kinds = new Map<string, VerifyProblem['kind']>([
  ['BUNDLE_CORRUPT', 'damaged'],
  ['BUNDLE_INCOMPLETE', 'missing'],
]);

/**
 * Reads every byte of a bundle and tells everything that is wrong with it.
 * @param onProgress told in bytes
 * @throws BUNDLE_MISSING, BUNDLE_INCOMPLETE, BUNDLE_CORRUPT when there is no index to go by
 */
export async function verifyBundle(
  directory: string,
  onProgress: (event: VerifyEvent) => void = () => undefined,
  options: { readonly signal?: AbortSignal; readonly largestFile?: number } = {},
): Promise<VerifyResult> {
  const index = await readIndex(directory);
  const problems: VerifyProblem[] = [];
  const reported = new Set<string>();
  const report = (kind: VerifyProblem['kind'], item: string, digest: string | undefined, message: string): void => {
    const key = digest ?? `${item} ${message}`;
    if (reported.has(key)) return;
    reported.add(key);
    problems.push({ kind, item, digest, message });
  };
  const failed = (thrown: unknown, item: string, digest: string | undefined): void => {
    const error = toLandfallError(thrown);
    report(kinds.get(error.code) ?? 'unreadable', item, digest, error.message);
  };

  const summary = await readSummary(directory, index).then(
    (read) => read.summary,
    (error: unknown) => {
      if (error instanceof LandfallError && error.code === 'BUNDLE_MISSING') throw error;
      failed(error, "the bundle's summary", undefined);
      return undefined;
    },
  );
  const entries = await walkLayout(index, summary, async (descriptor, item) => {
    const blob = await findBlob(directory, descriptor.digest);
    if (blob === undefined) {
      // Without the summary nobody knows for which platforms an index has to be there.
      if (summary !== undefined || descriptor.platform === undefined) {
        report('missing', item, descriptor.digest, `${item} is missing.`);
      }
      return undefined;
    }
    try {
      return await readSmallBlob(blob, item);
    } catch (error) {
      failed(error, item, descriptor.digest);
      return undefined;
    }
  });

  const parts = new Map<string, { readonly size: number; readonly item: string }>();
  for (const entry of entries) {
    for (const part of entry.parts) if (!parts.has(part.digest)) parts.set(part.digest, part);
  }
  const total = [...parts.values()].reduce((sum, part) => sum + part.size, 0);
  let done = 0;
  for (const [digest, { size, item }] of parts) {
    if (options.signal !== undefined) throwIfStopped(options.signal);
    const before = done;
    const blob = await findBlob(directory, digest);
    if (blob === undefined) report('missing', item, digest, `${item} is missing.`);
    else if (blob.size !== size) {
      report('wrong-size', item, digest, `${item} has ${blob.size} bytes instead of ${size}.`);
    } else {
      const large = blob.pieces.find((piece) => piece.size > (options.largestFile ?? largestFile));
      if (large !== undefined) {
        const message = `${item} lies in one file of ${large.size} bytes, more than a FAT32 stick takes.`;
        report('too-large', item, digest, message);
      }
      const onBytes = (count: number): void => {
        done += count;
        onProgress({ done, total, item });
      };
      await proveBlob(blob, size, item, { onBytes, ...(options.signal ? { signal: options.signal } : {}) }).catch(
        (error: unknown) => {
          if (options.signal !== undefined) throwIfStopped(options.signal);
          failed(error, item, digest);
        },
      );
    }
    done = before + size;
    onProgress({ done, total, item });
  }

  for (const entry of entries) {
    for (const architecture of entry.wanted) {
      if (entry.architectures.has(architecture)) continue;
      report('incomplete', entry.name, undefined, `${entry.name} is not there for ${architecture}.`);
    }
  }
  const named = new Set(entries.map((entry) => entry.descriptor.digest));
  for (const image of summary?.images ?? []) {
    if (!named.has(image.digest)) report('missing', image.name, undefined, `${image.name} is not in the index.`);
  }
  for (const file of summary?.files ?? []) {
    const item = `the file ${file.role} for ${file.architecture}`;
    if (!parts.has(`sha256:${file.sha256}`)) report('missing', item, undefined, `${item} is not in the index.`);
  }
  return { directory, whole: problems.length === 0, blobs: parts.size, bytes: total, problems };
}
