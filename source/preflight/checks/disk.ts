import type { HostFacts } from '../../hosts/facts.ts';
import type { MountedFileSystem } from '../../hosts/host-details.ts';
import { couldNotRun, finding, findingWhen, type HostCheck, pass } from '../check.ts';
import { gibibyte, gibibytes } from '../sizes.ts';

const dataFolders = ['/var/lib/containerd', '/var/lib/kubelet', '/var/lib/etcd', '/var/lib/landfall'];

/** The file system that holds a path, the way the kernel finds it: the longest mount point above it, the last of equals. */
export function fileSystemOf(facts: HostFacts, path: string): MountedFileSystem | undefined {
  let best: MountedFileSystem | undefined;
  for (const mounted of facts.details.mounted ?? []) {
    const above = mounted.mount === '/' || path === mounted.mount || path.startsWith(`${mounted.mount}/`);
    if (above && mounted.mount.length >= (best?.mount.length ?? 0)) best = mounted;
  }
  return best;
}

/** Size and free space at a path, from the nearest folder above it that was measured. */
export function spaceOf(facts: HostFacts, path: string): HostFacts['mounts'][number] | undefined {
  let best: HostFacts['mounts'][number] | undefined;
  for (const measured of facts.mounts) {
    const above = measured.path === '/' || path === measured.path || path.startsWith(`${measured.path}/`);
    if (above && measured.path.length >= (best?.path.length ?? 0)) best = measured;
  }
  return best;
}

/** Folders of ours that matter for a role. */
function foldersOf(role: 'control-plane' | 'worker'): readonly string[] {
  return role === 'control-plane' ? dataFolders : dataFolders.filter((folder) => folder !== '/var/lib/etcd');
}

function withOption(facts: HostFacts, paths: readonly string[], option: string): readonly string[] {
  return paths.flatMap((path) => {
    const mounted = fileSystemOf(facts, path);
    return mounted?.options.includes(option) ? [`${path} (${mounted.mount} ${option})`] : [];
  });
}

function isReadOnly(facts: HostFacts, path: string): boolean {
  return fileSystemOf(facts, path)?.options.includes('ro') ?? false;
}

const notLocal = /^(nfs\d?|cifs|smb3?|9p|ceph|glusterfs|fuse\.(?!fuse-overlayfs).*|afs|lustre|gfs2|ocfs2|virtiofs)$/;

/** What the facts of any script since the first tell of mounts, else that it cannot be said. */
const needsMounts = (facts: HostFacts, verdict: () => ReturnType<HostCheck['evaluate']>) =>
  facts.details.mounted === undefined ? couldNotRun('/proc/mounts') : verdict();

export const diskChecks: readonly HostCheck[] = [
  {
    id: 'disk-space',
    severity: 'blocks',
    applies: ({ own }) => !own,
    evaluate({ facts }) {
      const place = spaceOf(facts, '/var/lib/containerd');
      if (place === undefined) return couldNotRun('df');
      const needed = 8 * gibibyte;
      return place.free >= needed
        ? pass
        : finding(`${place.mount} ${gibibytes(place.free)}`, `≥ ${gibibytes(needed)} (/var/lib/containerd)`);
    },
  },
  {
    id: 'disk-space-etcd',
    severity: 'blocks',
    applies: ({ own, host }) => !own && host.role === 'control-plane',
    evaluate({ facts }) {
      const place = spaceOf(facts, '/var/lib/etcd');
      if (place === undefined) return couldNotRun('df');
      // Twice etcd's quota of 2 GiB: the old and the new file stand side by side while it is compacted.
      const needed = 4 * gibibyte;
      return place.free >= needed
        ? pass
        : finding(`${place.mount} ${gibibytes(place.free)}`, `≥ ${gibibytes(needed)} (/var/lib/etcd)`);
    },
  },
  {
    id: 'disk-space-kubelet',
    severity: 'warns',
    applies: ({ own }) => !own,
    evaluate({ facts }) {
      const place = spaceOf(facts, '/var/lib/kubelet');
      if (place === undefined) return couldNotRun('df');
      const needed = 5 * gibibyte;
      return place.free >= needed
        ? pass
        : finding(`${place.mount} ${gibibytes(place.free)}`, `≥ ${gibibytes(needed)} (/var/lib/kubelet)`);
    },
  },
  {
    id: 'disk-space-temporary',
    severity: 'warns',
    evaluate({ facts }) {
      const place = spaceOf(facts, '/tmp');
      if (place === undefined) return couldNotRun('df');
      const needed = gibibyte / 4;
      return place.free >= needed
        ? pass
        : finding(`${place.mount} ${gibibytes(place.free)}`, `≥ ${gibibytes(needed)} (/tmp)`);
    },
  },
  {
    id: 'disk-eviction',
    severity: 'blocks',
    evaluate({ facts }) {
      // Below these the kubelet throws pods out as soon as it starts (hard eviction of nodefs and imagefs).
      const limits = [
        ['/var/lib/kubelet', 10],
        ['/var/lib/containerd', 15],
      ] as const;
      return findingWhen(
        limits.flatMap(([path, limit]) => {
          const place = spaceOf(facts, path);
          if (place === undefined || place.size === 0) return [];
          const percent = Math.floor((place.free / place.size) * 100);
          return percent < limit ? [`${path} ${percent} % < ${limit} %`] : [];
        }),
        '/var/lib/kubelet ≥ 10 %, /var/lib/containerd ≥ 15 %',
      );
    },
  },
  {
    id: 'disk-inodes',
    severity: 'blocks',
    evaluate({ facts, host }) {
      const { inodes } = facts.details;
      if (inodes === undefined) return couldNotRun('df -i');
      // btrfs and some others count no inodes and say 0 of 0.
      const low = inodes.filter(
        ({ path, total, free }) => (foldersOf(host.role).includes(path) || path === '/') && total > 0 && free < 100_000,
      );
      return findingWhen(
        low.map(({ path, free }) => `${path} ${free}`),
        '≥ 100000',
      );
    },
  },
  {
    id: 'disk-read-only',
    severity: 'blocks',
    neverIgnored: true,
    evaluate: ({ facts }) =>
      facts.details.mounted === undefined
        ? couldNotRun('/proc/mounts')
        : findingWhen(
            [
              ...new Set([
                ...facts.details.notWritable.filter((path) => isReadOnly(facts, path)),
                ...dataFolders.filter((path) => isReadOnly(facts, path)),
              ]),
            ],
            'rw',
          ),
  },
  {
    id: 'disk-noexec',
    severity: 'blocks',
    evaluate: ({ facts }) =>
      needsMounts(facts, () =>
        findingWhen(
          withOption(facts, ['/usr/local/bin', '/opt/cni/bin', '/var/lib/containerd', '/var/lib/kubelet'], 'noexec'),
          'exec',
        ),
      ),
  },
  {
    id: 'disk-nosuid',
    severity: 'warns',
    evaluate: ({ facts }) =>
      needsMounts(facts, () => findingWhen(withOption(facts, ['/var/lib/containerd'], 'nosuid'), 'suid')),
  },
  {
    id: 'disk-nodev',
    severity: 'warns',
    evaluate: ({ facts }) =>
      needsMounts(facts, () =>
        findingWhen(withOption(facts, ['/var/lib/containerd', '/var/lib/kubelet'], 'nodev'), 'dev'),
      ),
  },
  {
    id: 'disk-network',
    severity: 'blocks',
    evaluate: ({ facts, host }) =>
      needsMounts(facts, () =>
        findingWhen(
          foldersOf(host.role).flatMap((path) => {
            const mounted = fileSystemOf(facts, path);
            return mounted !== undefined && notLocal.test(mounted.type) ? [`${path} ${mounted.type}`] : [];
          }),
          'ext4, xfs, btrfs',
        ),
      ),
  },
  {
    id: 'disk-volatile',
    severity: 'blocks',
    evaluate: ({ facts, host }) =>
      needsMounts(facts, () =>
        findingWhen(
          foldersOf(host.role).flatMap((path) => {
            const type = fileSystemOf(facts, path)?.type;
            return type === 'tmpfs' || type === 'ramfs' ? [`${path} ${type}`] : [];
          }),
          'ext4, xfs, btrfs',
        ),
      ),
  },
  {
    id: 'disk-overlay',
    severity: 'blocks',
    evaluate: ({ facts }) =>
      needsMounts(facts, () => {
        const mounted = fileSystemOf(facts, '/var/lib/containerd');
        return mounted?.type === 'overlay' || mounted?.type === 'squashfs'
          ? finding(`/var/lib/containerd ${mounted.type}`, 'ext4, xfs, btrfs')
          : pass;
      }),
  },
  {
    id: 'disk-type',
    severity: 'warns',
    evaluate: ({ facts, host }) =>
      needsMounts(facts, () =>
        findingWhen(
          foldersOf(host.role).flatMap((path) => {
            const type = fileSystemOf(facts, path)?.type;
            const odd = type !== undefined && /^(vfat|exfat|ntfs3?|msdos|zfs|jfs|reiserfs|ext[23]|f2fs)$/.test(type);
            return odd ? [`${path} ${type}`] : [];
          }),
          'ext4, xfs, btrfs',
        ),
      ),
  },
  {
    id: 'disk-xfs-types',
    severity: 'blocks',
    neverIgnored: true,
    applies: ({ facts }) => facts.details.xfsKnowsTypes !== undefined,
    evaluate: ({ facts }) =>
      facts.details.xfsKnowsTypes === false ? finding('/var/lib/containerd xfs ftype=0', 'ftype=1') : pass,
  },
  {
    id: 'disk-errors',
    severity: 'blocks',
    evaluate: ({ facts }) =>
      findingWhen(
        facts.details.diskErrors.map(({ device, errors }) => `${device} ${errors}`),
        '0',
      ),
  },
  {
    id: 'disk-array',
    severity: 'warns',
    evaluate: ({ facts }) => findingWhen(facts.details.degradedArrays, '[UU]'),
  },
  {
    id: 'disk-rotating',
    severity: 'informs',
    // In a virtual machine the flag says nothing of the disk behind it.
    applies: ({ host, facts }) => host.role === 'control-plane' && (facts.details.virtualization ?? 'none') === 'none',
    evaluate({ facts }) {
      const { disks } = facts.details;
      if (disks === undefined) return couldNotRun('/sys/block');
      const fixed = disks.filter((disk) => !disk.removable && disk.size > 0);
      return fixed.length > 0 && fixed.every((disk) => disk.rotational)
        ? finding(fixed.map((disk) => disk.name).join(', '), 'SSD')
        : pass;
    },
  },
  {
    id: 'disk-immutable',
    severity: 'blocks',
    evaluate: ({ facts }) =>
      needsMounts(facts, () =>
        findingWhen(
          facts.details.notWritable.filter((path) => !isReadOnly(facts, path)).map((path) => `${path} +i`),
          '-i',
        ),
      ),
  },
  {
    id: 'folder-permissions',
    severity: 'blocks',
    evaluate({ facts }) {
      const { permissions } = facts.details;
      if (permissions === undefined) return couldNotRun('ls');
      return findingWhen(
        permissions
          // Others may pass: `x`, or `t` where the sticky bit stands above it.
          .filter(({ mode }) => !/^.{9}[xt]/.test(mode))
          .map(({ path, mode }) => `${path} ${mode}`),
        'o+x',
      );
    },
  },
  {
    id: 'folder-owner',
    severity: 'blocks',
    evaluate({ facts }) {
      const { permissions } = facts.details;
      if (permissions === undefined) return couldNotRun('ls');
      return findingWhen(
        permissions.filter(({ owner }) => owner !== 'root').map(({ path, owner }) => `${path} ${owner}`),
        'root',
      );
    },
  },
  {
    id: 'folder-link',
    severity: 'warns',
    evaluate: ({ facts }) =>
      findingWhen(
        facts.details.links.map(({ path, target }) => `${path} → ${target}`),
        'directory',
      ),
  },
];
