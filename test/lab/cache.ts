import path from 'node:path';

/** Folder of everything the lab builds once and reuses; outside the checkout. */
export function cacheDirectory(): string {
  return process.env['LANDFALL_LAB_CACHE'] ?? '/var/cache/landfall-lab';
}

export function cachePath(...parts: readonly string[]): string {
  return path.join(cacheDirectory(), ...parts);
}
