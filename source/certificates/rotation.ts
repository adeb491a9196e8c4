import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { writePrivateFile } from '../cluster/secrets.ts';

/**
 * How far new authorities have come on a host: `trust` the new ones beside the old, `switch` to certificates of the new
 * ones while the old are still trusted, `retire` the old ones. `old` is where a way back ends.
 */
export type RotationStage = 'old' | 'trust' | 'switch' | 'retire';

/** Stages in the order of a run. */
export const forwardStages: readonly RotationStage[] = ['trust', 'switch', 'retire'];
export const backStages: readonly RotationStage[] = ['switch', 'trust', 'old'];

const schema = z.object({ id: z.string(), furthest: z.enum(['trust', 'switch', 'retire']), back: z.boolean() });

export type Rotation = {
  readonly id: string;
  /** The furthest stage that any host may have come to. */
  readonly furthest: 'trust' | 'switch' | 'retire';
  /** Whether the way back has begun; then there is no other. */
  readonly back: boolean;
};

const fileOf = (home: string): string => path.join(home, 'rotation.json');

/** Where the certificates of the new authorities are until they are the cluster's. */
export const nextFolder = (home: string): string => path.join(home, 'pki-next');
export const currentFolder = (home: string): string => path.join(home, 'pki');
const oldFolder = (home: string): string => path.join(home, 'pki-old');

/** The rotation that has begun and not ended, if any. */
export function currentRotation(home: string): Rotation | undefined {
  try {
    return schema.parse(JSON.parse(readFileSync(fileOf(home), 'utf8')));
  } catch {
    return undefined;
  }
}

function write(home: string, rotation: Rotation): Rotation {
  writePrivateFile(fileOf(home), `${JSON.stringify(rotation)}\n`);
  return rotation;
}

/** Goes on with the rotation that has begun, or begins one. */
export function beginRotation(home: string, back: boolean): Rotation {
  const known = currentRotation(home) ?? { id: `rotation-${Math.floor(Date.now() / 1000)}`, furthest: 'trust', back };
  return write(home, { ...known, back });
}

/** Remembers, before a first host comes to it, that hosts may be at a stage. */
export function noteStage(home: string, stage: Rotation['furthest']): void {
  const known = currentRotation(home);
  if (known === undefined || forwardStages.indexOf(known.furthest) >= forwardStages.indexOf(stage)) return;
  write(home, { ...known, furthest: stage });
}

/** Ends a promotion that was broken off between its two renames. */
export function mendPromotion(home: string): void {
  if (!existsSync(oldFolder(home))) return;
  if (!existsSync(currentFolder(home))) renameSync(nextFolder(home), currentFolder(home));
  rmSync(fileOf(home), { force: true });
  rmSync(oldFolder(home), { recursive: true, force: true });
}

/** The new authorities are the cluster's; the old ones are no more. */
export function promote(home: string): void {
  rmSync(oldFolder(home), { recursive: true, force: true });
  renameSync(currentFolder(home), oldFolder(home));
  renameSync(nextFolder(home), currentFolder(home));
  rmSync(fileOf(home), { force: true });
  rmSync(oldFolder(home), { recursive: true, force: true });
}

/** Nothing of the new authorities is in use any more. */
export function forgetRotation(home: string): void {
  rmSync(nextFolder(home), { recursive: true, force: true });
  rmSync(fileOf(home), { force: true });
}
