import { createHash } from 'node:crypto';
import { LandfallError, toLandfallError } from '../errors.ts';
import { blobPath } from './blob-store.ts';
import { type HttpAnswer, type HttpSettings, pause } from './http.ts';
import { PartialFile } from './partial-file.ts';

/** One blob or file to fetch. */
export type Download = {
  /** How messages call it: `a layer of docker.io/library/nginx:1.22.1`. */
  readonly item: string;
  /** Name of the partial file. */
  readonly key: string;
  /** `sha256:…`; undefined for a file that nothing pins yet. */
  readonly digest: string | undefined;
  /** Who says so: `the lock`, `the recipe`, `the manifest`. */
  readonly pinnedBy: string;
  /** Bytes; undefined when unknown. */
  readonly size: number | undefined;
  /** Asks the source; the status is 200, 206 or 416. */
  readonly open: (headers: Readonly<Record<string, string>>) => Promise<HttpAnswer>;
};

/** Where downloads go. */
export type DownloadTarget = {
  /** The layout. */
  readonly directory: string;
  /** Folder of what is on its way. */
  readonly partials: string;
  readonly largestFile: number;
};

export type Downloaded = { readonly digest: string; readonly size: number; readonly received: number };

function mismatch(download: Download, got: string): LandfallError {
  return new LandfallError({
    code: 'BUNDLE_DIGEST_MISMATCH',
    message: `${download.item} has another content than ${download.pinnedBy} states: ${got} instead of ${download.digest}.`,
    fix:
      download.pinnedBy === 'the lock'
        ? 'Its source has changed it since the lock was written: find out why, and only then take it with --update-lock.'
        : 'It is damaged or was changed at its source: take it from another source with --mirror FILE, or correct the recipe.',
  });
}

function wrongSize(download: Download, got: number, transient: boolean): LandfallError {
  return new LandfallError({
    code: 'BUNDLE_TRUNCATED',
    message: `${download.item} came with ${got} bytes instead of ${download.size}.`,
    fix: 'The source holds it damaged, or a proxy cuts it: take it from another source with --mirror FILE.',
    transient,
  });
}

/** Total length an answer states, or undefined. */
function statedTotal(answer: HttpAnswer): number | undefined {
  const range = /^bytes \d+-\d+\/(\d+)$/.exec(answer.headers.get('content-range') ?? '');
  const text = answer.status === 206 ? range?.[1] : answer.headers.get('content-length');
  return text == null ? undefined : Number(text);
}

/** Asks for what is missing; forgets what is there when the source does not go on with the same content. */
async function ask(download: Download, partial: PartialFile): Promise<HttpAnswer> {
  if (partial.size > 0) {
    const validator = await partial.validator();
    // Bytes of a file that nothing pins may only be continued with bytes of the very same version.
    if (download.digest === undefined && validator === undefined) await partial.clear();
    else {
      const headers = { range: `bytes=${partial.size}-` };
      const answer = await download.open(
        download.digest === undefined && validator !== undefined ? { ...headers, 'if-range': validator } : headers,
      );
      const begins = answer.headers.get('content-range')?.startsWith(`bytes ${partial.size}-`) ?? false;
      if (answer.status === 206 && begins) return answer;
      await partial.clear();
      if (answer.status === 200) return answer;
      await answer.discard();
    }
  }
  const answer = await download.open({});
  if (answer.status === 200) return answer;
  await answer.discard();
  throw new LandfallError({
    code: 'BUNDLE_SOURCE_REFUSED',
    message: `The source of ${download.item} answered HTTP ${answer.status} to a request for the whole of it.`,
    fix: 'Take it from another source with --mirror FILE.',
  });
}

/** A mark that lets a later request go on with the same version; weak ones do not say that bytes are the same. */
function strongValidator(answer: HttpAnswer): string | undefined {
  const tag = answer.headers.get('etag');
  if (tag?.startsWith('"')) return tag;
  return undefined;
}

/**
 * Fetches one thing into the layout: goes on where a former try ended, hashes while it streams, moves it into place only
 * when size and digest are right.
 * @param onSize told how many bytes of it are there
 * @throws BUNDLE_DIGEST_MISMATCH, BUNDLE_TRUNCATED, BUNDLE_DISK_FULL, BUNDLE_SOURCE_UNREACHABLE, …
 */
export async function fetchBlob(
  download: Download,
  target: DownloadTarget,
  settings: HttpSettings,
  onSize: (size: number) => void,
): Promise<Downloaded> {
  const partial = await PartialFile.open(target.partials, download.key, target.largestFile, download.item);
  let received = 0;
  const attempt = async (): Promise<Downloaded> => {
    if (download.size !== undefined && partial.size > download.size) await partial.clear();
    const resumed = partial.size > 0;
    let hash = await partial.hash();
    if (partial.size === 0 || partial.size !== download.size) {
      const before = partial.size;
      const answer = await ask(download, partial);
      if (partial.size !== before) hash = createHash('sha256');
      const total = statedTotal(answer);
      if (download.size !== undefined && total !== undefined && total !== download.size) {
        await answer.discard();
        await partial.clear();
        throw wrongSize(download, total, false);
      }
      if (partial.size === 0) await partial.rememberValidator(strongValidator(answer));
      for await (const chunk of answer.body()) {
        hash.update(chunk);
        await partial.append(chunk);
        received += chunk.length;
        onSize(partial.size);
        if (download.size !== undefined && partial.size > download.size) break;
      }
      const expected = download.size ?? total;
      if (expected !== undefined && partial.size !== expected) {
        const size = partial.size;
        if (size > expected) await partial.clear();
        throw wrongSize({ ...download, size: expected }, size, size < expected);
      }
    }
    const digest = `sha256:${hash.digest('hex')}`;
    if (download.digest !== undefined && digest !== download.digest) {
      await partial.clear();
      onSize(0);
      // What a former run left may be the cause; the whole of it deserves one try of its own.
      if (resumed) return attempt();
      throw mismatch(download, digest);
    }
    const { size } = partial;
    await partial.commit(blobPath(target.directory, digest));
    return { digest, size, received };
  };
  try {
    let tries = 0;
    let furthest = partial.size;
    for (;;) {
      try {
        return await attempt();
      } catch (thrown) {
        const error = toLandfallError(thrown);
        // A source that drops each connection but gives more each time does get there.
        if (partial.size > furthest) tries = 0;
        furthest = Math.max(furthest, partial.size);
        const delay = settings.retryDelays[tries];
        if (!error.transient || delay === undefined) throw error;
        tries++;
        settings.onRetry(download.item, error.message);
        await pause(delay, settings.signal);
      }
    }
  } finally {
    await partial.close();
  }
}
