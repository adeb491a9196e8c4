import { LandfallError } from '../errors.ts';
import { type HttpAnswer, type HttpSettings, readSmall, refusal, request, withRetries } from './http.ts';
import type { ImageName } from './image-name.ts';
import type { Mirror, RegistrySource } from './mirror.ts';
import { digestOf, mediaTypes } from './oci.ts';

/** The largest manifest a registry must accept is 4 MiB. */
const largestManifest = 4 << 20;
const accepted = [mediaTypes.index, mediaTypes.manifest, mediaTypes.dockerIndex, mediaTypes.dockerManifest].join(', ');

export type FetchedManifest = { readonly content: Buffer; readonly mediaType: string; readonly digest: string };

/** Reads from registries that speak the OCI distribution protocol. */
export type RegistryClient = {
  /**
   * The manifest or index of a tag or digest.
   * @throws BUNDLE_SOURCE_MISSING, BUNDLE_LOGIN_REQUIRED, BUNDLE_DIGEST_MISMATCH, BUNDLE_SOURCE_UNREACHABLE
   */
  manifest(image: ImageName, reference: string, item: string): Promise<FetchedManifest>;
  /** An answer that streams a blob; one try. The status is 200, 206 or 416. */
  blob(image: ImageName, digest: string, headers: Readonly<Record<string, string>>, item: string): Promise<HttpAnswer>;
};

type Challenge = { readonly scheme: string; readonly parameters: ReadonlyMap<string, string> };

/** Reads `Bearer realm="…",service="…"`. */
export function parseChallenge(header: string | null): Challenge | undefined {
  const match = /^\s*([A-Za-z]+)\s*(.*)$/s.exec(header ?? '');
  if (match === null) return undefined;
  const parameters = new Map<string, string>();
  for (const [, key = '', quoted, plain] of (match[2] ?? '').matchAll(/([A-Za-z_]+)=(?:"([^"]*)"|([^\s,"]+))/g)) {
    parameters.set(key.toLowerCase(), quoted ?? plain ?? '');
  }
  return { scheme: (match[1] ?? '').toLowerCase(), parameters };
}

function basic(source: RegistrySource): string | undefined {
  if (source.user === undefined) return undefined;
  return `Basic ${Buffer.from(`${source.user}:${source.password()}`).toString('base64')}`;
}

/** A client of every registry the mirror document and the images' names lead to. */
export function registryClient(mirror: Mirror, settings: HttpSettings): RegistryClient {
  const tokens = new Map<string, string>();

  async function token(
    source: RegistrySource,
    repository: string,
    challenge: Challenge,
    item: string,
  ): Promise<string | undefined> {
    const credentials = basic(source);
    if (challenge.scheme === 'basic') return credentials;
    const realm = URL.parse(challenge.parameters.get('realm') ?? '', source.url);
    if (challenge.scheme !== 'bearer' || realm === null) return undefined;
    const service = challenge.parameters.get('service');
    if (service !== undefined) realm.searchParams.set('service', service);
    realm.searchParams.set('scope', challenge.parameters.get('scope') ?? `repository:${repository}:pull`);
    const url = realm.toString();
    const answer = await request(url, item, settings, {
      headers: credentials === undefined ? {} : { authorization: credentials },
    });
    if (answer.status !== 200) {
      await answer.discard();
      throw refusal(answer, url, item);
    }
    const text = (await readSmall(answer, url, item, 1 << 20)).toString('utf8');
    try {
      const content = JSON.parse(text) as { readonly token?: string; readonly access_token?: string };
      const found = content.token ?? content.access_token;
      return found === undefined ? undefined : `Bearer ${found}`;
    } catch {
      return undefined;
    }
  }

  async function get(
    image: ImageName,
    path: string,
    headers: Readonly<Record<string, string>>,
    item: string,
    good: readonly number[],
  ): Promise<HttpAnswer> {
    const source = mirror.registry(image.domain);
    const repository = source.prefix === '' ? image.repository : `${source.prefix}/${image.repository}`;
    const url = `${source.url}/v2/${repository}/${path}`;
    const key = `${source.url} ${repository}`;
    const ask = (authorization: string | undefined): Promise<HttpAnswer> =>
      request(url, item, settings, {
        headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
      });
    let answer = await ask(tokens.get(key));
    if (answer.status === 401) {
      await answer.discard();
      const challenge = parseChallenge(answer.headers.get('www-authenticate'));
      const authorization = challenge === undefined ? undefined : await token(source, repository, challenge, item);
      if (authorization === undefined) throw refusal(answer, url, item);
      tokens.set(key, authorization);
      answer = await ask(authorization);
    }
    if (good.includes(answer.status)) return answer;
    await answer.discard();
    throw refusal(answer, url, item);
  }

  return {
    manifest: (image, reference, item) =>
      withRetries(item, settings, async () => {
        const answer = await get(image, `manifests/${reference}`, { accept: accepted }, item, [200]);
        const { url } = mirror.registry(image.domain);
        const content = await readSmall(answer, url, item, largestManifest);
        const digest = digestOf(content);
        const stated = answer.headers.get('docker-content-digest');
        const wanted = reference.startsWith('sha256:') ? reference : stated;
        if (wanted?.startsWith('sha256:') && wanted !== digest) {
          throw new LandfallError({
            code: 'BUNDLE_DIGEST_MISMATCH',
            message: `${new URL(url).host} sent for ${item} the manifest ${digest} instead of ${wanted}.`,
            fix: 'The source, or something on the way, changes content: take it from another source with --mirror FILE.',
          });
        }
        const mediaType = answer.headers.get('content-type')?.split(';')[0]?.trim() ?? '';
        return { content, mediaType, digest };
      }),
    blob: (image, digest, headers, item) => get(image, `blobs/${digest}`, headers, item, [200, 206, 416]),
  };
}
