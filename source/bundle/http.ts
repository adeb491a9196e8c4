import { setTimeout as sleep } from 'node:timers/promises';
import { LandfallError, toLandfallError } from '../errors.ts';
import { stopReason, throwIfStopped } from './parallel.ts';

/** How a source is spoken to. */
export type HttpSettings = {
  readonly signal: AbortSignal;
  /** Milliseconds without a byte after which a connection counts as dead. */
  readonly stallTimeout: number;
  /** Milliseconds to wait before each further try of what is transient. */
  readonly retryDelays: readonly number[];
  /** Told before each further try. */
  readonly onRetry: (item: string, reason: string) => void;
};

export type HttpAnswer = {
  readonly status: number;
  readonly headers: Headers;
  /** Streams the content; ends in a transient error when the connection is lost or silent. */
  readonly body: () => AsyncGenerator<Uint8Array>;
  /** Drops the content unread. */
  readonly discard: () => Promise<void>;
};

const authorities = new Set([
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

function describe(cause: unknown): { readonly code: string | undefined; readonly text: string } {
  let innermost = cause;
  while (innermost instanceof Error && innermost.cause !== undefined) innermost = innermost.cause;
  const code = (innermost as { readonly code?: unknown } | undefined)?.code;
  const text = innermost instanceof Error && innermost.message !== '' ? innermost.message : String(code ?? innermost);
  return { code: typeof code === 'string' ? code : undefined, text };
}

function unreachable(cause: unknown, url: string, item: string, what: string): LandfallError {
  const { code, text } = describe(cause);
  const host = new URL(url).host;
  const certificate = code !== undefined && authorities.has(code);
  return new LandfallError({
    code: 'BUNDLE_SOURCE_UNREACHABLE',
    message: `${item} cannot be taken from ${host}: ${what}${text}.`,
    fix: certificate
      ? `The certificate of ${host} is not trusted here: name its authority with NODE_EXTRA_CA_CERTS=FILE.`
      : `Check that this machine reaches ${host}, or name a mirror with --mirror FILE; what was fetched already is kept.`,
    cause,
    transient: !certificate,
  });
}

/** Error for an answer that is not the content that was asked for. */
export function refusal(answer: HttpAnswer, url: string, item: string): LandfallError {
  const { status } = answer;
  const host = new URL(url).host;
  if (status === 401 || status === 403) {
    return new LandfallError({
      code: 'BUNDLE_LOGIN_REQUIRED',
      message: `${host} gives ${item} only after a login (HTTP ${status}).`,
      fix: `Check the spelling of the name; else name in --mirror FILE a source that needs no login, or \`user\` and \`passwordFile\` for it.`,
    });
  }
  if (status === 404 || status === 410) {
    return new LandfallError({
      code: 'BUNDLE_SOURCE_MISSING',
      message: `${host} does not have ${item} (HTTP ${status} for ${url}).`,
      fix: 'Check the name and version in the recipe, or the mirror that is named with --mirror.',
    });
  }
  return new LandfallError({
    code: 'BUNDLE_SOURCE_REFUSED',
    message: `${host} answered HTTP ${status} to the request for ${item}.`,
    fix: 'Try again later, or name a mirror with --mirror FILE; what was fetched already is kept.',
    transient: status === 429 || status >= 500,
  });
}

/**
 * One request. Any status is an answer; only a source that gives none is an error.
 * @param item what is asked for, for messages
 * @throws BUNDLE_SOURCE_UNREACHABLE, BUNDLE_SOURCE_INSECURE, ABORTED
 */
export async function request(
  url: string,
  item: string,
  settings: HttpSettings,
  init: { readonly method?: 'GET' | 'HEAD'; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<HttpAnswer> {
  throwIfStopped(settings.signal);
  const own = new AbortController();
  const silence = new Error(`nothing came for ${settings.stallTimeout / 1000} s`);
  const guarded = async <T>(work: Promise<T>, what: string): Promise<T> => {
    const timer = setTimeout(() => own.abort(silence), settings.stallTimeout);
    try {
      return await work;
    } catch (cause) {
      if (settings.signal.aborted) throw stopReason(settings.signal);
      throw unreachable(own.signal.aborted ? silence : cause, url, item, what);
    } finally {
      clearTimeout(timer);
    }
  };
  const headers = { ...init.headers };
  // A server that compresses on the way would give other bytes than those that are hashed.
  if (headers['range'] === undefined) headers['accept-encoding'] = 'identity';
  const response = await guarded(
    fetch(url, {
      method: init.method ?? 'GET',
      headers,
      signal: AbortSignal.any([settings.signal, own.signal]),
    }),
    '',
  );
  const discard = async (): Promise<void> => {
    await response.body?.cancel().catch(() => undefined);
  };
  if (url.startsWith('https:') && response.url.startsWith('http:')) {
    await discard();
    throw new LandfallError({
      code: 'BUNDLE_SOURCE_INSECURE',
      message: `${new URL(url).host} sends the request for ${item} on to an unencrypted address (${response.url}).`,
      fix: 'Name another source for it with --mirror FILE.',
    });
  }
  async function* body(): AsyncGenerator<Uint8Array> {
    if (response.body === null) return;
    const reader = response.body.getReader();
    try {
      for (;;) {
        const { done, value } = await guarded(reader.read(), 'the connection was lost: ');
        if (done) return;
        yield value;
      }
    } finally {
      await reader.cancel().catch(() => undefined);
    }
  }
  return { status: response.status, headers: response.headers, body, discard };
}

/** The whole of a small answer; BUNDLE_SOURCE_REFUSED when it is larger than it may be. */
export async function readSmall(answer: HttpAnswer, url: string, item: string, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body()) {
    size += chunk.length;
    if (size > most) {
      throw new LandfallError({
        code: 'BUNDLE_SOURCE_REFUSED',
        message: `${new URL(url).host} answered the request for ${item} with more than ${most} bytes.`,
        fix: 'Something else than a registry seems to answer there: check the address.',
      });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Waits as long as the try before asks for; ends at once when stopped. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  throwIfStopped(signal);
}

/** Does the work again while its error is transient. */
export async function withRetries<T>(item: string, settings: HttpSettings, work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (thrown) {
      const error = toLandfallError(thrown);
      const delay = settings.retryDelays[tries];
      if (!error.transient || delay === undefined) throw error;
      settings.onRetry(item, error.message);
      await pause(delay, settings.signal);
    }
  }
}
