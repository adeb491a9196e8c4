import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  beginRotation,
  currentFolder,
  currentRotation,
  forgetRotation,
  mendPromotion,
  nextFolder,
  noteStage,
  promote,
} from '../../source/certificates/rotation.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'rotation-'));
  for (const [folder, content] of [
    [currentFolder(home), 'old'],
    [nextFolder(home), 'new'],
  ] as const) {
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'ca.crt'), content);
  }
});
afterEach(() => rmSync(home, { recursive: true }));

const authority = (): string => readFileSync(path.join(currentFolder(home), 'ca.crt'), 'utf8');

describe('a rotation on the operator machine', () => {
  test('keeps its name and the furthest stage over interruptions', () => {
    const first = beginRotation(home, false);
    expect(first.furthest).toBe('trust');
    noteStage(home, 'switch');
    noteStage(home, 'trust');
    expect(beginRotation(home, false)).toEqual({ id: first.id, furthest: 'switch', back: false });
    expect(beginRotation(home, true)).toEqual({ id: first.id, furthest: 'switch', back: true });
    expect(currentRotation(home)?.back).toBe(true);
  });

  test('promotes the new authorities and forgets the old ones', () => {
    beginRotation(home, false);
    promote(home);
    expect(authority()).toBe('new');
    expect(readdirSync(home)).toEqual(['pki']);
  });

  test.each(['after the first rename', 'after the second rename', 'before the last removal'])(
    'a promotion that loses power %s is ended by the next opening',
    (moment) => {
      beginRotation(home, false);
      renameSync(currentFolder(home), path.join(home, 'pki-old'));
      if (moment !== 'after the first rename') renameSync(nextFolder(home), currentFolder(home));
      if (moment === 'before the last removal') rmSync(path.join(home, 'rotation.json'));
      mendPromotion(home);
      expect(authority()).toBe('new');
      expect(readdirSync(home)).toEqual(['pki']);
      expect(currentRotation(home)).toBeUndefined();
    },
  );

  test('nothing is mended where nothing was broken off', () => {
    const rotation = beginRotation(home, false);
    mendPromotion(home);
    expect(authority()).toBe('old');
    expect(existsSync(nextFolder(home))).toBe(true);
    expect(currentRotation(home)).toEqual(rotation);
  });

  test('on the way back the new authorities are forgotten', () => {
    beginRotation(home, true);
    forgetRotation(home);
    expect(authority()).toBe('old');
    expect(readdirSync(home)).toEqual(['pki']);
  });
});
