import type { HostDetails, KernelFeature, ListeningSocket } from './host-details.ts';

/** The lines of `facts.sh`, by their key. */
export type FactLines = {
  one(key: string): string | undefined;
  many(key: string): readonly string[];
};

/** Splits the output of `facts.sh` into its lines by key; `complete` when it is that of this script. */
export function factLines(text: string): FactLines & { readonly complete: boolean } {
  const marker = 'begin landfall-facts\n';
  const start = text.indexOf(marker);
  const values = new Map<string, string[]>();
  for (const line of text.slice(Math.max(start, 0)).split('\n')) {
    const space = line.indexOf(' ');
    if (space < 0) continue;
    const key = line.slice(0, space);
    const known = values.get(key);
    if (known === undefined) values.set(key, [line.slice(space + 1)]);
    else known.push(line.slice(space + 1));
  }
  return {
    one: (key) => values.get(key)?.[0],
    many: (key) => values.get(key) ?? [],
    complete: start >= 0,
  };
}

const words = (text: string | undefined): readonly string[] => (text ?? '').split(/\s+/).filter((word) => word !== '');

function number(text: string | undefined): number | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function kibibytes(text: string | undefined): number | undefined {
  const value = number(text);
  return value === undefined ? undefined : value * 1024;
}

/** `0100007F:0016` or its IPv6 kind, as /proc/net/tcp has it. */
function rawSocket(text: string): { readonly address: string; readonly port: number } {
  const [host = '', port = '0'] = text.split(':');
  const bytes = host.match(/../g) ?? [];
  const address =
    bytes.length === 4
      ? bytes
          .reverse()
          .map((byte) => Number.parseInt(byte, 16))
          .join('.')
      : /^0*$/.test(host)
        ? '[::]'
        : `[${host.toLowerCase()}]`;
  return { address, port: Number.parseInt(port, 16) };
}

function sockets(lines: FactLines): readonly ListeningSocket[] | undefined {
  const source = lines.one('sockets');
  if (source === undefined) return undefined;
  if (source === 'proc') {
    return lines.many('listen-raw').map((line) => {
      const [protocol, local = ''] = line.split(' ');
      return {
        protocol: protocol === 'udp' ? ('udp' as const) : ('tcp' as const),
        ...rawSocket(local),
        process: undefined,
        pid: undefined,
        unit: undefined,
      };
    });
  }
  const units = new Map(
    lines.many('process-unit').map((line) => {
      const [pid = '', unit = ''] = line.split(' ');
      return [Number(pid), unit] as const;
    }),
  );
  const parse =
    (protocol: 'tcp' | 'udp') =>
    (line: string): ListeningSocket => {
      const [local = '', users = ''] = line.split(' ');
      const colon = local.lastIndexOf(':');
      const pid = number(/pid=(\d+)/.exec(users)?.[1]);
      return {
        protocol,
        address: local.slice(0, colon),
        port: Number(local.slice(colon + 1)),
        process: /"([^"]+)"/.exec(users)?.[1],
        pid,
        unit: pid === undefined ? undefined : units.get(pid),
      };
    };
  return [...lines.many('listen').map(parse('tcp')), ...lines.many('listen-udp').map(parse('udp'))];
}

function chronySynchronised(line: string | undefined): 'yes' | 'no' | undefined {
  // Last field of `chronyc -c tracking`: the leap status, where "Not synchronised" stands too.
  if (line === undefined || !line.includes(',')) return undefined;
  return /not synchroni[sz]ed/i.test(line) ? 'no' : 'yes';
}

const pairs = (lines: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    lines.map((line) => {
      const space = line.indexOf(' ');
      return space < 0 ? ([line, ''] as const) : ([line.slice(0, space), line.slice(space + 1).trim()] as const);
    }),
  );

/** Everything beyond the basic facts. Where a line is missing the value is unknown, never assumed. */
export function parseDetails(lines: ReturnType<typeof factLines>): HostDetails {
  const { one, many } = lines;
  // Scripts before this one said nothing of the sort; an absent list is then unknown and not empty.
  const whole = lines.complete;
  const listed = <Item>(key: string, parse: (line: string) => Item): readonly Item[] | undefined =>
    whole || many(key).length > 0 ? many(key).map(parse) : undefined;
  const firewall = one('firewall-policy')?.split(' ');
  const chains = one('cluster-chains')?.split(' ');
  const sshLines = many('ssh');
  const adjusted = one('hardware-clock');
  const automatic = one('automatic-updates');
  return {
    complete: lines.complete,
    distributionLike: words(one('distribution-like')),
    init: one('init'),
    virtualization: one('virtualization') || undefined,
    processorFlags: one('processor-flags') === undefined ? undefined : words(one('processor-flags')),
    load: one('load') === undefined ? undefined : words(one('load')).slice(0, 3).map(Number),
    memoryAvailable: kibibytes(one('memory-available-kib')),
    swapUsed: kibibytes(one('swap-used-kib')),
    hugePages: kibibytes(one('huge-pages-kib')),
    xfsKnowsTypes: one('xfs-ftype') === undefined ? undefined : one('xfs-ftype') === '1',
    memoryErrors: whole ? many('memory-errors').reduce((sum, line) => sum + (Number(line) || 0), 0) : undefined,
    cgroupControllers: one('cgroup-controllers') === undefined ? undefined : words(one('cgroup-controllers')),
    inodes: listed('inodes', (line) => {
      const [path = '', total, free] = line.split(' ');
      return { path, total: Number(total) || 0, free: Number(free) || 0 };
    }),
    mounted: listed('mounted', (line) => {
      const [mount = '', type = '', options = '', device = ''] = line.split(' ');
      return { mount: unescapeMount(mount), type, options: options.split(','), device };
    }),
    containerMounts: many('container-mount'),
    notWritable: many('not-writable'),
    links: many('link').map((line) => {
      const [path = '', target = ''] = line.split(' ');
      return { path, target };
    }),
    permissions: listed('permissions', (line) => {
      const [path = '', mode = '', owner = ''] = line.split(' ');
      return { path, mode, owner };
    }),
    diskErrors: many('disk-errors').map((line) => {
      const [device = '', errors] = line.split(' ');
      return { device, errors: Number(errors) };
    }),
    degradedArrays: many('raid-degraded'),
    disks: listed('disk', (line) => {
      const [name = '', sectors, rotational, removable] = line.split(' ');
      return { name, size: Number(sectors) * 512, rotational: rotational === '1', removable: removable === '1' };
    }),
    swapDevices: words(one('swaps')),
    dynamicAddresses: many('address-dynamic').map((address) => address.split('/')[0] ?? ''),
    interfaces: listed('interface', (line) => {
      const [name = '', hardwareAddress = '', state = '', speed, duplex = '', kind] = line.split(' ');
      const megabits = number(speed);
      return {
        name,
        hardwareAddress,
        state,
        speed: megabits !== undefined && megabits > 0 ? megabits : undefined,
        duplex,
        physical: kind === 'device',
      };
    }),
    routeMetrics: many('route').map((line) => {
      const [destination = '', name = '', metric] = line.split(' ');
      return { destination, interface: name, metric: Number(metric) || 0 };
    }),
    neighbours: many('neighbour').map((line) => {
      const [address = '', hardwareAddress = ''] = line.split(' ');
      return { address, hardwareAddress };
    }),
    nameservers: one('no-resolv-conf') === 'yes' ? undefined : listed('nameserver', (line) => line.trim()),
    dnsSearch: many('dns-search').flatMap(words),
    upstreamNameservers: many('upstream-nameserver').map((line) => line.trim()),
    hostsLines: listed('hosts-line', (line) => {
      const [address = '', ...names] = words(line.replace(/#.*/, ''));
      return { address, names };
    }),
    sysctls: pairs(many('sysctl')),
    sysctlFiles: many('sysctl-file').flatMap((line) => {
      const [, file = '', key = '', value = ''] = /^(\S+)\s+-?\s*([^=\s]+)\s*=\s*(\S+)/.exec(line) ?? [];
      return file === '' ? [] : [{ file, key: key.replaceAll('.', '/'), value }];
    }),
    uptime: number(words(one('uptime'))[0]),
    timezone: one('timezone'),
    hardwareClockLocal: adjusted === undefined ? undefined : adjusted.trim() === 'LOCAL',
    clockSource: one('clock-source'),
    synchronised: one('synchronised') === undefined ? chronySynchronised(one('chrony')) : 'yes',
    listening: sockets(lines),
    programs: many('program'),
    lockdown: /\[(\w+)\]/.exec(one('lockdown') ?? '')?.[1],
    ufwEnabled: one('ufw-enabled') === 'yes',
    proxies: [...new Set(many('proxy'))],
    filesystems: one('filesystems') === undefined ? undefined : words(one('filesystems')),
    features: new Map(
      many('feature').flatMap((line): readonly (readonly [string, KernelFeature])[] => {
        const [name = '', answer] = line.split(' ');
        return answer === 'yes' || answer === 'loadable' || answer === 'no' ? [[name, answer]] : [];
      }),
    ),
    namespaces: many('namespace').length > 0 ? many('namespace') : undefined,
    seccomp: one('seccomp') === undefined ? undefined : one('seccomp') === 'yes',
    kernelOptions: new Map([...pairs(many('kernel-option'))].map(([name, value]) => [name, value === 'y'] as const)),
    modulesFolder: one('modules-folder') === undefined ? undefined : one('modules-folder') === 'yes',
    rebootRequired: one('reboot-required') === 'yes',
    iptablesVersion: one('iptables-version') || undefined,
    firewall:
      firewall === undefined
        ? undefined
        : { input: firewall[0] ?? '', forward: firewall[1] ?? '', drops: Number(firewall[2]) || 0 },
    clusterChains: chains === undefined ? undefined : { count: Number(chains[0]), example: chains[1] ?? '' },
    legacyRules: number(one('legacy-rules')),
    nftRules: number(one('nft-rules')),
    ipvsServices: number(one('ipvs-services')),
    // Scripts before this one named only the folder.
    ownCluster: one('own') ?? (!whole && many('leftover').includes('/var/lib/landfall') ? '?' : undefined),
    systemdState: one('systemd-state') || undefined,
    failedUnits: many('failed-unit'),
    unitStates:
      one('systemd-state') === undefined
        ? undefined
        : many('unit-state').map((line) => {
            const [name = '', load = '', active = '', enabled = '', file = ''] = line.split(' ');
            return { name, load, active, enabled, file: file === '-' ? '' : file };
          }),
    processes: many('process').map((line) => {
      const space = line.lastIndexOf(' ');
      return { name: line.slice(0, space), count: Number(line.slice(space + 1)) };
    }),
    brokenPackages: number(one('packages-broken')),
    automaticUpdates: automatic === '1',
    sshServer: sshLines.length === 0 ? undefined : pairs(sshLines),
    hostKeys: many('ssh-host-key'),
    gpus: many('gpu').map((line) => {
      const [device = '', vendor = ''] = line.split(' ');
      return { device, vendor };
    }),
  };
}

/** The kernel writes spaces in mount points as octal numbers. */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
