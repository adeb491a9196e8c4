import { setFlagsFromString } from 'node:v8';

/**
 * Lets the heap stay small: V8 otherwise takes what a big machine has before it clears up, and a wizard that shows a
 * thousand nodes holds 450 MB of which it uses 120. Frames are short-lived garbage, for which room that grows saves no time.
 * The flag made for this (`--optimize-for-size`) also destroys native objects in the middle of a collection, which those of
 * ssh2 do not survive: Node ends with a failed assertion.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=10');
  setFlagsFromString('--semi-space-growth-factor=1');
}
