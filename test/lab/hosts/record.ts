import { readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Limits } from './cgroups.ts';
import { type LabHost, labDirectory, processStart } from './names.ts';

/** What a lab writes down about itself, so that another process can use it or clean it up. */
export type LabRecord = {
  readonly name: string;
  readonly phase: 'coming up' | 'up';
  /** The process that brought it up. */
  readonly owner: { readonly pid: number; readonly start: string };
  readonly hosts: readonly LabHost[];
  readonly limits: Limits;
  readonly created: string;
};

function file(name: string): string {
  return path.join(labDirectory(name), 'lab.json');
}

export async function writeRecord(record: LabRecord): Promise<void> {
  const partial = `${file(record.name)}.partial`;
  await writeFile(partial, `${JSON.stringify(record, undefined, 2)}\n`);
  await rename(partial, file(record.name));
}

/** Undefined when there is no lab of that name, or it died before it wrote anything. */
export async function readRecord(name: string): Promise<LabRecord | undefined> {
  try {
    return JSON.parse(await readFile(file(name), 'utf8')) as LabRecord;
  } catch {
    return undefined;
  }
}

/** This process, as a record names it. */
export function thisProcess(): LabRecord['owner'] {
  return { pid: process.pid, start: processStart(process.pid) ?? '' };
}

export function ownerLives(record: LabRecord): boolean {
  return processStart(record.owner.pid) === record.owner.start;
}
