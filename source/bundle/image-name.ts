/** An image's full upstream name in its parts. */
export type ImageName = {
  /** `docker.io` */
  readonly domain: string;
  /** `library/nginx` */
  readonly repository: string;
  readonly tag: string | undefined;
  /** `sha256:…` when the name pins one. */
  readonly digest: string | undefined;
};

const domainPattern = /^(?:localhost|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+|[A-Za-z0-9.-]+(?=:\d))(?::\d{1,5})?$/;
const repositoryPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** Takes a full name apart; a text tells what is wrong with one that is not. */
export function parseImageName(text: string): ImageName | string {
  const [reference = '', digest, ...rest] = text.split('@');
  const slash = reference.indexOf('/');
  const domain = reference.slice(0, Math.max(slash, 0));
  if (slash < 1 || !domainPattern.test(domain)) {
    return `must begin with its registry, as docker.io/library/${reference.split('/').at(-1) || 'nginx:1.22.1'}`;
  }
  const colon = reference.lastIndexOf(':');
  const tag = colon > slash ? reference.slice(colon + 1) : undefined;
  const repository = reference.slice(slash + 1, tag === undefined ? undefined : colon);
  if (!repositoryPattern.test(repository)) return `"${repository}" is not the name of a repository`;
  if (tag === undefined) return 'must have a tag, as docker.io/library/nginx:1.22.1';
  if (!tagPattern.test(tag)) return `"${tag}" is not a tag`;
  if (rest.length > 0 || (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest))) {
    return 'has a digest that is not sha256: and 64 hexadecimal digits';
  }
  return { domain, repository, tag, digest };
}

/** The name under which an image stands in a bundle: in full, with tag, without digest. */
export function nameInBundle(name: ImageName): string {
  return `${name.domain}/${name.repository}:${name.tag}`;
}

/** A name as people write it, in full: `shop:2` is docker.io/library/shop:2, as in Kubernetes. A text tells what is wrong. */
export function parseShortImageName(text: string): ImageName | string {
  const [first = '', ...rest] = text.split('/');
  const hasDomain = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost');
  if (hasDomain) return parseImageName(text);
  return parseImageName(`docker.io/${rest.length === 0 ? 'library/' : ''}${text}`);
}

/** The name with the digest an image has in the bundle: what is pulled by it is that image, whatever a tag says by then. */
export function exactName({ name, digest }: { readonly name: string; readonly digest: string }): string {
  return `${name}@${digest}`;
}
