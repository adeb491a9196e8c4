import { createHash } from 'node:crypto';
import { z } from 'zod';
import { LandfallError } from '../errors.ts';

export const mediaTypes = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  empty: 'application/vnd.oci.empty.v1+json',
} as const;

/** Artifact types and media types of what is not an image. */
export const landfallTypes = {
  file: 'application/vnd.landfall.file.v1',
  bundle: 'application/vnd.landfall.bundle.v1',
  summary: 'application/vnd.landfall.bundle.summary.v1+json',
  recipe: 'application/vnd.landfall.recipe.v1+yaml',
  lock: 'application/vnd.landfall.lock.v1+yaml',
} as const;

export const annotations = {
  name: 'org.opencontainers.image.ref.name',
  title: 'org.opencontainers.image.title',
  created: 'org.opencontainers.image.created',
  use: 'landfall.image.use',
  role: 'landfall.file.role',
  version: 'landfall.file.version',
  architecture: 'landfall.file.architecture',
  archive: 'landfall.file.archive',
  source: 'landfall.file.source',
  split: 'landfall.bundle.split',
} as const;

const digestPattern = /^sha256:[0-9a-f]{64}$/;
const descriptorSchema = z.looseObject({
  mediaType: z.string().optional(),
  digest: z.string().regex(digestPattern, 'is not a SHA-256 digest'),
  size: z.number().int().min(0),
  platform: z.looseObject({ os: z.string(), architecture: z.string() }).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  artifactType: z.string().optional(),
});

/** What points to a blob, as the image specification defines it. */
export type Descriptor = z.infer<typeof descriptorSchema>;

const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  manifests: z.array(descriptorSchema).optional(),
  config: descriptorSchema.optional(),
  layers: z.array(descriptorSchema).optional(),
});

/** An image index or an image manifest. */
export type Manifest = z.infer<typeof manifestSchema>;

/** SHA-256 of some bytes, as `sha256:HEX`. */
export function digestOf(content: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`;
}

export function isDigest(text: string): boolean {
  return digestPattern.test(text);
}

/**
 * Reads an index or a manifest.
 * @param item what it belongs to, for the message.
 * @throws BUNDLE_IMAGE_UNSUPPORTED when it is neither.
 */
export function parseManifest(content: Uint8Array, item: string): Manifest {
  const unsupported = (reason: string): LandfallError =>
    new LandfallError({
      code: 'BUNDLE_IMAGE_UNSUPPORTED',
      message: `The manifest of ${item} is not one that can be read: ${reason}.`,
      fix: 'Take a newer tag of the image; manifests of schema 1 and other digests than SHA-256 are not supported.',
    });
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(content).toString('utf8'));
  } catch {
    throw unsupported('it is not JSON');
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw unsupported(`${issue?.path.join('.')}: ${issue?.message}`);
  }
  if (parsed.data.manifests === undefined && parsed.data.config === undefined)
    throw unsupported('it names neither manifests nor a configuration');
  return parsed.data;
}

/** Media type of a manifest: as it says itself, else by its content. */
export function mediaTypeOf(manifest: Manifest): string {
  return manifest.mediaType ?? (manifest.manifests === undefined ? mediaTypes.manifest : mediaTypes.index);
}
