import { LandfallError } from '../errors.ts';

/** The error for a file or folder that holds no image that can be read. */
export function unreadable(source: string, reason: string, cause?: unknown): LandfallError {
  return new LandfallError({
    code: 'IMAGE_UNREADABLE',
    message: `${source} cannot be read as an image: ${reason}.`,
    fix: 'Give an OCI archive, an OCI layout or what `docker save` writes, whole: skopeo copy … oci-archive:FILE, docker save --output FILE IMAGE.',
    ...(cause === undefined ? {} : { cause }),
    exitStatus: 2,
  });
}
