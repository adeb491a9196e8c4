import { networkContains } from '../../cluster/networks.ts';
import { couldNotRun, finding, findingWhen, type HostCheck, type HostInput, pass } from '../check.ts';

// What VXLAN adds around each packet (outer IP, UDP, VXLAN and inner Ethernet headers), and the least IPv6 asks of a link.
const overlayBytes = 50;
const leastMtu = 1280 + overlayBytes;

/** Devices that containers and clusters make, which carry no address of the machine. */
export const madeForContainers =
  /^(lo|docker\d*|br-[0-9a-f]{12}|veth|cni\d*|flannel|cali|cilium|lxc|kube-|virbr|podman|weave|nodelocaldns|vxlan|tunl|genev)/;

function nodeInterface({ facts, host }: HostInput) {
  return facts.addresses.find((entry) => entry.address === host.address);
}

export const networkChecks: readonly HostCheck[] = [
  {
    id: 'network-default-route',
    severity: 'blocks',
    evaluate: ({ facts }) =>
      facts.routes.length === 0
        ? couldNotRun('ip route')
        : facts.routes.some((route) => route.destination === 'default')
          ? pass
          : finding('-', 'default via …'),
  },
  {
    id: 'network-two-default-routes',
    severity: 'warns',
    evaluate({ facts }) {
      const defaults = facts.details.routeMetrics.filter((route) => route.destination === 'default');
      const lowest = Math.min(...defaults.map((route) => route.metric));
      const equal = defaults.filter((route) => route.metric === lowest);
      return equal.length > 1
        ? finding(equal.map((route) => `default dev ${route.interface} metric ${route.metric}`).join('; '), '1')
        : pass;
    },
  },
  {
    id: 'network-address',
    severity: 'blocks',
    neverIgnored: true,
    evaluate(input) {
      const { facts, host } = input;
      if (facts.addresses.length === 0) return couldNotRun('ip addr');
      return nodeInterface(input) === undefined
        ? finding(
            facts.addresses
              .filter((entry) => !madeForContainers.test(entry.interface))
              .map((entry) => entry.address)
              .join(', ') || '-',
            host.address,
          )
        : pass;
    },
  },
  {
    id: 'network-address-dynamic',
    severity: 'informs',
    evaluate: ({ facts, host }) =>
      facts.details.dynamicAddresses.includes(host.address) ? finding(`${host.address} dynamic`, 'static') : pass,
  },
  {
    id: 'network-mtu',
    severity: 'blocks',
    evaluate(input) {
      const own = nodeInterface(input);
      if (own === undefined || !(own.mtu > 0)) return couldNotRun('mtu');
      return own.mtu >= leastMtu ? pass : finding(`${own.interface} mtu ${own.mtu}`, `≥ ${leastMtu}`);
    },
  },
  {
    id: 'network-speed',
    severity: 'warns',
    evaluate(input) {
      const own = nodeInterface(input);
      const device = input.facts.details.interfaces?.find((entry) => entry.name === own?.interface);
      // A virtual card says -1 or nothing; then there is no speed to be too low.
      if (device?.speed === undefined) return pass;
      return device.speed >= 1000 ? pass : finding(`${device.name} ${device.speed} Mbit/s`, '≥ 1000 Mbit/s');
    },
  },
  {
    id: 'network-duplex',
    severity: 'warns',
    evaluate(input) {
      const own = nodeInterface(input);
      const device = input.facts.details.interfaces?.find((entry) => entry.name === own?.interface);
      return device?.duplex === 'half' ? finding(`${device.name} half`, 'full') : pass;
    },
  },
  {
    id: 'network-same-subnet-twice',
    severity: 'warns',
    evaluate({ facts }) {
      const real = facts.addresses.filter((entry) => !madeForContainers.test(entry.interface));
      const clashes = real.flatMap((one, index) =>
        real
          .slice(index + 1)
          .filter((other) => other.interface !== one.interface)
          .filter((other) => networkContains(`${one.address}/${one.prefix}`, other.address))
          .map((other) => `${one.interface} ${one.address}/${one.prefix}, ${other.interface} ${other.address}`),
      );
      return findingWhen(clashes, '1 interface per subnet');
    },
  },
  {
    id: 'network-ping-ignored',
    severity: 'informs',
    evaluate({ facts }) {
      const value = facts.details.sysctls.get('net/ipv4/icmp_echo_ignore_all');
      if (value === undefined) return couldNotRun('net.ipv4.icmp_echo_ignore_all');
      return value === '1' ? finding('net.ipv4.icmp_echo_ignore_all=1', '0') : pass;
    },
  },
  {
    id: 'network-arp-settings',
    severity: 'warns',
    fix: {
      script: 'hosts/preflight/set-sysctl.sh',
      args: ({ facts }) => arpOffences(facts.details.sysctls).flatMap((key) => [key, '0']),
    },
    evaluate({ facts }) {
      if (!facts.details.sysctls.has('net/ipv4/conf/all/arp_ignore'))
        return couldNotRun('net.ipv4.conf.all.arp_ignore');
      return findingWhen(
        arpOffences(facts.details.sysctls).map(
          (key) => `${key}=${facts.details.sysctls.get(key.replaceAll('.', '/'))}`,
        ),
        '0',
      );
    },
  },
  {
    id: 'network-forwarding-undone',
    severity: 'blocks',
    fix: {
      script: 'hosts/preflight/silence-sysctl.sh',
      args: ({ facts }) => [...new Set(undone(facts.details.sysctlFiles).map(({ file }) => file))],
    },
    evaluate: ({ facts }) =>
      findingWhen(
        undone(facts.details.sysctlFiles).map(
          ({ file, key, value }) => `${file}: ${key.replaceAll('/', '.')}=${value}`,
        ),
        '1',
      ),
  },
  {
    id: 'network-manager-clouds',
    severity: 'blocks',
    evaluate({ facts }) {
      const { unitStates } = facts.details;
      if (unitStates === undefined) return couldNotRun('systemctl');
      const units = unitStates.filter(
        ({ name, active, enabled }) =>
          name.startsWith('nm-cloud-setup') && (active === 'active' || enabled === 'enabled'),
      );
      return findingWhen(
        units.map(({ name, active, enabled }) => `${name} ${active} ${enabled}`),
        'disabled',
      );
    },
  },
  {
    id: 'network-proxy',
    severity: 'warns',
    evaluate({ facts, document }) {
      const proxies = facts.details.proxies;
      if (!proxies.some((line) => /^(https?|HTTPS?)_(proxy|PROXY)=./.test(line))) return pass;
      const exceptions = proxies
        .filter((line) => /^no_proxy=/i.test(line))
        .flatMap((line) => line.slice('no_proxy='.length).replaceAll('"', '').split(','));
      const covered = (address: string): boolean =>
        exceptions.some(
          (entry) =>
            entry === '*' || entry === address || (/^[\d.]+\/\d+$/.test(entry) && networkContains(entry, address)),
        );
      const wanted = [...document.hosts.map((host) => host.address), document.network.serviceCidr.split('/')[0] ?? ''];
      const caught = wanted.filter((address) => !covered(address));
      return findingWhen(
        caught.length === 0
          ? []
          : [`${proxies.find((line) => /^https?_proxy=/i.test(line))} → ${caught.slice(0, 5).join(', ')}`],
        `no_proxy=…,${document.network.serviceCidr},${document.network.podCidr}`,
      );
    },
  },
  {
    id: 'firewall-service',
    severity: 'warns',
    evaluate({ facts }) {
      const { unitStates, ufwEnabled } = facts.details;
      if (unitStates === undefined) return couldNotRun('systemctl');
      const active = unitStates.filter(({ name, active: state }) => name === 'firewalld.service' && state === 'active');
      return findingWhen([...active.map(({ name }) => name), ...(ufwEnabled ? ['ufw'] : [])], 'inactive');
    },
  },
  {
    id: 'firewall-input',
    severity: 'warns',
    evaluate({ facts }) {
      const { firewall } = facts.details;
      if (firewall === undefined) return couldNotRun('iptables-save');
      return firewall.input === 'DROP' || firewall.drops > 0
        ? finding(`INPUT ${firewall.input}, ${firewall.drops} × DROP/REJECT`, 'ACCEPT')
        : pass;
    },
  },
  {
    id: 'firewall-forward',
    severity: 'informs',
    applies: ({ own }) => !own,
    evaluate({ facts }) {
      const { firewall } = facts.details;
      if (firewall === undefined) return couldNotRun('iptables-save');
      return firewall.forward === 'DROP' ? finding('FORWARD DROP', 'ACCEPT') : pass;
    },
  },
  {
    id: 'firewall-two-filters',
    severity: 'warns',
    evaluate({ facts }) {
      const { legacyRules, nftRules } = facts.details;
      if (legacyRules === undefined || nftRules === undefined) return pass;
      return legacyRules > 0 && nftRules > 0
        ? finding(`iptables-legacy ${legacyRules}, iptables-nft ${nftRules}`, '1')
        : pass;
    },
  },
];

function arpOffences(sysctls: ReadonlyMap<string, string>): readonly string[] {
  return [
    'net/ipv4/conf/all/arp_ignore',
    'net/ipv4/conf/all/arp_filter',
    'net/ipv4/conf/default/arp_ignore',
    'net/ipv4/conf/default/arp_filter',
  ]
    .filter((key) => (sysctls.get(key) ?? '0') !== '0')
    .map((key) => key.replaceAll('/', '.'));
}

type SysctlLine = HostInput['facts']['details']['sysctlFiles'][number];

/** Lines that turn forwarding off in files which systemd reads after ours, so that the next boot undoes it. */
function undone(lines: readonly SysctlLine[]): readonly SysctlLine[] {
  const own = '99-landfall.conf';
  return lines.filter(({ file, value }) => {
    if (value !== '0') return false;
    const name = file === '/etc/sysctl.conf' ? '99-sysctl.conf' : (file.split('/').at(-1) ?? '');
    return name > own;
  });
}
