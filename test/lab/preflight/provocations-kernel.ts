import { changedFile, fakeFile, fakeProgram, fakeUnit, type Provocation, together } from './provocation.ts';

/** The kernel's own configuration, without an option. */
const without = (...options: readonly string[]) =>
  fakeFile(
    '/proc/config.gz',
    `gzip -dc | sed '${options.map((option) => `s/^${option}=.*/# ${option} is not set/`).join(';')}' | gzip`,
  );

/** An empty folder in the place of one of the kernel's. */
const hidden = (folder: string) => ({
  provoke: `mount -t tmpfs tmpfs ${folder}\n`,
  undo: `umount ${folder}\n`,
});

const otherCard = (address: string) => ({
  provoke: `ip link add eth9 type veth peer name eth9b\nip addr add ${address} dev eth9 noprefixroute\nip link set eth9 up\nip link set eth9b up\n`,
  undo: 'ip link delete eth9\n',
});

/** Kernel, time, names, network. */
export const kernelProvocations: readonly Provocation[] = [
  {
    check: 'kernel-version',
    ...fakeProgram('uname', 'if [ "$1" = -r ]; then echo 3.10.0-1160.el7.x86_64; else exec /usr/bin/uname "$@"; fi'),
    evidence: /^3\.10/,
  },
  {
    check: 'cgroup-controllers',
    ...fakeFile('/proc/cgroups', "sed 's/^\\(memory.*\\)1$/\\10/'"),
    evidence: /^memory$/,
  },
  {
    check: 'cgroup-controllers-wanted',
    ...fakeFile('/proc/cgroups', "sed 's/^\\(hugetlb.*\\)1$/\\10/'"),
    evidence: /^hugetlb$/,
  },
  {
    check: 'kernel-overlay',
    ...together(fakeFile('/proc/filesystems', "sed '/overlay/d'"), without('CONFIG_OVERLAY_FS')),
    evidence: /overlay/,
  },
  { check: 'kernel-vxlan', ...without('CONFIG_VXLAN'), evidence: /vxlan/ },
  { check: 'kernel-veth', ...without('CONFIG_VETH'), evidence: /veth/ },
  { check: 'kernel-match-comment', ...without('CONFIG_NETFILTER_XT_MATCH_COMMENT'), evidence: /xt_comment/ },
  { check: 'kernel-match-statistic', ...without('CONFIG_NETFILTER_XT_MATCH_STATISTIC'), evidence: /xt_statistic/ },
  { check: 'kernel-masquerade', ...without('CONFIG_NETFILTER_XT_TARGET_MASQUERADE'), evidence: /xt_masquerade/ },
  {
    check: 'kernel-conntrack',
    ...together(hidden('/proc/sys/net/netfilter'), without('CONFIG_NF_CONNTRACK')),
    evidence: /nf_conntrack/,
  },
  {
    check: 'kernel-br-netfilter',
    ...together(hidden('/proc/sys/net/bridge'), without('CONFIG_BRIDGE_NETFILTER')),
    evidence: /br_netfilter/,
  },
  { check: 'kernel-cpu-limits', ...without('CONFIG_CFS_BANDWIDTH'), evidence: /CONFIG_CFS_BANDWIDTH/ },
  {
    check: 'kernel-modules-gone',
    provoke: 'mkdir -p /lib/modules/6.1.0-99-amd64',
    undo: 'rm -r /lib/modules',
    evidence: /\/lib\/modules\//,
  },
  {
    check: 'kernel-process-limit',
    ...fakeFile('/proc/sys/kernel/pid_max', 'sed s/.*/20000/'),
    evidence: /kernel\.pid_max=20000/,
    fixed: true,
  },
  {
    check: 'kernel-user-namespaces',
    ...fakeFile('/proc/sys/user/max_user_namespaces', 'sed s/.*/0/'),
    evidence: /max_user_namespaces=0/,
  },
  {
    check: 'reboot-required',
    provoke: 'touch /run/reboot-required',
    undo: 'rm /run/reboot-required',
    evidence: /reboot-required/,
  },
  {
    check: 'clock-plausible',
    ...fakeProgram('date', 'exec /usr/bin/date -d "2001-01-01 00:00:00" "$@"'),
    evidence: /^2001-01-01/,
  },
  {
    check: 'hardware-clock-local',
    ...changedFile('/etc/adjtime', "printf '0.0 0 0.0\\n0\\nLOCAL\\n' >/etc/adjtime"),
    evidence: /LOCAL/,
  },
  {
    check: 'clock-source',
    ...fakeFile('/sys/devices/system/clocksource/clocksource0/current_clocksource', 'sed s/.*/jiffies/'),
    evidence: /jiffies/,
  },
  {
    check: 'hostname-valid',
    provoke: 'cat /proc/sys/kernel/hostname >/run/name; echo Node_One >/proc/sys/kernel/hostname',
    undo: 'cat /run/name >/proc/sys/kernel/hostname; rm /run/name',
    evidence: /^Node_One$/,
    also: ['hostname-differs'],
  },
  {
    check: 'hostname-differs',
    provoke: 'cat /proc/sys/kernel/hostname >/run/name; echo db-7 >/proc/sys/kernel/hostname',
    undo: 'cat /run/name >/proc/sys/kernel/hostname; rm /run/name',
    evidence: /^db-7$/,
  },
  {
    check: 'hosts-localhost',
    ...changedFile('/etc/hosts', "sed -i '/^127\\.0\\.0\\.1/d' /etc/hosts"),
    evidence: /^-$/,
    fixed: true,
  },
  {
    check: 'hosts-localhost',
    name: 'elsewhere',
    ...changedFile('/etc/hosts', "sed -i 's/^127\\.0\\.0\\.1/10.9.9.9/' /etc/hosts"),
    evidence: /^10\.9\.9\.9$/,
    fixed: true,
  },
  {
    check: 'hosts-wrong-address',
    ...changedFile('/etc/hosts', "sed -i 's/^10.77.0.12/10.9.9.9/' /etc/hosts"),
    evidence: /10\.9\.9\.9 node-2 ≠ 10\.77\.0\.12/,
  },
  {
    check: 'dns-loopback',
    ...changedFile('/etc/resolv.conf', "echo 'nameserver 127.0.0.1' >/etc/resolv.conf"),
    evidence: /127\.0\.0\.1/,
  },
  {
    check: 'dns-in-cluster',
    ...changedFile('/etc/resolv.conf', "echo 'nameserver 10.96.0.10' >/etc/resolv.conf"),
    evidence: /10\.96\.0\.10/,
  },
  {
    check: 'dns-too-many-servers',
    ...changedFile('/etc/resolv.conf', 'for n in 1 2 3 4; do echo "nameserver 10.77.0.20$n"; done >/etc/resolv.conf'),
    evidence: /^4$/,
  },
  {
    check: 'dns-search-long',
    ...changedFile(
      '/etc/resolv.conf',
      "{ printf search; for n in $(seq 40); do printf ' d%s.example' $n; done; echo; } >/etc/resolv.conf",
    ),
    evidence: /^40 × search/,
  },
  {
    check: 'machine-id-present',
    ...changedFile('/etc/machine-id', ': >/etc/machine-id'),
    evidence: /^-$/,
  },
  {
    check: 'network-default-route',
    provoke: 'ip route show default >/run/route; ip route delete default',
    undo: 'ip route add $(cat /run/route); rm /run/route',
    evidence: /^-$/,
  },
  {
    check: 'network-two-default-routes',
    ...together(otherCard('192.168.9.1/24'), { provoke: 'ip route append default dev eth9\n', undo: ':\n' }),
    evidence: /default dev host0 metric 0; default dev eth9 metric 0/,
  },
  {
    check: 'network-address-dynamic',
    provoke: '. /etc/lab-host; ip address change "$ADDRESS" dev host0 valid_lft 36000 preferred_lft 36000',
    undo: '. /etc/lab-host; ip address change "$ADDRESS" dev host0 valid_lft forever preferred_lft forever',
    evidence: /dynamic/,
  },
  {
    check: 'network-mtu',
    provoke: 'ip link set host0 mtu 1300',
    undo: 'ip link set host0 mtu 1500',
    evidence: /host0 mtu 1300/,
  },
  {
    check: 'network-speed',
    ...fakeFile('/sys/class/net/host0/speed', 'sed s/.*/100/'),
    evidence: /host0 100 Mbit/,
  },
  {
    check: 'network-duplex',
    ...fakeFile('/sys/class/net/host0/duplex', 'sed s/.*/half/'),
    evidence: /host0 half/,
  },
  {
    check: 'network-same-subnet-twice',
    ...otherCard('10.77.0.200/24'),
    evidence: /10\.77\.0\.200/,
  },
  {
    check: 'network-ping-ignored',
    provoke: 'echo 1 >/proc/sys/net/ipv4/icmp_echo_ignore_all',
    undo: 'echo 0 >/proc/sys/net/ipv4/icmp_echo_ignore_all',
    evidence: /icmp_echo_ignore_all=1/,
  },
  {
    check: 'network-arp-settings',
    provoke: 'echo 1 >/proc/sys/net/ipv4/conf/all/arp_ignore',
    undo: 'echo 0 >/proc/sys/net/ipv4/conf/all/arp_ignore',
    evidence: /net\.ipv4\.conf\.all\.arp_ignore=1/,
    fixed: true,
  },
  {
    check: 'network-forwarding-undone',
    ...changedFile(
      '/etc/sysctl.d/99-zz-hardening.conf',
      "printf '# CIS\\nnet.ipv4.ip_forward = 0\\nkernel.panic = 1\\n' >/etc/sysctl.d/99-zz-hardening.conf",
    ),
    evidence: /99-zz-hardening\.conf: net\.ipv4\.ip_forward=0/,
    fixed: true,
  },
  { check: 'network-manager-clouds', ...fakeUnit('nm-cloud-setup.service', true), evidence: /nm-cloud-setup/ },
  {
    check: 'network-proxy',
    ...changedFile(
      '/etc/environment',
      "printf 'https_proxy=http://anna:Geheim77@10.9.9.9:3128\\nno_proxy=localhost,10.77.0.0/24\\n' >/etc/environment",
    ),
    evidence: /https_proxy=http:\/\/10\.9\.9\.9:3128 → 10\.96\.0\.0/,
    hidden: 'Geheim77',
  },
  { check: 'firewall-service', ...fakeUnit('firewalld.service', true), evidence: /firewalld\.service/ },
  {
    check: 'firewall-service',
    name: 'ufw',
    provoke: 'mkdir -p /etc/ufw; echo ENABLED=yes >/etc/ufw/ufw.conf',
    undo: 'rm -r /etc/ufw',
    evidence: /ufw/,
  },
  {
    check: 'firewall-input',
    provoke: 'iptables -A INPUT -p tcp --dport 9999 -j DROP',
    undo: 'iptables -D INPUT -p tcp --dport 9999 -j DROP',
    evidence: /1 × DROP/,
  },
  {
    check: 'firewall-forward',
    provoke: 'iptables -P FORWARD DROP',
    undo: 'iptables -P FORWARD ACCEPT',
    evidence: /FORWARD DROP/,
  },
  {
    check: 'firewall-two-filters',
    provoke: 'iptables-legacy -A OUTPUT -p tcp --dport 9 -j ACCEPT; iptables-nft -A OUTPUT -p tcp --dport 9 -j ACCEPT',
    undo: 'iptables-legacy -F OUTPUT; iptables-nft -F OUTPUT',
    evidence: /iptables-legacy 1, iptables-nft 1/,
  },
];
