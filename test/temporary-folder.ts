import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Gives all tests of a run one temporary folder, which goes with everything they left in it. Called by Vitest. */
export function setup(): () => void {
  const folder = mkdtempSync(path.join(tmpdir(), 'landfall-'));
  process.env['TMPDIR'] = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}
