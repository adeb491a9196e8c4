import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cachePath } from '../cache.ts';
import { withLock } from '../components/lock.ts';
import { must } from '../hosts/command.ts';

export type Suite = 'bookworm' | 'trixie';

/** Debian packages, unpacked with all that they depend on. */
export type DebianSource = { readonly suite: Suite; readonly packages: readonly string[] };

/** Folder into which the packages are unpacked; nothing of them has run. */
export function debianRoot(source: DebianSource): string {
  const hash = createHash('sha256').update(JSON.stringify(source)).digest('hex').slice(0, 10);
  return cachePath('images', 'roots', `${source.suite}-${source.packages[0]}-${hash}`);
}

/** An apt of its own with an empty state: it knows one suite, sees nothing of this machine and changes nothing of it. */
async function privateApt(suite: Suite, archives: string): Promise<readonly string[]> {
  const folder = cachePath('images', 'apt', suite);
  await mkdir(path.join(folder, 'lists/partial'), { recursive: true });
  await mkdir(path.join(archives, 'partial'), { recursive: true });
  await writeFile(path.join(folder, 'status'), '');
  await writeFile(
    path.join(folder, 'sources.list'),
    `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian ${suite} main\n`,
  );
  const options = [
    `Dir::State::Lists=${folder}/lists`,
    `Dir::State::status=${folder}/status`,
    `Dir::Cache=${folder}`,
    `Dir::Cache::archives=${archives}`,
    `Dir::Etc::sourcelist=${folder}/sources.list`,
    'Dir::Etc::sourceparts=/dev/null',
    'Dir::Etc::preferencesparts=/dev/null',
    'APT::Architecture=amd64',
    'APT::Architectures=amd64',
    'APT::Install-Recommends=false',
    'APT::Sandbox::User=root',
    'Acquire::Languages=none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false',
  ];
  return ['apt-get', '--quiet=2', ...options.flatMap((option) => ['-o', option])];
}

async function unpack(source: DebianSource, target: string): Promise<void> {
  // A folder of its own, so that what is in it afterwards is the closure of these packages and nothing else.
  const archives = `${target}.archives`;
  const partial = `${target}.partial`;
  for (const folder of [archives, partial]) await rm(folder, { recursive: true, force: true });
  await mkdir(partial, { recursive: true });
  const apt = await privateApt(source.suite, archives);
  await must([...apt, 'update']);
  await must([...apt, '--yes', '--download-only', 'install', ...source.packages]);
  const names = (await readdir(archives)).filter((name) => name.endsWith('.deb')).sort();
  for (const name of names) await must(['dpkg-deb', '--extract', path.join(archives, name), partial]);
  await rename(partial, target);
  await rm(archives, { recursive: true, force: true });
}

/** Downloads and unpacks the packages unless they are there. Returns the folder. */
export async function ensureDebianRoot(source: DebianSource, say: (line: string) => void): Promise<string> {
  const target = debianRoot(source);
  if (existsSync(target)) return target;
  await withLock(cachePath('images', 'apt', `${source.suite}.lock`), say, async () => {
    if (existsSync(target)) return;
    say(`getting ${source.packages.join(', ')} of Debian ${source.suite}`);
    await unpack(source, target);
  });
  return target;
}
