import { type Document, isMap, isNode, LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { LandfallError } from '../errors.ts';

export type Problem = { readonly line: number; readonly column: number; readonly message: string };

/** Fewest single-letter changes between two words. */
function distance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let row = 1; row <= left.length; row++) {
    const current = [row];
    for (let column = 1; column <= right.length; column++) {
      const change = left[row - 1] === right[column - 1] ? 0 : 1;
      current[column] = Math.min(
        (current[column - 1] ?? 0) + 1,
        (previous[column] ?? 0) + 1,
        (previous[column - 1] ?? 0) + change,
      );
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/** The known word a person most likely meant, or undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const [best] = known
    .map((candidate) => ({ candidate, far: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  return best !== undefined && best.far <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

type Path = readonly (string | number)[];

function position(
  document: Document,
  lines: LineCounter,
  path: Path,
  ofKey: string | undefined,
): { line: number; column: number } {
  for (let length = path.length; length >= 0; length--) {
    const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
    if (!isNode(node) || node.range == null) continue;
    let offset = node.range[0];
    if (ofKey !== undefined && length === path.length && isMap(node)) {
      const pair = node.items.find((item) => String(item.key) === ofKey);
      if (pair !== undefined && isNode(pair.key) && pair.key.range != null) offset = pair.key.range[0];
    }
    const found = lines.linePos(offset);
    return { line: found.line, column: found.col };
  }
  return { line: 1, column: 1 };
}

/** A YAML file read against a schema, with every problem at its line. */
export type ReadYaml<T> = {
  readonly value: T;
  /** Makes a problem at a path, for rules that look at several values at once. */
  readonly at: (path: Path, message: string) => Problem;
};

/** The error for a document with problems; each is `file:line:column: message`. */
export function invalidDocument(file: string, problems: readonly Problem[]): LandfallError {
  return new LandfallError({
    code: 'DOCUMENT_INVALID',
    message: problems.map((problem) => `${file}:${problem.line}:${problem.column}: ${problem.message}`).join('\n'),
    fix: 'Mend the lines named above and run the same command again; nothing was changed.',
    exitStatus: 2,
  });
}

/**
 * Parses YAML and checks it.
 * @param keysAt known keys of the mapping at a path, for a suggestion beside an unknown key.
 */
export function readYaml<T>(
  file: string,
  text: string,
  schema: z.ZodType<T>,
  keysAt: (path: Path) => readonly string[],
): ReadYaml<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    throw invalidDocument(
      file,
      document.errors.map((error) => {
        const found = lines.linePos(error.pos[0]);
        return { line: found.line, column: found.col, message: error.message };
      }),
    );
  }
  const at = (path: Path, message: string): Problem => ({ ...position(document, lines, path, undefined), message });
  const parsed = schema.safeParse(document.toJS());
  if (parsed.success) return { value: parsed.data, at };
  const problems = parsed.error.issues.flatMap((issue): readonly Problem[] => {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    if (issue.code !== 'unrecognized_keys') return [at(path, `${path.at(-1) ?? 'document'}: ${issue.message}`)];
    return issue.keys.map((key) => {
      const meant = nearest(key, keysAt(path));
      const secret = /^(password|sudoPassword)$/.test(key)
        ? '; secrets do not belong into the document, name a file with passwordFile'
        : '';
      return {
        ...position(document, lines, path, key),
        message: `unknown key "${key}"${secret || (meant === undefined ? '' : `; did you mean "${meant}"?`)}`,
      };
    });
  });
  throw invalidDocument(file, problems);
}
