import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { labHome } from '../cluster/landfall.ts';
import type { Lab } from '../hosts/lab.ts';

/** A secret in one of the forms in which it could turn up. */
export type KnownSecret = { readonly name: string; readonly value: string };

function forms(name: string, value: string): readonly KnownSecret[] {
  const escaped = JSON.stringify(value).slice(1, -1);
  const base64 = Buffer.from(value).toString('base64').replace(/=+$/, '');
  return [
    { name, value },
    ...(escaped === value ? [] : [{ name: `${name}, as JSON writes it`, value: escaped }]),
    { name: `${name}, in base64`, value: base64 },
  ];
}

/** A line from the middle of each private key below a folder; the first lines of keys are alike. */
function keyLines(folder: string): readonly KnownSecret[] {
  let names: readonly string[] = [];
  try {
    names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
  return names.flatMap((name) => {
    let text = '';
    try {
      text = readFileSync(path.join(folder, name), 'utf8');
    } catch {
      return [];
    }
    if (!text.includes('PRIVATE KEY')) return [];
    const lines = text.split('\n').filter((line) => /^[A-Za-z0-9+/=]{40,}$/.test(line));
    const line = lines[Math.floor(lines.length / 2)];
    return line === undefined ? [] : [{ name: `key ${name}`, value: line }];
  });
}

/** Every secret of the lab and of a cluster as it is on the operator machine now. */
export function knownSecrets(lab: Lab, cluster: string, home: string = labHome(lab)): readonly KnownSecret[] {
  const folder = path.join(home, 'clusters', cluster);
  const stored = JSON.parse(readFileSync(path.join(folder, 'secrets.json'), 'utf8')) as {
    readonly registryPassword: string;
    readonly bootstrapToken: string;
    readonly applications: Readonly<Record<string, Readonly<Record<string, string>>>>;
  };
  const applications = Object.entries(stored.applications).flatMap(([application, values]) =>
    Object.entries(values).flatMap(([parameter, value]) => forms(`${parameter} of ${application}`, value)),
  );
  return [
    ...forms('password of the registry', stored.registryPassword),
    ...forms('credentials of the registry', `landfall:${stored.registryPassword}`),
    ...forms('secret part of the bootstrap token', stored.bootstrapToken.split('.')[1] ?? ''),
    ...applications,
    ...forms('sudo password of the operator', readFileSync(lab.operatorPasswordFile, 'utf8')),
    ...keyLines(path.join(folder, 'pki')),
  ];
}

/** Names of the secrets that are in a text. */
export function secretsIn(text: string, secrets: readonly KnownSecret[]): readonly string[] {
  return secrets.filter(({ value }) => text.includes(value)).map(({ name }) => name);
}
