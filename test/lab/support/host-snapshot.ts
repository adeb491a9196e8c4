import type { Lab } from '../hosts/lab.ts';
import { snapshotScript } from './snapshot-script.ts';

/** One thing that a host has, such as a file by its path, and what it looks like. */
type Things = ReadonlyMap<string, string>;

/** All that an install may leave on a host, by kind. */
export type HostSnapshot = {
  readonly host: string;
  /** By path: type, mode, owner, size, link target and SHA-256. */
  readonly files: Things;
  /** By path: time of the last change of content, in seconds. */
  readonly times: Things;
  /** By command line: how many. */
  readonly processes: Things;
  /** By mount point, in the order of mounting. */
  readonly mounts: Things;
  /** Rules of iptables, ip6tables and nftables, without counters. */
  readonly firewall: Things;
  /** Devices, addresses, routes, rules and network namespaces. */
  readonly network: Things;
  /** Unit files and loaded units with their states. */
  readonly units: Things;
  readonly cgroups: Things;
  /** Settings of the host's own network stack. */
  readonly sysctls: Things;
};

type Kind = Exclude<keyof HostSnapshot, 'host'>;

const kinds: readonly Kind[] = [
  'files',
  'times',
  'processes',
  'mounts',
  'firewall',
  'network',
  'units',
  'cgroups',
  'sysctls',
];

/** What a login, the clock or systemd itself changes on an untouched host. Nothing else is left out. */
const ownLife: Readonly<Record<Kind, readonly RegExp[]>> = {
  files: [
    // Records of logins, and the journal.
    /^\/var\/log\/(journal|wtmp|btmp|lastlog|faillog|private)(\/|$)/,
    /^\/run\/(log|utmp|user|sudo|sshd|motd\.dynamic)(\/|$)/,
    // sudo greets each administrator once.
    /^\/var\/lib\/sudo(\/|$)/,
    /^\/home\/[^/]+\/\.sudo_as_admin_successful$/,
    // systemd's memory of sessions, units, timers and random numbers.
    /^\/run\/(systemd|udev|credentials|initctl|dbus|lock)(\/|$)/,
    /^\/var\/lib\/systemd(\/|$)/,
    /^\/var\/lib\/(dbus|logrotate|apt\/periodic|dpkg\/lock.*|dpkg\/triggers\/Lock)(\/|$)/,
    /^\/var\/cache\/(apt|debconf|ldconfig)(\/|$)/,
    /^\/(tmp|var\/tmp)\/systemd-private-[^/]*(\/|$)/,
    // Terminals come and go with logins.
    /^\/dev\/(pts|char|ptmx)(\/|$)/,
  ],
  times: [/^\/home\/[^/]+$/, /^\/(run|var\/log|dev|tmp|var\/tmp|var\/lib|var\/cache)$/],
  processes: [
    /^\[.*\]$/,
    /^sshd(-session)?: /,
    /^\/usr\/sbin\/sshd (.* )?-R$/,
    /^\/usr\/lib\/openssh\/sshd-(session|auth) /,
    /^(\/usr)?\/lib\/systemd\/systemd(-executor)? --user/,
    /^\(sd-pam\)$/,
    /^(\/usr)?\/lib\/systemd\/systemd-(hostnamed|timedated|localed|tmpfiles|userwork)/,
    /^systemd-userwork/,
  ],
  mounts: [/^\/run\/(user|credentials)\//],
  firewall: [],
  network: [],
  units: [
    /^(session-\d+\.scope|session-c\d+\.scope|user@\d+\.service|user-runtime-dir@\d+\.service|user-\d+\.slice)$/,
    /^(run-user-\d+|run-credentials-.*)\.mount$/,
    /\.device$/,
    /^ssh@.*\.service$/,
    /^(systemd-(tmpfiles-clean|hostnamed|timedated|localed)|apt-daily(-upgrade)?|dpkg-db-backup|e2scrub_all|fstrim|logrotate|motd-news)\.service$/,
    /^system-ssh.*\.slice$/,
  ],
  cgroups: [
    /\/user\.slice(\/|$)/,
    /\/system\.slice\/(ssh@|system-ssh|run-|user-runtime|systemd-(hostnamed|timedated|localed|tmpfiles-clean)|apt-daily|dpkg-db-backup|dev-)/,
    // On cgroup v1 a controller's folders are made when a unit first asks for it, and stay.
    /\/init\.scope$/,
  ],
  sysctls: [
    /^\/proc\/sys\/net\/netfilter\/nf_conntrack_(count|max|buckets|expect_max)$/,
    /^\/proc\/sys\/net\/(ipv4|ipv6)\/route\/flush$/,
    /^\/proc\/sys\/net\/ipv4\/(tcp_fastopen_key|tcp_mem|udp_mem|inet_peer_.*)$/,
    /^\/proc\/sys\/net\/(core|unix)\//,
  ],
};

/** Takes a snapshot of a host that is on; nothing on the host is changed. Takes a few seconds: every file is hashed. */
export async function snapshotHost(lab: Lab, host: string): Promise<HostSnapshot> {
  const output = await lab.ssh(host, snapshotScript, { timeout: 180_000 });
  const sections = new Map<Kind, Map<string, string>>(kinds.map((kind) => [kind, new Map()]));
  let complete = false;
  for (const line of output.stdout.split('\n')) {
    const [kind = '', name = '', ...rest] = line.split('\t');
    if (kind === 'end') complete = true;
    const section = sections.get(kind as Kind);
    if (section === undefined) continue;
    if (ownLife[kind === 'times' ? 'files' : (kind as Kind)].some((pattern) => pattern.test(name))) continue;
    if (kind === 'times' && ownLife.times.some((pattern) => pattern.test(name))) continue;
    const value = rest.join('\t');
    const known = section.get(name);
    if (kind === 'processes') section.set(name, `${Number(known ?? 0) + 1}`);
    else section.set(name, known === undefined ? value : `${known} | ${value}`);
  }
  if (!complete) throw new Error(`the snapshot of ${host} broke off: ${output.stderr.slice(-500)}`);
  const of = (kind: Kind): Things => sections.get(kind) ?? new Map();
  return {
    host,
    files: of('files'),
    times: of('times'),
    processes: of('processes'),
    mounts: of('mounts'),
    firewall: of('firewall'),
    network: of('network'),
    units: of('units'),
    cgroups: of('cgroups'),
    sysctls: of('sysctls'),
  };
}

export type Comparison = {
  /**
   * Whether times of change count: true where nothing may have been touched, false where all was given back (a folder
   * that lost a file again has a new time).
   */
  readonly times: boolean;
  /** Things that may differ, such as logs that the user keeps; matched against "KIND NAME". */
  readonly except?: readonly RegExp[];
};

/** What differs between two snapshots of a host, a line each: "KIND NAME: before → after". */
export function differences(before: HostSnapshot, after: HostSnapshot, comparison: Comparison): readonly string[] {
  const lines: string[] = [];
  for (const kind of kinds) {
    if (kind === 'times' && !comparison.times) continue;
    for (const name of new Set([...before[kind].keys(), ...after[kind].keys()])) {
      const old = before[kind].get(name);
      const now = after[kind].get(name);
      if (old === now || comparison.except?.some((pattern) => pattern.test(`${kind} ${name}`))) continue;
      lines.push(`${kind} ${name}: ${old ?? 'absent'} → ${now ?? 'absent'}`);
    }
  }
  return lines.sort();
}
