import { nearest } from '../cluster/positioned-yaml.ts';
import { LandfallError } from '../errors.ts';
import type { ApplicationPackage, Parameter } from './package.ts';
import { parseSize } from './size.ts';

export type ParameterValue = string | number | boolean;

function invalid(manifest: ApplicationPackage, message: string, fix?: string): LandfallError {
  return new LandfallError({
    code: 'APPLICATION_PARAMETER',
    message: `${manifest.title.en}: ${message}`,
    fix: fix ?? `Run \`landfall app catalogue ${manifest.name}\` to see its parameters.`,
    exitStatus: 2,
  });
}

function quoted(value: ParameterValue): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}

/** The problem with a value, or undefined when it may be used. */
export function parameterProblem(parameter: Parameter, value: ParameterValue): string | undefined {
  switch (parameter.type) {
    case 'string':
      if (typeof value !== 'string') return `${quoted(value)} is not a text`;
      if (/[\0\r]/.test(value)) return 'holds a sign that cannot be used';
      if (value.length > (parameter.maxLength ?? 10_000))
        return `is longer than ${parameter.maxLength ?? 10_000} signs`;
      if (parameter.pattern !== undefined && !new RegExp(`^(?:${parameter.pattern})$`, 'u').test(value)) {
        return `${quoted(value)} does not fit ${parameter.pattern}`;
      }
      return undefined;
    case 'number':
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) return `${quoted(value)} is not a whole number`;
      if (value < (parameter.min ?? value)) return `${value} is less than ${parameter.min}`;
      if (value > (parameter.max ?? value)) return `${value} is more than ${parameter.max}`;
      return undefined;
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `${quoted(value)} is neither true nor false`;
    case 'size': {
      const bytes = typeof value === 'string' ? parseSize(value) : undefined;
      if (bytes === undefined) return `${quoted(value)} is not a size, as 512Mi or 5Gi`;
      if (bytes < (parseSize(parameter.min ?? '0') ?? 0)) return `${value} is less than ${parameter.min}`;
      if (bytes > (parseSize(parameter.max ?? '') ?? bytes)) return `${value} is more than ${parameter.max}`;
      return undefined;
    }
    case 'password':
      return 'is made by the program, which prints it at the end; a password on a command line or in a document could be read by others';
  }
}

/** Values with every default filled in, without passwords. APPLICATION_PARAMETER names what is wrong. */
export function resolveParameters(
  manifest: ApplicationPackage,
  given: Readonly<Record<string, ParameterValue>>,
): Readonly<Record<string, ParameterValue>> {
  const known = manifest.parameters.map((parameter) => parameter.name);
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const meant = nearest(name, known);
    throw invalid(
      manifest,
      `there is no parameter "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
      `Its parameters are: ${known.join(', ')}.`,
    );
  }
  const values: Record<string, ParameterValue> = {};
  for (const parameter of manifest.parameters) {
    const value = given[parameter.name] ?? ('default' in parameter ? parameter.default : undefined);
    if (value === undefined) continue;
    const problem = parameterProblem(parameter, value);
    if (problem !== undefined) throw invalid(manifest, `parameter ${parameter.name} ${problem}`);
    values[parameter.name] = value;
  }
  return values;
}

/** Reads `key=value` words of a command line by the parameters' types. */
export function parseAssignments(
  manifest: ApplicationPackage,
  words: readonly string[],
): Readonly<Record<string, ParameterValue>> {
  const values: Record<string, ParameterValue> = {};
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals < 1) throw invalid(manifest, `"${word}" is not of the form key=value`);
    const name = word.slice(0, equals);
    const text = word.slice(equals + 1);
    if (Object.hasOwn(values, name)) throw invalid(manifest, `parameter ${name} is given twice`);
    const type = manifest.parameters.find((parameter) => parameter.name === name)?.type;
    if (type === 'number' && /^-?\d+$/.test(text)) values[name] = Number(text);
    else if (type === 'boolean' && /^(true|false)$/.test(text)) values[name] = text === 'true';
    else values[name] = text;
  }
  return values;
}
