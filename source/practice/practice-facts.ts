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
  };
}

const tools =
  'modprobe iptables ip mount nsenter tar gzip sha256sum base64 conntrack ethtool socat ss systemd-run sudo'.split(' ');

/** What `facts.sh` would print on that machine. */
export function factsOutput(
  machine: PracticeMachine,
  state: { readonly received: number; readonly portTaken: boolean; readonly leftovers: readonly string[] },
): string {
  const { system } = machine;
  const free = machine.disk - machine.diskUsed - Math.ceil(state.received / 1024);
  const subnet = machine.address.replace(/\.\d+\.\d+$/, '.0.0/16');
  const folders = ['/', '/var/lib', '/usr/local/bin', '/tmp'];
  return [
    `hostname ${machine.name}`,
    `machine-id ${machine.machineId}`,
    `distribution-id ${system.id}`,
    `distribution-version ${system.version}`,
    `distribution-name ${system.name}`,
    `kernel ${system.kernel}`,
    'architecture x86_64',
    'cgroup 2',
    `systemd ${system.systemd}`,
    `processors ${machine.processors}`,
    `memory-kib ${machine.memory}`,
    'swap-kib 0',
    'open-files 1048576',
    'lower-oom yes',
    'set-conntrack yes',
    ...folders.map((folder) => `mount ${folder} / ext4 ${machine.disk} ${free}`),
    'address lo 127.0.0.1/8 65536',
    `address eth0 ${machine.address}/16 1500`,
    'route default eth0',
    `route ${subnet} eth0`,
    `time ${Math.floor(Date.now() / 1000)}`,
    'listen 0.0.0.0:22 users:(("sshd",pid=812,fd=3))',
    ...(state.portTaken ? ['listen 0.0.0.0:6443 users:(("nginx",pid=1201,fd=6))'] : []),
    ...tools.map((tool) => `tool ${tool}`),
    `selinux ${system.selinux}`,
    ...state.leftovers.map((path) => `leftover ${path}`),
    '',
  ].join('\n');
}
