export const mebibyte = 2 ** 20;
export const gibibyte = 2 ** 30;

/** Bytes for a person, `1.7 GiB`, or `512 MiB` below one. */
export function gibibytes(bytes: number): string {
  if (bytes < gibibyte) return `${Math.round(bytes / mebibyte)} MiB`;
  return `${Math.round((bytes / gibibyte) * 10) / 10} GiB`;
}
