import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addCommands } from '../source/all-commands.ts';

const repository = path.resolve(import.meta.dirname, '..');
const read = (name: string): string => readFileSync(path.join(repository, name), 'utf8');
const sources = readdirSync(path.join(repository, 'source'), { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name))
  .map((name) => path.join('source', name));

/** Values of `code` that no literal in the source shows, with the file that makes each. */
const madeCodes: Readonly<Record<string, string>> = {
  BUNDLE_MIRROR_MISSING: 'source/bundle/yaml-file.ts',
  BUNDLE_LOCK_MISSING: 'source/bundle/yaml-file.ts',
};

/** Codes of all errors: upper-case literals on lines that set a `code`. */
function codesInSource(): ReadonlySet<string> {
  const codes = sources.flatMap((name) =>
    read(name)
      .split('\n')
      .filter((line) => /\bcode: /.test(line))
      .flatMap((line) =>
        [...line.slice(line.search(/\bcode: /)).matchAll(/'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)'/g)].map(
          ([, code = '']) => code,
        ),
      ),
  );
  return new Set([...codes, ...Object.keys(madeCodes)].filter((code) => code.length > 3));
}

test('docs/errors.md says something about every error code, and about no other', () => {
  const text = read('docs/errors.md');
  const rows = [...text.matchAll(/^\| <a id="([a-z_]+)"><\/a>`([A-Z_]+)` \| (.+) \| (.+) \|$/gm)];
  const documented = rows.map(([, , code = '']) => code);
  expect(text.split('\n').filter((line) => line.startsWith('| <a ')).length).toBe(rows.length);
  expect([...codesInSource()].filter((code) => !documented.includes(code))).toEqual([]);
  expect(documented.filter((code) => !codesInSource().has(code))).toEqual([]);
  expect(documented.length).toBe(new Set(documented).size);
  expect(rows.filter(([, anchor, code]) => anchor !== code?.toLowerCase())).toEqual([]);
});

test('codes that are put together are still put together where the list says', () => {
  for (const file of Object.values(madeCodes))
    expect(read(file)).toMatch(/code: `BUNDLE_\$\{what\.toUpperCase\(\)\}_MISSING`/);
  const computed = sources.filter((name) => /\bcode: `/.test(read(name).replaceAll(/code: \(code\) => `/g, '')));
  expect(computed.filter((name) => !Object.values(madeCodes).includes(name) && !name.includes('language'))).toEqual([]);
});

/** Types of events with their fields, from the source. */
function eventsInSource(): ReadonlyMap<string, readonly string[]> {
  const text = read('source/engine/events.ts');
  const union = text.slice(text.indexOf('export type EventBody'), text.indexOf('export type Answer'));
  const parts = union.split(/^ {2}\| /m).slice(1);
  return new Map(
    parts.map((part): [string, readonly string[]] => {
      const type = /readonly type: '([a-z-]+)'/.exec(part)?.[1] ?? '';
      // Fields of lists inside an event are told in prose.
      const flat = part.replaceAll(/readonly \{[^}]*\}\[\]/g, 'list');
      return [type, [...flat.matchAll(/readonly ([a-zA-Z]+)\??:/g)].map(([, name = '']) => name).slice(1)];
    }),
  );
}

test('docs/journal.md describes every event with every field, and no other', () => {
  const sections = read('docs/journal.md').split(/^## /m).slice(1);
  const documented = new Map(
    sections.flatMap((section): [string, readonly string[]][] => {
      const type = /^`([a-z-]+)`\n/.exec(section)?.[1];
      if (type === undefined) return [];
      return [[type, [...section.matchAll(/^- `([a-zA-Z]+)`: /gm)].map(([, name = '']) => name)]];
    }),
  );
  expect(documented.size).toBeGreaterThan(10);
  expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(eventsInSource()));
});

test('docs/journal.md describes every field of a failure', () => {
  const text = read('source/engine/events.ts');
  const declared = text.slice(text.indexOf('export type FailureDetails'), text.indexOf('export type RunOutcome'));
  const fields = [...declared.matchAll(/readonly ([a-zA-Z]+)\??:/g)].map(([, name]) => name);
  const section = read('docs/journal.md').split(/^## A failure\n/m)[1] ?? '';
  expect([...section.matchAll(/^- `([a-zA-Z]+)`: /gm)].map(([, name]) => name)).toEqual(fields);
});

test('docs/exit-codes.md has every exit code that the source gives', () => {
  const codes = sources.flatMap((name) => [...read(name).matchAll(/exitStatus: (\d+)/g)].map(([, code]) => code));
  const outcomes = [...read('source/commands/present-run.ts').matchAll(/(?:succeeded|failed|stopped): (\d)/g)];
  const text = read('docs/exit-codes.md');
  const documented = [...text.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, list = '']) => list.split(', '));
  expect(outcomes).toHaveLength(3);
  expect(
    [...new Set([...codes, ...outcomes.map(([, code]) => code)])].filter((code) => !documented.includes(code ?? '')),
  ).toEqual([]);
});

test('no text tells anybody to run a command that does not exist', () => {
  const program = new Command('landfall');
  addCommands(program, '0.0.0');
  const known = new Map(
    program.commands.map((command) => [command.name(), command.commands.map((child) => child.name())] as const),
  );
  // Images of the lab and of nodes are in a namespace of that name, and sentences begin with it.
  const prose = /^(help|runs on)\b/;
  const texts = [...sources, ...readdirSync(path.join(repository, 'docs')).map((name) => `docs/${name}`)]
    .filter((name) => /\.(tsx?|md)$/.test(name))
    .concat('README.md', 'CONTRIBUTING.md');
  const unknown = texts.flatMap((name) =>
    [...read(name).matchAll(/(?<![-/.\w]|namespace )landfall ([a-z]+(?:-[a-z]+)*)(?: ([a-z]+(?:-[a-z]+)*))?/g)]
      .filter(([, command = '', child]) => {
        const children = known.get(command);
        if (children === undefined) return !prose.test(`${command} ${child ?? ''}`);
        return children.length > 0 && child !== undefined && !children.includes(child);
      })
      .map(([text]) => `${name}: ${text}`),
  );
  expect(unknown).toEqual([]);
});
