import type { InstalledApplication } from '../applications/installed.ts';
import type { ApplicationPackage, Parameter } from '../applications/package.ts';
import { formatSize } from '../applications/size.ts';

/** Cells padded to columns, without a border. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

const stateWords: Readonly<Record<InstalledApplication['state'], string>> = {
  ready: 'ready',
  'not-ready': 'NOT READY',
  failed: 'FAILED',
  'data-kept': 'uninstalled, data kept',
};

/** What `landfall app list` prints. */
export function installedLines(installed: readonly InstalledApplication[]): readonly string[] {
  const rows = installed.map((one) => [
    one.name,
    one.role === 'component' ? `${one.package} (needed by others)` : one.package,
    `${stateWords[one.state]}${one.reason === undefined ? '' : `: ${one.reason}`}`,
    one.volumes.join(', '),
  ]);
  return columns([['NAME', 'PACKAGE', 'STATE', 'DATA'], ...rows]);
}

function bounds(parameter: Parameter): string {
  if (parameter.type !== 'number' && parameter.type !== 'size') return '';
  const words = [
    parameter.min === undefined ? '' : `at least ${parameter.min}`,
    parameter.max === undefined ? '' : `at most ${parameter.max}`,
  ].filter((word) => word !== '');
  return words.length === 0 ? '' : ` (${words.join(', ')})`;
}

function describeParameter(parameter: Parameter): readonly string[] {
  const given = 'default' in parameter && parameter.default !== undefined ? `= ${parameter.default}` : '';
  const made = parameter.type === 'password' ? 'made by the program' : given;
  return [`  ${parameter.name}`, parameter.type, made, `${parameter.title.en}${bounds(parameter)}`];
}

/** What `landfall app catalogue NAME` prints. */
export function describePackage(found: ApplicationPackage): readonly string[] {
  const needs = Object.entries(found.needs).map(([mode, need]) => {
    const where = mode === 'oneNode' ? 'one node:  ' : 'more nodes:';
    const disk = need.disk === 0 ? '' : `, ${formatSize(need.disk)} disk`;
    return `  ${where} ${need.replicas} × ${need.cpu / 1000} processors, ${formatSize(need.memory)} memory${disk}`;
  });
  const also = found.aliases.length === 0 ? '' : `, also found as ${found.aliases.join(', ')}`;
  return [
    `${found.title.en} ${found.applicationVersion} (${found.name}${also})`,
    found.description.en,
    'Needs',
    ...needs,
    ...(found.parameters.length === 0
      ? []
      : ['Parameters, for --set', ...columns(found.parameters.map(describeParameter))]),
  ];
}
