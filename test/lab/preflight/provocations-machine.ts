import {
  changedFile,
  fakeFile,
  fakeProcess,
  fakeProgram,
  fakeUnit,
  type Provocation,
  smallDisk,
  together,
} from './provocation.ts';

const noContainer = together(
  fakeProgram('systemd-detect-virt', 'echo none'),
  fakeFile('/proc/loadavg', 'sed "s/.*/0.10 0.10 0.10 1\\/100 1000/"'),
);

const memory = (change: string) => fakeFile('/proc/meminfo', `sed '${change}'`);

/** Login, system, processor, memory, disk. */
export const machineProvocations: readonly Provocation[] = [
  {
    check: 'distribution-known',
    provoke: 'rm /etc/os-release; printf \'ID=plan9\\nVERSION_ID=4\\nPRETTY_NAME="Plan 9"\\n\' >/etc/os-release',
    undo: 'rm /etc/os-release; ln -s ../usr/lib/os-release /etc/os-release',
    evidence: /^Plan 9$/,
  },
  { check: 'init-systemd', ...fakeFile('/proc/1/comm', 'sed s/.*/runit/'), evidence: /^runit$/ },
  {
    check: 'systemd-version',
    ...fakeProgram(
      'systemctl',
      'if [ "$1" = --version ]; then echo "systemd 219 (219)"; else exec /usr/bin/systemctl "$@"; fi',
    ),
    evidence: /^219$/,
  },
  {
    check: 'systemd-state',
    ...fakeProgram(
      'systemctl',
      'if [ "$1" = is-system-running ]; then echo maintenance; else exec /usr/bin/systemctl "$@"; fi',
    ),
    evidence: /^maintenance$/,
  },
  {
    check: 'units-failed',
    provoke: `printf '[Service]\\nExecStart=/bin/false\\n' >/etc/systemd/system/broken.service
systemctl daemon-reload
systemctl start broken; sleep 0.5`,
    undo: 'systemctl reset-failed; rm /etc/systemd/system/broken.service; systemctl daemon-reload',
    evidence: /broken\.service/,
  },
  {
    check: 'tools-needed',
    provoke: 'mv /usr/bin/nsenter /usr/bin/nsenter.away',
    undo: 'mv /usr/bin/nsenter.away /usr/bin/nsenter',
    evidence: /^nsenter$/,
  },
  {
    check: 'tools-wanted',
    provoke: 'mv /usr/sbin/ethtool /usr/sbin/ethtool.away',
    undo: 'mv /usr/sbin/ethtool.away /usr/sbin/ethtool',
    evidence: /^ethtool$/,
  },
  {
    check: 'packages-broken',
    ...changedFile(
      '/var/lib/dpkg/status',
      "printf 'Package: half\\nStatus: install ok half-configured\\n\\n' >>/var/lib/dpkg/status",
    ),
    evidence: /^1$/,
  },
  { check: 'packages-busy', ...fakeProcess('dnf'), evidence: /^dnf$/ },
  {
    check: 'automatic-updates',
    ...changedFile(
      '/etc/apt/apt.conf.d/20auto-upgrades',
      'echo \'APT::Periodic::Unattended-Upgrade "1";\' >/etc/apt/apt.conf.d/20auto-upgrades',
    ),
    evidence: /unattended-upgrades/,
  },
  {
    check: 'open-files',
    ...changedFile('/root/.bashrc', "sed -i '1i ulimit -n 4096' /root/.bashrc"),
    evidence: /^4096$/,
  },
  { check: 'selinux-enforcing', ...fakeProgram('getenforce', 'echo Enforcing'), evidence: /^Enforcing$/ },
  { check: 'security-fapolicyd', ...fakeUnit('fapolicyd.service', true), evidence: /fapolicyd/ },
  { check: 'security-agent', ...fakeProcess('falcon-sensor'), evidence: /falcon-sensor/ },
  { check: 'memory-killer', ...fakeUnit('earlyoom.service', true), evidence: /earlyoom/ },
  {
    check: 'ssh-sessions',
    ...changedFile('/etc/ssh/sshd_config.d/00-z.conf', "echo 'MaxSessions 4' >/etc/ssh/sshd_config.d/00-z.conf"),
    evidence: /MaxSessions 4/,
    fixed: true,
  },
  {
    check: 'ssh-startups',
    ...changedFile('/etc/ssh/sshd_config.d/00-z.conf', "echo 'MaxStartups 2:50:10' >/etc/ssh/sshd_config.d/00-z.conf"),
    evidence: /MaxStartups 2:50:10/,
    fixed: true,
  },
  {
    check: 'ssh-slow-names',
    ...changedFile('/etc/ssh/sshd_config.d/00-z.conf', "echo 'UseDNS yes' >/etc/ssh/sshd_config.d/00-z.conf"),
    evidence: /UseDNS yes/,
  },
  {
    check: 'ssh-idle-cut',
    ...changedFile(
      '/etc/ssh/sshd_config.d/00-z.conf',
      "printf 'ClientAliveInterval 5\\nClientAliveCountMax 2\\n' >/etc/ssh/sshd_config.d/00-z.conf",
    ),
    evidence: /5 × 2/,
  },
  {
    check: 'ssh-forced-command',
    ...changedFile(
      '/etc/ssh/sshd_config.d/00-z.conf',
      "echo 'ForceCommand /bin/true' >/etc/ssh/sshd_config.d/00-z.conf",
    ),
    evidence: /\/bin\/true/,
  },
  { check: 'processor-count', ...fakeProgram('nproc', 'echo 1'), evidence: /^1$/ },
  { check: 'processor-level', ...fakeFile('/proc/cpuinfo', "sed 's/ sse4_2//'"), evidence: /^sse4_2$/ },
  {
    check: 'processor-busy',
    ...together(
      fakeProgram('systemd-detect-virt', 'echo none'),
      fakeUnit('chronyd.service', true),
      fakeProgram('chronyc', 'echo 0A000001,10.0.0.1,3,1.5,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,64.0,Normal'),
      fakeFile('/sys/block/vda/queue/rotational', 'sed s/1/0/'),
      fakeFile('/proc/loadavg', 'sed "s/.*/99.10 98.10 97.10 1\\/100 1000/"'),
    ),
    evidence: /97\.1/,
  },
  {
    check: 'memory-size',
    ...memory('s/^MemTotal:.*/MemTotal: 1200000 kB/; s/^MemAvailable:.*/MemAvailable: 1000000 kB/'),
    evidence: /1\.1 GiB/,
  },
  { check: 'memory-comfort', ...memory('s/^MemTotal:.*/MemTotal: 3000000 kB/'), evidence: /2\.9 GiB/ },
  { check: 'memory-available', ...memory('s/^MemAvailable:.*/MemAvailable: 300000 kB/'), evidence: /293 MiB/ },
  {
    check: 'memory-huge-pages',
    ...memory('s/^HugePages_Total:.*/HugePages_Total: 8000/; s/^Hugepagesize:.*/Hugepagesize: 2048 kB/'),
    evidence: /15\.6 GiB/,
  },
  {
    check: 'swap-on',
    ...memory('s/^SwapTotal:.*/SwapTotal: 2097152 kB/; s/^SwapFree:.*/SwapFree: 2097152 kB/'),
    evidence: /2 GiB/,
  },
  {
    check: 'swap-needed',
    ...memory('s/^SwapTotal:.*/SwapTotal: 40000000 kB/; s/^SwapFree:.*/SwapFree: 1000000 kB/'),
    evidence: /37\.2 GiB/,
    also: ['swap-on'],
  },
  {
    check: 'disk-space',
    ...smallDisk('/var/lib/containerd', '1G', 'mkfs.ext4 -q -m 0 -N 150000'),
    evidence: /\/var\/lib\/containerd \d\d\d MiB/,
  },
  { check: 'disk-space-etcd', ...smallDisk('/var/lib/etcd', '3G'), evidence: /\/var\/lib\/etcd 2\.\d GiB/, also: [] },
  { check: 'disk-space-kubelet', ...smallDisk('/var/lib/kubelet', '4G'), evidence: /\/var\/lib\/kubelet 3\.\d GiB/ },
  {
    check: 'disk-space-temporary',
    provoke: 'mount -t tmpfs -o size=100M tmpfs /tmp',
    undo: 'umount /tmp',
    evidence: /\/tmp 100 MiB/,
  },
  {
    check: 'disk-eviction',
    ...smallDisk(
      '/var/lib/kubelet',
      '80G',
      'mkfs.ext4 -q -m 0 -E lazy_itable_init=1',
      'fallocate -l 71G /var/lib/kubelet/filler',
    ),
    evidence: /\/var\/lib\/kubelet \d % < 10 %/,
  },
  {
    check: 'disk-inodes',
    ...smallDisk('/var/lib/kubelet', '20G', 'mkfs.ext4 -q -m 0 -N 5000'),
    evidence: /\/var\/lib\/kubelet \d{4}$/,
  },
  {
    check: 'disk-read-only',
    provoke: 'mount --bind /opt /opt; mount -o remount,bind,ro /opt',
    undo: 'umount /opt',
    evidence: /^\/opt$/,
  },
  {
    check: 'disk-noexec',
    provoke: 'mount -o remount,bind,noexec /var/lib/kubelet',
    undo: 'mount -o remount,bind,exec /var/lib/kubelet',
    evidence: /\/var\/lib\/kubelet noexec/,
  },
  {
    check: 'disk-nosuid',
    provoke: 'mount -o remount,bind,nosuid /var/lib/containerd',
    undo: 'mount -o remount,bind,suid /var/lib/containerd',
    evidence: /\/var\/lib\/containerd nosuid/,
  },
  {
    check: 'disk-nodev',
    provoke: 'mount -o remount,bind,nodev /var/lib/kubelet',
    undo: 'mount -o remount,bind,dev /var/lib/kubelet',
    evidence: /\/var\/lib\/kubelet nodev/,
  },
  {
    check: 'disk-volatile',
    provoke: 'mount -t tmpfs -o size=20G tmpfs /var/lib/etcd',
    undo: 'umount /var/lib/etcd',
    evidence: /\/var\/lib\/etcd tmpfs/,
  },
  {
    check: 'disk-overlay',
    provoke: 'mkdir -p /srv/layers; mount --bind /srv/layers /var/lib/containerd',
    undo: 'umount /var/lib/containerd; rmdir /srv/layers',
    evidence: /\/var\/lib\/containerd overlay/,
  },
  {
    check: 'disk-type',
    ...smallDisk('/var/lib/kubelet', '20G', 'mkfs.ext2 -q -m 0'),
    evidence: /\/var\/lib\/kubelet ext2/,
  },
  {
    check: 'disk-xfs-types',
    ...fakeProgram('xfs_info', 'echo "naming   =version 2              bsize=4096   ascii-ci=0, ftype=0"'),
    evidence: /xfs ftype=0/,
  },
  {
    check: 'disk-errors',
    provoke: 'mkdir -p /sys/fs/ext4/sdz1; echo 3 >/sys/fs/ext4/sdz1/errors_count',
    undo: 'rm -r /sys/fs/ext4',
    evidence: /^sdz1 3$/,
  },
  {
    check: 'disk-immutable',
    provoke: 'chattr +i /etc/hosts',
    undo: 'chattr -i /etc/hosts',
    evidence: /\/etc\/hosts \+i/,
  },
  { check: 'folder-permissions', provoke: 'chmod o-x /opt', undo: 'chmod o+x /opt', evidence: /^\/opt drwxr-xr--/ },
  { check: 'folder-owner', provoke: 'chown operator /opt', undo: 'chown root /opt', evidence: /^\/opt operator$/ },
  {
    check: 'folder-link',
    provoke: 'mkdir -p /srv/cni; ln -s /srv/cni /opt/cni',
    undo: 'rm /opt/cni; rmdir /srv/cni',
    evidence: /\/opt\/cni → \/srv\/cni/,
  },
  {
    check: 'disk-rotating',
    ...together(
      noContainer,
      fakeUnit('chronyd.service', true),
      fakeProgram('chronyc', 'echo 0A000001,10.0.0.1,3,1.5,0.0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,64.0,Normal'),
      fakeFile('/sys/block/vda/queue/rotational', 'sed s/0/1/'),
    ),
    evidence: /vda/,
  },
  {
    check: 'time-service',
    ...together(noContainer, fakeFile('/sys/block/vda/queue/rotational', 'sed s/1/0/')),
    evidence: /^-$/,
  },
  {
    check: 'time-synchronised',
    name: 'by timesyncd',
    ...together(
      noContainer,
      fakeFile('/sys/block/vda/queue/rotational', 'sed s/1/0/'),
      fakeUnit('systemd-timesyncd.service', true),
    ),
    evidence: /systemd-timesyncd/,
  },
  {
    check: 'time-synchronised',
    name: 'by chrony',
    ...together(
      noContainer,
      fakeFile('/sys/block/vda/queue/rotational', 'sed s/1/0/'),
      fakeUnit('chronyd.service', true),
      fakeProgram('chronyc', 'echo "00000000,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised"'),
    ),
    evidence: /chronyd/,
  },
  {
    check: 'time-two-services',
    ...together(fakeUnit('chronyd.service', true), fakeUnit('ntpd.service', true)),
    evidence: /chronyd\.service; ntpd\.service/,
  },
];
