import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type ReadYaml, readYaml } from '../cluster/positioned-yaml.ts';
import { LandfallError } from '../errors.ts';

/** Keys a schema knows at a path, for a suggestion beside a key it does not know. */
export function keysAt(root: z.ZodType, path: readonly (string | number)[]): readonly string[] {
  const bare = (schema: unknown): unknown => {
    let found = schema;
    while (found instanceof z.ZodOptional) found = found.unwrap();
    return found;
  };
  let schema = bare(root);
  for (const part of path) {
    if (schema instanceof z.ZodObject) schema = bare(schema.shape[String(part)]);
    else if (schema instanceof z.ZodArray) schema = bare(schema.element);
    else return [];
  }
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** A YAML text checked against a schema; DOCUMENT_INVALID names each problem as `file:line:column`. */
export function parseYaml<T>(file: string, text: string, schema: z.ZodType<T>): ReadYaml<T> {
  return readYaml(file, text, schema, (path) => keysAt(schema, path));
}

/**
 * Reads a file a person named.
 * @param what how the message calls it, `recipe`
 * @throws BUNDLE_RECIPE_MISSING, BUNDLE_MIRROR_MISSING, …
 */
export async function readNamedFile(file: string, what: 'recipe' | 'mirror' | 'lock'): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new LandfallError({
      code: `BUNDLE_${what.toUpperCase()}_MISSING`,
      message: `The ${what} ${file} cannot be read.`,
      fix: 'Check the path and its permissions.',
      cause,
      exitStatus: 2,
    });
  }
}
