import { homedir } from 'node:os';
import path from 'node:path';

/** Folder in which the program keeps its clusters: `LANDFALL_HOME`, or `.landfall` in the user's home. */
export function landfallHome(): string {
  return process.env['LANDFALL_HOME'] ?? path.join(homedir(), '.landfall');
}

/** Folder of one cluster: its secrets, certificates, runs and access. */
export function clusterHome(cluster: string): string {
  return path.join(landfallHome(), 'clusters', cluster);
}
