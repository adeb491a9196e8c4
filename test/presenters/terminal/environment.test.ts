import { expect, test } from 'vitest';
import { profileTerminal, type TerminalFacts } from '../../../source/presenters/terminal/environment.ts';

const facts = (environment: Record<string, string>, parts: Partial<TerminalFacts> = {}): TerminalFacts => ({
  environment,
  platform: 'linux',
  inputIsTerminal: true,
  outputIsTerminal: true,
  ...parts,
});

const utf8 = { TERM: 'xterm-256color', LANG: 'en_US.UTF-8' };

test.each([
  [
    'a modern terminal',
    facts(utf8),
    { mode: 'screens', glyphs: 'unicode', theme: 'colour', language: 'en', tick: 100 },
  ],
  ['NO_COLOR', facts({ ...utf8, NO_COLOR: '1' }), { theme: 'plain', glyphs: 'unicode' }],
  ['an empty NO_COLOR', facts({ ...utf8, NO_COLOR: '' }), { theme: 'colour' }],
  ['the kernel console', facts({ TERM: 'linux', LANG: 'zh_CN.UTF-8' }), { glyphs: 'ascii', language: 'en' }],
  ['a dumb terminal', facts({ TERM: 'dumb', LANG: 'C' }), { mode: 'questions', glyphs: 'ascii', theme: 'plain' }],
  ['a serial line', facts({ ...utf8, TERM: 'vt220' }, { device: '/dev/ttyS0' }), { glyphs: 'ascii', tick: 500 }],
  ['a locale without UTF-8', facts({ TERM: 'xterm', LANG: 'zh_CN.GBK' }), { glyphs: 'ascii', language: 'en' }],
  ['Chinese', facts({ TERM: 'xterm', LANG: 'zh_CN.UTF-8' }), { glyphs: 'unicode', language: 'zh' }],
  ['SSH', facts({ ...utf8, SSH_TTY: '/dev/pts/3' }), { tick: 250, mode: 'screens' }],
  ['a screen reader', facts({ ...utf8, ACCESSIBLE: '1' }), { mode: 'questions' }],
  ['output to a pipe', facts(utf8, { outputIsTerminal: false }), { mode: 'questions' }],
  ['input from a pipe', facts(utf8, { inputIsTerminal: false }), { mode: 'unattended' }],
  ['an old Windows console', facts({}, { platform: 'win32' }), { glyphs: 'ascii' }],
  ['Windows Terminal', facts({ WT_SESSION: 'x' }, { platform: 'win32' }), { glyphs: 'unicode' }],
])('%s', (_, given, wanted) => {
  const profile = profileTerminal(given, {});
  const found = {
    mode: profile.mode,
    glyphs: profile.glyphs.name,
    theme: profile.theme.name,
    language: profile.language,
    tick: profile.tickMilliseconds,
  };
  expect(found).toMatchObject(wanted);
});

test('what is asked for wins over what is detected', () => {
  const profile = profileTerminal(facts(utf8), {
    ascii: true,
    color: false,
    language: 'zh',
    slow: true,
    accessible: true,
  });
  expect(profile.glyphs.name).toBe('ascii');
  expect(profile.theme.name).toBe('plain');
  expect(profile.language).toBe('zh');
  expect(profile.tickMilliseconds).toBe(500);
  expect(profile.mode).toBe('questions');
});
