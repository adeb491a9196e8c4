import { loadCatalogue } from '../applications/catalogue.ts';
import type { ApplicationPackage, Need, Parameter } from '../applications/package.ts';
import { parseSize } from '../applications/size.ts';
import type { LanguageName } from '../language/index.ts';
import type { CatalogueEntry, Needs, ParameterSpec, ParameterValue } from '../presenters/terminal/services.ts';

function parameterSpec(parameter: Parameter, language: LanguageName): ParameterSpec {
  const common = {
    name: parameter.name,
    title: parameter.title[language],
    ...(parameter.description === undefined ? {} : { description: parameter.description[language] }),
  };
  switch (parameter.type) {
    case 'string':
      return {
        ...common,
        kind: 'text',
        ...(parameter.default === undefined ? {} : { value: parameter.default }),
        ...(parameter.pattern === undefined ? {} : { pattern: parameter.pattern }),
      };
    case 'number':
      return {
        ...common,
        kind: 'number',
        ...(parameter.default === undefined ? {} : { value: parameter.default }),
        ...(parameter.min === undefined ? {} : { minimum: parameter.min }),
        ...(parameter.max === undefined ? {} : { maximum: parameter.max }),
      };
    case 'boolean':
      return { ...common, kind: 'switch', value: parameter.default };
    case 'password':
      return { ...common, kind: 'password' };
    case 'size':
      return { ...common, kind: 'size', value: parameter.default };
  }
}

function needsOf(manifest: ApplicationPackage, nodes: number, values: Readonly<Record<string, ParameterValue>>): Needs {
  const need: Need = nodes > 1 ? manifest.needs.manyNodes : manifest.needs.oneNode;
  const sized = (kind: 'memory' | 'disk'): number => {
    const parameter = manifest.parameters.find((entry) => entry.type === 'size' && entry.need === kind);
    if (parameter?.type !== 'size') return need[kind];
    return parseSize(String(values[parameter.name] ?? parameter.default)) ?? need[kind];
  };
  return {
    processors: (need.cpu * need.replicas) / 1000,
    memory: sized('memory') * need.replicas,
    disk: sized('disk') * need.replicas,
  };
}

/** The program's own catalogue in the form screens show it. */
export function catalogueEntries(language: LanguageName): readonly CatalogueEntry[] {
  return loadCatalogue()
    .packages.filter((manifest) => manifest.role === 'application')
    .map((manifest) => ({
      package: manifest.name,
      title: manifest.title[language],
      version: manifest.applicationVersion,
      category: '',
      summary: manifest.description[language].split(/(?<=[.。])/)[0] ?? '',
      description: manifest.description[language],
      needs: (nodes, parameters) => needsOf(manifest, nodes, parameters),
      parameters: manifest.parameters.map((parameter) => parameterSpec(parameter, language)),
    }));
}
