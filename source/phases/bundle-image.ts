import type { BundleImage } from '../bundle/contents.ts';
import { LandfallError } from '../errors.ts';
import type { InstallContext } from './context.ts';

/** The bundle's image whose name without tag ends with `part`, such as `/flannel`. Throws BUNDLE_IMAGE_MISSING. */
export function bundleImage({ bundle }: Pick<InstallContext, 'bundle'>, part: string): BundleImage {
  const image = bundle.images.find((candidate) => candidate.name.split(':')[0]?.endsWith(part));
  if (image === undefined) {
    throw new LandfallError({
      code: 'BUNDLE_IMAGE_MISSING',
      message: `The bundle holds no image named …${part}.`,
      fix: 'Build the bundle again from a recipe that names it.',
    });
  }
  return image;
}
