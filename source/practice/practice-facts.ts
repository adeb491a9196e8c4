import { hexDigits, pick } from './random.ts';

type System = {
  readonly id: string;
  readonly version: string;
  readonly name: string;
  readonly kernel: string;
  readonly systemd: number;
  readonly selinux: 'Enforcing' | 'Permissive' | 'Disabled';
};

const systems: readonly [System, ...System[]] = [
  {
    id: 'ubuntu',
    version: '24.04',
    name: 'Ubuntu 24.04.3 LTS',
    kernel: '6.8.0-79-generic',
    systemd: 255,
    selinux: 'Disabled',
  },
  {
    id: 'debian',
    version: '13',
    name: 'Debian GNU/Linux 13 (trixie)',
    kernel: '6.12.48+deb13-amd64',
    systemd: 257,
    selinux: 'Disabled',
  },
  {
    id: 'debian',
    version: '12',
    name: 'Debian GNU/Linux 12 (bookworm)',
    kernel: '6.1.0-40-amd64',
    systemd: 252,
    selinux: 'Disabled',
  },
  {
    id: 'rocky',
    version: '9.6',
    name: 'Rocky Linux 9.6 (Blue Onyx)',
    kernel: '5.14.0-570.el9.x86_64',
    systemd: 252,
    selinux: 'Permissive',
  },
  {
    id: 'openEuler',
    version: '24.03',
    name: 'openEuler 24.03 (LTS)',
    kernel: '6.6.0-72.0.0.oe2403.x86_64',
    systemd: 255,
    selinux: 'Permissive',
  },
];

const gibibyte = 1024 * 1024;

/** The machine behind a practice host; sizes in KiB. */
export type PracticeMachine = {
  readonly name: string;
  readonly address: string;
  readonly system: System;
  readonly machineId: string;
  readonly processors: number;
  readonly memory: number;
  readonly disk: number;
  readonly diskUsed: number;
  readonly hardwareAddress: string;
  /** Seconds since boot. */
  readonly uptime: number;
};

/** A plausible machine; the same for the same numbers. */
export function practiceMachine(name: string, index: number, random: () => number): PracticeMachine {
  const processors = pick(random, [4, 8, 8, 16]);
  return {
    name,
    address: `10.20.${Math.floor(index / 200)}.${11 + (index % 200)}`,
    system: pick(random, systems),
    machineId: hexDigits(random, 32),
    processors,
    // What the kernel keeps for itself is missing in MemTotal.
    memory: Math.round(processors * 2 * gibibyte * (0.96 + random() * 0.02)),
    disk: pick(random, [80, 120, 250, 500]) * gibibyte,
    diskUsed: Math.round((4 + random() * 12) * gibibyte),
    hardwareAddress: `52:54:00:${(hexDigits(random, 6).match(/../g) ?? []).join(':')}`,
    uptime: Math.round(3600 + random() * 5_000_000),
  };
}

const tools =
  'modprobe iptables ip mount nsenter tar gzip sha256sum base64 conntrack ethtool socat ss systemd-run sudo awk sed grep find cut tr mv cp df umount mountpoint tc touch python3 ping nft bash timeout dd chronyc swapoff readlink head xargs'.split(
    ' ',
  );
const features =
  'overlay br_netfilter nf_conntrack vxlan bridge veth nf_tables ip_tables xt_comment xt_statistic xt_masquerade'.split(
    ' ',
  );
const sysctls = [
  'net/ipv4/ip_forward 0',
  'net/ipv4/conf/all/forwarding 0',
  'net/ipv4/conf/default/forwarding 0',
  'net/ipv4/conf/all/rp_filter 2',
  'net/ipv4/conf/default/rp_filter 2',
  'net/ipv4/conf/all/arp_ignore 0',
  'net/ipv4/conf/all/arp_filter 0',
  'net/ipv4/conf/default/arp_ignore 0',
  'net/ipv4/conf/default/arp_filter 0',
  'net/ipv4/ip_local_port_range 32768 60999',
  'net/ipv4/ip_local_reserved_ports ',
  'net/ipv4/icmp_echo_ignore_all 0',
  'net/ipv4/neigh/default/gc_thresh3 8192',
  'fs/inotify/max_user_instances 8192',
  'fs/inotify/max_user_watches 524288',
  'fs/file-max 9223372036854775807',
  'kernel/pid_max 4194304',
  'kernel/threads-max 126795',
  'vm/max_map_count 1048576',
  'vm/overcommit_memory 0',
  'user/max_user_namespaces 63397',
  'net/netfilter/nf_conntrack_max 262144',
];
const processorFlags =
  'fpu cx8 cmov mmx fxsr sse sse2 ht syscall nx lm lahf_lm constant_tsc pni ssse3 cx16 sse4_1 sse4_2 popcnt aes avx avx2';

/** Lines that are the same on every practice host: a machine without anything a check could find. */
const common: readonly string[] = [
  'architecture x86_64',
  'cgroup 2',
  'cgroup-controllers cpuset cpu io memory hugetlb pids rdma misc',
  'init systemd',
  'virtualization kvm',
  'umask 0022',
  `processor-flags ${processorFlags}`,
  'load 0.12 0.08 0.05 1/214 2301',
  'swap-kib 0',
  'swap-used-kib 0',
  'huge-pages-kib 0',
  'swaps ',
  'open-files 1048576',
  'lower-oom yes',
  'set-conntrack yes',
  ...['/', '/etc', '/opt', '/usr', '/usr/local', '/usr/local/bin', '/var', '/var/lib'].map(
    (path) => `permissions ${path} drwxr-xr-x root`,
  ),
  'permissions /tmp drwxrwxrwt root',
  'mounted / ext4 rw,relatime /dev/vda1',
  'mounted /run tmpfs rw,nosuid,nodev tmpfs',
  'address lo 127.0.0.1/8 65536',
  'interface lo 00:00:00:00:00:00 unknown ? ? virtual',
  'nameserver 10.20.0.2',
  'hosts-line 127.0.0.1 localhost',
  ...sysctls.map((line) => `sysctl ${line}`),
  'timezone Etc/UTC',
  'hardware-clock UTC',
  'clock-source kvm-clock',
  'chrony A29FC87B,10.20.0.2,3,1.0,0.000001,0.0,0.0,1.2,0.0,0.01,0.001,0.001,64.0,Normal',
  'listen 0.0.0.0:22 users:(("sshd",pid=812,fd=3))',
  'process-unit 812 ssh.service',
  'sockets ss',
  ...tools.map((tool) => `tool ${tool}`),
  'filesystems sysfs tmpfs proc cgroup2 devtmpfs ext4 xfs overlay',
  ...features.map((name) => `feature ${name} yes`),
  ...['net', 'pid', 'ipc', 'uts', 'mnt', 'user', 'cgroup'].map((name) => `namespace ${name}`),
  'seccomp yes',
  ...['CFS_BANDWIDTH', 'FAIR_GROUP_SCHED', 'MEMCG', 'CGROUP_PIDS'].map((name) => `kernel-option CONFIG_${name} y`),
  'modules-folder yes',
  'iptables-version iptables v1.8.10 (nf_tables)',
  'firewall-policy ACCEPT ACCEPT 0',
  'systemd-state running',
  'unit-state chronyd.service loaded active enabled /usr/lib/systemd/system/chronyd.service',
  'packages-broken 0',
  ...['maxsessions 10', 'maxstartups 10:30:100', 'usedns no', 'allowtcpforwarding yes', 'clientaliveinterval 0'].map(
    (line) => `ssh ${line}`,
  ),
];

/** What `facts.sh` would print on that machine. */
export function factsOutput(
  machine: PracticeMachine,
  state: { readonly received: number; readonly portTaken: boolean; readonly leftovers: readonly string[] },
): string {
  const { system } = machine;
  const free = machine.disk - machine.diskUsed - Math.ceil(state.received / 1024);
  const subnet = machine.address.replace(/\.\d+\.\d+$/, '.0.0/16');
  const folders = ['/', '/var/lib', '/usr/local/bin', '/etc', '/opt', '/tmp'];
  return [
    'begin landfall-facts',
    `hostname ${machine.name}`,
    `machine-id ${machine.machineId}`,
    `distribution-id ${system.id}`,
    `distribution-version ${system.version}`,
    `distribution-name ${system.name}`,
    `kernel ${system.kernel}`,
    `systemd ${system.systemd}`,
    `processors ${machine.processors}`,
    `memory-kib ${machine.memory}`,
    `memory-available-kib ${Math.round(machine.memory * 0.94)}`,
    ...folders.map((folder) => `mount ${folder} / ext4 ${machine.disk} ${free}`),
    ...folders.map((folder) => `inodes ${folder} ${machine.disk / 16} ${Math.round(machine.disk / 17)}`),
    `disk vda ${machine.disk * 2} 0 0`,
    `address eth0 ${machine.address}/16 1500`,
    `interface eth0 ${machine.hardwareAddress} up 10000 full device`,
    'route default eth0 100',
    `route ${subnet} eth0 0`,
    `time ${Math.floor(Date.now() / 1000)}`,
    `uptime ${machine.uptime}.00 ${machine.uptime}.00`,
    ...common,
    ...(state.portTaken
      ? ['listen 0.0.0.0:6443 users:(("nginx",pid=1201,fd=6))', 'process-unit 1201 nginx.service']
      : []),
    `selinux ${system.selinux}`,
    ...state.leftovers.map((path) => `leftover ${path}`),
    ...(state.leftovers.length > 0 ? ['own ?'] : []),
    'end 0',
    '',
  ].join('\n');
}
