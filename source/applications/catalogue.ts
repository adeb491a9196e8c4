import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { assetsDirectory } from '../assets.ts';
import { invalidDocument, nearest, readYaml } from '../cluster/positioned-yaml.ts';
import { LandfallError } from '../errors.ts';
import { type ApplicationPackage, packageProblems, packageSchema } from './package.ts';

/** The packages that can be installed. */
export type Catalogue = {
  readonly packages: readonly ApplicationPackage[];
  /** By name or alias; APPLICATION_UNKNOWN with a suggestion when there is none. */
  find(name: string): ApplicationPackage;
};

function readPackage(directory: string): ApplicationPackage {
  const file = path.join(directory, 'package.yaml');
  const { value, at } = readYaml(file, readFileSync(file, 'utf8'), packageSchema, () =>
    Object.keys(packageSchema.shape),
  );
  const problems = packageProblems(value);
  if (problems.length > 0) {
    throw invalidDocument(
      file,
      problems.map((problem) => at([], problem)),
    );
  }
  return { ...value, directory };
}

/** Reads every package below a folder; the program's own catalogue unless another is named. DOCUMENT_INVALID names file and line. */
export function loadCatalogue(directory: string = path.join(assetsDirectory(), 'applications')): Catalogue {
  const packages = readdirSync(directory)
    .toSorted()
    .map((name) => path.join(directory, name))
    .filter((folder) => existsSync(path.join(folder, 'package.yaml')))
    .map(readPackage);
  return {
    packages,
    find(name) {
      const found = packages.find((candidate) => candidate.name === name || candidate.aliases.includes(name));
      if (found !== undefined) return found;
      const known = packages.filter((candidate) => candidate.role === 'application');
      const meant = nearest(
        name,
        known.flatMap((candidate) => [candidate.name, ...candidate.aliases]),
      );
      throw new LandfallError({
        code: 'APPLICATION_UNKNOWN',
        message: `There is no application "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
        fix: `Choose one of: ${known.map((candidate) => candidate.name).join(', ')}.`,
        exitStatus: 2,
      });
    },
  };
}
