import { text } from './text.ts';

/** Login, system, processor, memory, disk. */
export const machineEn = {
  'host-reachable': text(
    'The host answers',
    'A machine that cannot be reached cannot be installed.',
    'Check that it is on, its address and SSH port, and that no firewall is in between.',
  ),
  'ssh-login': text(
    'The login works',
    'Everything is done over this login.',
    'Check user name, key and password under ssh in the cluster document.',
  ),
  'ssh-host-key': text(
    'The host is the one we knew',
    'A changed key means a newly installed machine, or somebody in between.',
    'If the machine was installed anew, remove its line from the known-hosts file of the cluster.',
  ),
  'sudo-rights': text(
    'The user may become root',
    'Installing changes parts of the system that only root may change.',
    'Allow the user sudo (visudo), give the right sudo password, or log in as root.',
  ),
  'processor-architecture': text(
    'Processor of a supported kind',
    'Programs are made for x86-64 and arm64 only.',
    'Take this host out of the cluster document.',
  ),
  'host-answers-facts': text(
    'The host tells about itself',
    'Without its facts nothing can be checked on it.',
    'Log in by hand and look at what /bin/sh says.',
  ),
  'distribution-known': text(
    'A known distribution',
    'On other systems it was not tried; it may well work.',
    'Go on, or use one of the known distributions.',
  ),
  'init-systemd': text(
    'systemd runs the system',
    'All services are started and watched by systemd.',
    'Use a distribution with systemd.',
  ),
  'systemd-version': text(
    'systemd is new enough',
    'Older versions cannot limit what containers use in the way Kubernetes asks.',
    'Upgrade the distribution.',
  ),
  'systemd-state': text(
    'The system is up',
    'A machine that is still starting, stopping or in rescue mode will not keep services running.',
    'Wait for the boot to end, then look at: systemctl is-system-running; systemctl list-jobs',
  ),
  'units-failed': text(
    'No failed services',
    'A service that failed may be a sign of something else that is wrong.',
    'Look at: systemctl --failed; then systemctl reset-failed',
  ),
  'tools-needed': text(
    'Needed programs are there',
    'The installation and Kubernetes itself start these programs on the host.',
    'Install them with the package manager of the distribution.',
  ),
  'tools-wanted': text(
    'Helpful programs are there',
    'Kubernetes works without them, but some functions and the search for faults need them.',
    'Install them with the package manager of the distribution.',
  ),
  'tool-modprobe': text(
    'Kernel modules can be loaded',
    'This kernel loads what containers need only on demand.',
    'Install kmod.',
  ),
  'packages-broken': text(
    'No half-installed packages',
    'The next run of the package manager may stop or change the system in the middle of the installation.',
    'Run: dpkg --configure -a (or dnf check)',
  ),
  'packages-busy': text(
    'No package manager is at work',
    'It may restart services while we install.',
    'Wait until it is finished.',
  ),
  'automatic-updates': text(
    'No automatic updates',
    'They may restart the container runtime or the machine at any time.',
    'Disable unattended-upgrades or dnf-automatic, or plan their times.',
  ),
  'open-files': text(
    'Enough open files',
    'Databases and the API server hold many files and connections open at a time.',
    'Raise the hard limit of open files (DefaultLimitNOFILE of systemd).',
  ),
  'selinux-enforcing': text(
    'SELinux',
    'Landfall brings no SELinux policy; pods run without that separation.',
    'Nothing has to be done; setenforce 0 when an application is denied something.',
  ),
  'security-fapolicyd': text(
    'New programs may run',
    'fapolicyd refuses every program that no package installed, so nothing of ours would start.',
    'Trust /usr/local/bin and /opt/cni/bin in fapolicyd, or stop it: systemctl disable --now fapolicyd',
  ),
  'security-agent': text(
    'No agent that stops programs',
    'Security agents are known to slow containers down and to end what they do not know.',
    'Exclude /var/lib/containerd, /var/lib/kubelet, /var/lib/etcd and /usr/local/bin in the agent.',
  ),
  'memory-killer': text(
    'Nobody else ends processes',
    'These services end processes when memory runs low, without knowing what a pod is.',
    'systemctl disable --now systemd-oomd earlyoom',
  ),
  'ssh-sessions': text(
    'The SSH server takes enough sessions',
    'We work in up to 8 sessions at once over one connection.',
    'Set MaxSessions 10 in /etc/ssh/sshd_config and reload sshd.',
  ),
  'ssh-startups': text(
    'The SSH server takes enough logins',
    'When several logins come at once, sshd throws some away by chance.',
    'Set MaxStartups 10:30:100 in /etc/ssh/sshd_config and reload sshd.',
  ),
  'ssh-slow-names': text(
    'Logins do not wait for names',
    'With UseDNS every login asks a name server, which offline may take many seconds.',
    'Set UseDNS no in /etc/ssh/sshd_config and reload sshd.',
  ),
  'ssh-idle-cut': text(
    'Idle connections live',
    'The server cuts a connection that is silent for a short time, in the middle of a long step.',
    'Raise ClientAliveInterval or ClientAliveCountMax in /etc/ssh/sshd_config.',
  ),
  'ssh-forced-command': text(
    'The SSH server runs our commands',
    'With ForceCommand it runs another command than the one that was asked for.',
    'Remove ForceCommand from /etc/ssh/sshd_config, at least for this user.',
  ),
  'processor-count': text(
    'Enough processors',
    'A control plane with a single processor does not answer in time and loses its place.',
    'Give the machine at least 2 processors.',
  ),
  'processor-level': text(
    'Processor is new enough',
    'Many images of today are built for x86-64-v2 and end at once on older processors.',
    'Let the virtual machine pass the processor of its host on (CPU type "host").',
  ),
  'processor-busy': text(
    'The processor has time',
    'On a busy machine the cluster misses its own deadlines.',
    'Find what keeps it busy (top) and stop it.',
  ),
  'memory-size': text(
    'Enough memory to run',
    'With less, the kernel ends parts of Kubernetes again and again.',
    'Give the machine more memory, or make it a worker.',
  ),
  'memory-comfort': text(
    'Enough memory to be at ease',
    'Kubernetes itself fits, but there is little left for applications.',
    'Give the machine more memory.',
  ),
  'memory-available': text(
    'Memory is free',
    'Other programs hold most of the memory.',
    'Stop what is not needed (ps aux --sort=-rss | head).',
  ),
  'memory-errors': text(
    'Memory without errors',
    'The memory counted errors it could not correct; data will be damaged.',
    'Replace the memory module (edac-util -v names it).',
  ),
  'memory-huge-pages': text(
    'Memory is not reserved',
    'Huge pages take memory away from everything that does not ask for them.',
    'Lower vm.nr_hugepages.',
  ),
  'swap-on': text(
    'Swap',
    'The installation turns swap off, because Kubernetes plans with real memory; reset turns it on again.',
    'Nothing has to be done.',
  ),
  'swap-needed': text(
    'Nothing depends on swap',
    'What now lies in swap has to fit into memory when swap is turned off.',
    'Stop programs or add memory.',
  ),
  'disk-space': text(
    'Disk space for images',
    'Images and containers are stored here; a full disk stops the whole machine.',
    'Free space, or mount a bigger disk at /var/lib/containerd.',
  ),
  'disk-space-etcd': text(
    'Disk space for the cluster state',
    'When etcd cannot write, the whole cluster stands still.',
    'Free space, or mount a disk of its own at /var/lib/etcd.',
  ),
  'disk-space-kubelet': text(
    'Disk space for pods',
    'Logs and temporary data of pods are stored here.',
    'Free space, or mount a bigger disk at /var/lib/kubelet.',
  ),
  'disk-space-temporary': text('Space for temporary files', 'Programs fail in strange ways without it.', 'Clean /tmp.'),
  'disk-eviction': text(
    'Disk not nearly full',
    'Below these limits Kubernetes throws pods out as soon as it starts.',
    'Free space, or use a bigger disk.',
  ),
  'disk-inodes': text(
    'Enough inodes',
    'A disk without free inodes takes no new file, although it has space.',
    'Delete many small files, or make the file system anew with more inodes.',
  ),
  'disk-read-only': text(
    'Disks can be written',
    'The installation has to place files there. A disk that turned read-only often is a broken one.',
    'Look at dmesg, repair the file system, then: mount -o remount,rw …',
  ),
  'disk-noexec': text(
    'Programs can run from their folders',
    'Containers and Kubernetes are programs on these disks; noexec forbids to start them.',
    'Remove noexec in /etc/fstab, then: mount -o remount,exec …',
  ),
  'disk-nosuid': text(
    'Programs keep their rights',
    'Containers whose programs change their user (sudo, ping) fail with nosuid.',
    'Remove nosuid in /etc/fstab for the file system of /var/lib/containerd.',
  ),
  'disk-nodev': text(
    'Device files work',
    'With nodev, volumes and containers that use device files fail.',
    'Remove nodev in /etc/fstab for this file system.',
  ),
  'disk-network': text(
    'Data on local disks',
    'Container data and etcd on a network disk are slow, and are damaged when the network fails.',
    'Use a local disk.',
  ),
  'disk-volatile': text(
    'Data survives a reboot',
    'What is in memory only is gone with the next reboot, and the cluster with it.',
    'Mount a real disk there.',
  ),
  'disk-overlay': text(
    'Containers can stack layers',
    'The layers of images cannot be laid over a file system that is itself layered.',
    'Mount a plain disk (ext4 or xfs) at /var/lib/containerd.',
  ),
  'disk-type': text(
    'A suitable file system',
    'Containers are seldom run on it, and parts may not work.',
    'Use ext4 or xfs for this folder.',
  ),
  'disk-xfs-types': text(
    'XFS can hold layers of images',
    'This XFS was made without ftype=1; on it containers lose and mix up files.',
    'Make the file system anew (mkfs.xfs -n ftype=1), or mount another one at /var/lib/containerd.',
  ),
  'disk-errors': text(
    'File systems without errors',
    'The file system itself recorded errors; the disk may be about to fail.',
    'Check it with fsck, look at smartctl -a, and replace the disk if needed.',
  ),
  'disk-array': text(
    'Disk arrays are whole',
    'A disk of the array has failed; the next failure loses the data.',
    'Replace the disk (mdadm --detail names it).',
  ),
  'disk-rotating': text(
    'Fast disks',
    'The state of the cluster is written to disk with every change; rotating disks are slow at that.',
    'Put /var/lib/etcd on an SSD. The disk speed test tells whether it is needed.',
  ),
  'disk-immutable': text(
    'Files can be changed',
    'These paths are locked against every change (chattr +i), even for root.',
    'Unlock them: chattr -i PATH',
  ),
  'folder-permissions': text(
    'Folders can be passed',
    'Programs that do not run as root cannot reach what lies below.',
    'chmod o+x FOLDER',
  ),
  'folder-owner': text(
    'Folders belong to root',
    'Whoever owns these folders can replace the programs root starts.',
    'chown root: FOLDER',
  ),
  'folder-link': text(
    'Folders are no links',
    'Kubernetes compares paths, and a link makes them differ; volumes then fail to unmount.',
    'Use a mount (in /etc/fstab with bind) in place of the link.',
  ),
} as const;
