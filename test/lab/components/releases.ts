import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cachePath } from '../cache.ts';
import { type ArchiveEntry, writeArchive } from './archive.ts';
import { componentDirectory } from './build-go.ts';
import { withLock } from './lock.ts';
import { goComponent, versions } from './recipes.ts';

type Program = { readonly component: string; readonly program: string };

/** A file as its project publishes it: the program itself, or an archive with the layout of upstream's. */
export type ReleaseFile = {
  /** Host and path of the upstream URL. */
  readonly path: string;
} & (
  | { readonly program: Program }
  | { readonly programs: readonly Program[]; readonly folder: string; readonly texts: readonly string[] }
);

const architecture = 'amd64';
const github = 'github.com';

export const releaseFiles: readonly ReleaseFile[] = [
  {
    path: `${github}/containerd/containerd/releases/download/v${versions.containerd}/containerd-${versions.containerd}-linux-${architecture}.tar.gz`,
    folder: 'bin/',
    programs: ['containerd', 'containerd-shim-runc-v2', 'ctr'].map((program) => ({ component: 'containerd', program })),
    texts: [],
  },
  {
    path: `${github}/opencontainers/runc/releases/download/v${versions.runc}/runc.${architecture}`,
    program: { component: 'runc', program: 'runc' },
  },
  {
    path: `${github}/containernetworking/plugins/releases/download/v${versions.networkPlugins}/cni-plugins-linux-${architecture}-v${versions.networkPlugins}.tgz`,
    folder: './',
    programs: ['bandwidth', 'bridge', 'host-local', 'loopback', 'portmap', 'ptp'].map((program) => ({
      component: 'network-plugins',
      program,
    })),
    texts: ['LICENSE', 'README.md'],
  },
  ...['kubeadm', 'kubelet', 'kubectl'].map((program) => ({
    path: `dl.k8s.io/v${versions.kubernetes}/bin/linux/${architecture}/${program}`,
    program: { component: 'kubernetes', program },
  })),
  {
    path: `${github}/distribution/distribution/releases/download/v${versions.registry}/registry_${versions.registry}_linux_${architecture}.tar.gz`,
    folder: '',
    programs: [{ component: 'registry', program: 'registry' }],
    texts: ['LICENSE', 'README.md'],
  },
  {
    path: `${github}/etcd-io/etcd/releases/download/v${versions.etcd}/etcd-v${versions.etcd}-linux-${architecture}.tar.gz`,
    folder: `etcd-v${versions.etcd}-linux-${architecture}/`,
    programs: ['etcd', 'etcdctl', 'etcdutl'].map((program) => ({ component: program, program })),
    texts: ['README-etcdctl.md', 'README-etcdutl.md', 'README.md'],
  },
  {
    path: `get.helm.sh/helm-v${versions.helm}-linux-${architecture}.tar.gz`,
    folder: `linux-${architecture}/`,
    programs: [{ component: 'helm', program: 'helm' }],
    texts: ['LICENSE', 'README.md'],
  },
];

/** Root of the tree HOST/PATH of release files. */
export function releasesDirectory(): string {
  return cachePath('releases', 'files');
}

function programPath({ component, program }: Program): string {
  return path.join(componentDirectory(goComponent(component)), program);
}

/** What a release file is made of, so that a rebuilt program makes a new file. */
function key(file: ReleaseFile): string {
  const programs = 'program' in file ? [file.program] : file.programs;
  return createHash('sha256')
    .update(JSON.stringify([file, programs.map(programPath)]))
    .digest('hex');
}

function keyFile(file: ReleaseFile): string {
  return cachePath('releases', 'keys', createHash('sha256').update(file.path).digest('hex'));
}

async function present(file: ReleaseFile): Promise<boolean> {
  const known = await readFile(keyFile(file), 'utf8').catch(() => undefined);
  return known === key(file) && existsSync(path.join(releasesDirectory(), file.path));
}

function archiveEntries(file: Extract<ReleaseFile, { readonly folder: string }>): readonly ArchiveEntry[] {
  const members: ArchiveEntry[] = [
    ...file.texts.map((name) => ({
      type: 'file' as const,
      path: `${file.folder}${name}`,
      mode: 0o644,
      content: `${path.basename(file.path)}, built from source for the lab.\n`,
    })),
    ...file.programs.map((program) => ({
      type: 'file' as const,
      path: `${file.folder}${program.program}`,
      mode: 0o755,
      source: programPath(program),
    })),
  ];
  const folder: readonly ArchiveEntry[] =
    file.folder === '' ? [] : [{ type: 'directory', path: file.folder, mode: 0o755 }];
  return [...folder, ...members.sort((left, right) => (left.path < right.path ? -1 : 1))];
}

async function writeRelease(file: ReleaseFile): Promise<void> {
  const target = path.join(releasesDirectory(), file.path);
  const partial = `${target}.partial`;
  await mkdir(path.dirname(target), { recursive: true });
  await mkdir(path.dirname(keyFile(file)), { recursive: true });
  await rm(partial, { force: true });
  if ('program' in file) await link(programPath(file.program), partial);
  else await writeArchive(archiveEntries(file), partial);
  await rename(partial, target);
  await writeFile(keyFile(file), key(file));
}

/** Makes the release files that are missing or older than their programs; the programs must be built. */
export async function ensureReleases(say: (line: string) => void): Promise<void> {
  const isMissing = async () => {
    const found = await Promise.all(releaseFiles.map(present));
    return releaseFiles.filter((_file, index) => !found[index]);
  };
  if ((await isMissing()).length === 0) return;
  await withLock(cachePath('releases', 'releases.lock'), say, async () => {
    for (const file of await isMissing()) {
      say(`packing ${path.basename(file.path)}`);
      await writeRelease(file);
    }
  });
}
