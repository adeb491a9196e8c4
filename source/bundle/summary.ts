import { z } from 'zod';
import type { Architecture, BundleFile, BundleImage } from './contents.ts';
import { annotations, type Descriptor, digestOf, landfallTypes, mediaTypes } from './oci.ts';
import { architectures, fileRoles, imageUses } from './recipe.ts';

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
const size = z.number().int().min(0);
const architecture = z.enum(architectures);

const summarySchema = z.object({
  apiVersion: z.literal('landfall/v1'),
  kind: z.literal('Bundle'),
  name: z.string(),
  kubernetesVersion: z.string(),
  created: z.string(),
  architectures: z.array(architecture),
  images: z.array(
    z.object({ name: z.string(), digest, use: z.enum(imageUses), architectures: z.array(architecture), size }),
  ),
  files: z.array(
    z.object({
      role: z.enum(fileRoles),
      version: z.string(),
      architecture,
      archive: z.boolean(),
      source: z.string(),
      size,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
    }),
  ),
  split: z.array(z.object({ digest, pieces: z.number().int().min(2) })),
});

/** What a bundle says about itself; the configuration of the artifact named `bundle.landfall/bundle:NAME`. */
export type BundleSummary = {
  readonly apiVersion: 'landfall/v1';
  readonly kind: 'Bundle';
  readonly name: string;
  readonly kubernetesVersion: string;
  /** ISO 8601 in UTC. */
  readonly created: string;
  readonly architectures: readonly Architecture[];
  /** `size` counts every blob of the image, in bytes, also those it shares with others. */
  readonly images: readonly (BundleImage & { readonly size: number })[];
  readonly files: readonly BundleFile[];
  /** Blobs that lie in pieces because a FAT32 stick takes no file of their size. */
  readonly split: readonly { readonly digest: string; readonly pieces: number }[];
};

/** Reads a summary; undefined when the text is not one. */
export function parseSummary(text: string): BundleSummary | undefined {
  try {
    const parsed = summarySchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

export function summaryText(summary: BundleSummary): string {
  return `${JSON.stringify(summary, null, 2)}\n`;
}

/** The configuration of an artifact that has none, as the image specification defines it. */
export const emptyConfig = Buffer.from('{}');

/** The domain under which what is not an image has its names. */
const domain = 'bundle.landfall';

/** A tag may not hold every character that a version may. */
const tagged = (text: string): string => text.replaceAll(/[^A-Za-z0-9._-]/g, '_');

/** An artifact: its manifest, and what stands for it in the index. */
export type Artifact = { readonly manifest: Buffer; readonly descriptor: Descriptor };

function artifact(
  type: string,
  config: Descriptor,
  layers: readonly Descriptor[],
  own: Record<string, string>,
  named: Record<string, string>,
): Artifact {
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.manifest,
      artifactType: type,
      config,
      layers,
      annotations: own,
    }),
  );
  const descriptor = {
    mediaType: mediaTypes.manifest,
    artifactType: type,
    digest: digestOf(manifest),
    size: manifest.length,
    annotations: { ...named, ...own },
  };
  return { manifest, descriptor };
}

/** A release file as an artifact with one layer. */
export function fileArtifact(file: BundleFile): Artifact {
  const layer = {
    mediaType: file.archive ? 'application/gzip' : 'application/octet-stream',
    digest: `sha256:${file.sha256}`,
    size: file.size,
    annotations: { [annotations.title]: decodeURIComponent(new URL(file.source).pathname.split('/').at(-1) ?? '') },
  };
  const config = { mediaType: mediaTypes.empty, digest: digestOf(emptyConfig), size: emptyConfig.length };
  const own = {
    [annotations.role]: file.role,
    [annotations.version]: file.version,
    [annotations.architecture]: file.architecture,
    [annotations.archive]: String(file.archive),
    [annotations.source]: file.source,
  };
  const name = `${domain}/files/${file.role}:${tagged(file.version)}-${file.architecture}`;
  return artifact(landfallTypes.file, config, [layer], own, { [annotations.name]: name });
}

/** The bundle's own artifact: the summary as its configuration, recipe and lock as its layers. */
export function bundleArtifact(summary: BundleSummary, recipe: Buffer, lock: Buffer): Artifact {
  const text = Buffer.from(summaryText(summary));
  const layer = (mediaType: string, content: Buffer, title: string): Descriptor => ({
    mediaType,
    digest: digestOf(content),
    size: content.length,
    annotations: { [annotations.title]: title },
  });
  const split = summary.split.map((blob) => `${blob.digest}=${blob.pieces}`).join(',');
  return artifact(
    landfallTypes.bundle,
    { mediaType: landfallTypes.summary, digest: digestOf(text), size: text.length },
    [layer(landfallTypes.recipe, recipe, 'recipe.yaml'), layer(landfallTypes.lock, lock, 'lock.yaml')],
    { [annotations.created]: summary.created, ...(split === '' ? {} : { [annotations.split]: split }) },
    { [annotations.name]: `${domain}/bundle:${tagged(summary.name)}` },
  );
}
