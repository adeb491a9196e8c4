import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Output, type RunOptions, run } from '../hosts/command.ts';
import type { Lab } from '../hosts/lab.ts';

function repository(): string {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (path.basename(folder) !== 'test' && path.basename(folder) !== '.build') folder = path.dirname(folder);
  return path.dirname(folder);
}

/** A file of the repository. */
export function repositoryFile(...parts: readonly string[]): string {
  return path.join(repository(), ...parts);
}

/** Where landfall keeps what it knows of a lab's clusters. */
export function labHome(lab: Lab): string {
  return path.join(lab.directory, 'home');
}

/** The command line of the program under test, in the lab's network. */
export function landfallCommand(lab: Lab, args: readonly string[]): readonly string[] {
  return lab.inside([process.execPath, repositoryFile('dist/landfall.mjs'), ...args]);
}

export function landfallEnvironment(lab: Lab): Readonly<Record<string, string>> {
  return { LANDFALL_HOME: labHome(lab) };
}

/** Runs the program under test in the lab's network to its end. */
export function landfall(lab: Lab, args: readonly string[], options: RunOptions = {}): Promise<Output> {
  return run(landfallCommand(lab, args), {
    ...options,
    environment: { ...landfallEnvironment(lab), ...options.environment },
  });
}
