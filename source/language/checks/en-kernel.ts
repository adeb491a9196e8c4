import { text } from './text.ts';

/** Kernel, time, names, network of one host. */
export const kernelEn = {
  'kernel-version': text(
    'The kernel is new enough',
    'Kubernetes and its network need functions that older kernels lack.',
    'Upgrade the distribution.',
  ),
  'kernel-cgroup-2-old': text(
    'Kernel and cgroup version fit',
    'cgroup version 2 of older kernels lacks parts that Kubernetes uses.',
    'Use a kernel from 5.8 on.',
  ),
  'cgroup-version': text(
    'cgroup version 2',
    'Kubernetes has announced to drop version 1; it works for now.',
    'On the next occasion boot with systemd.unified_cgroup_hierarchy=1 or upgrade the distribution.',
  ),
  'cgroup-controllers': text(
    'Limits can be set',
    'Without these cgroup controllers Kubernetes cannot limit what pods use, and refuses to start.',
    'Remove cgroup_disable=… from the kernel command line and reboot.',
  ),
  'cgroup-controllers-wanted': text(
    'All limits can be set',
    'Some limits (huge pages, disk) cannot be set for pods.',
    'Remove cgroup_disable=… from the kernel command line and reboot.',
  ),
  'kernel-overlay': text(
    'Kernel: layered file systems',
    'The layers of images are put together by overlay.',
    'Install the full kernel package of the distribution, then: modprobe overlay',
  ),
  'kernel-br-netfilter': text(
    'Kernel: filtering on bridges',
    'Without br_netfilter services do not reach pods on the same machine.',
    'Install the full kernel package (RHEL 10: kernel-modules-extra), then: modprobe br_netfilter',
  ),
  'kernel-conntrack': text(
    'Kernel: connection tracking',
    'Every service address of Kubernetes is translated with it.',
    'modprobe nf_conntrack',
  ),
  'kernel-vxlan': text(
    'Kernel: VXLAN',
    'The network between pods of different machines is a VXLAN tunnel.',
    'Install the full kernel package of the distribution, then: modprobe vxlan',
  ),
  'kernel-bridge': text('Kernel: bridges', 'The pods of a machine are joined by a bridge.', 'modprobe bridge'),
  'kernel-veth': text('Kernel: virtual cables', 'Every pod is plugged in with a virtual cable.', 'modprobe veth'),
  'kernel-match-comment': text(
    'Kernel: comments in packet rules',
    'kube-proxy marks each of its rules with a comment.',
    'modprobe xt_comment (RHEL 10: install kernel-modules-extra)',
  ),
  'kernel-match-statistic': text(
    'Kernel: spreading of connections',
    'kube-proxy spreads connections over pods with the statistic match.',
    'modprobe xt_statistic (RHEL 10: install kernel-modules-extra)',
  ),
  'kernel-masquerade': text(
    'Kernel: address translation',
    'Pods reach the outside under the address of their machine.',
    'modprobe xt_MASQUERADE',
  ),
  'kernel-packet-filter': text(
    'Kernel: a packet filter',
    'Service addresses are made of packet rules.',
    'modprobe nf_tables (RHEL 10: install kernel-modules-extra)',
  ),
  'kernel-ipvs': text(
    'Kernel: IPVS for keepalived',
    'The load balancer keepalived lets the kernel pass connections to the API on, which it does with IPVS.',
    'modprobe ip_vs ip_vs_rr; or write loadBalancer.driver: haproxy in the cluster document, which works with every kernel.',
  ),
  'kernel-namespaces': text(
    'Kernel: namespaces',
    'A container is a process in namespaces of its own.',
    'Use the kernel of the distribution.',
  ),
  'kernel-seccomp': text(
    'Kernel: seccomp',
    'Without it, containers may call everything the kernel offers.',
    'Use the kernel of the distribution.',
  ),
  'kernel-cpu-limits': text(
    'Kernel: limits of processors and memory',
    'The kernel was built without parts that limit what pods use.',
    'Use the kernel of the distribution.',
  ),
  'kernel-modules-gone': text(
    'Modules of the running kernel are there',
    'The kernel was updated and the running one can load nothing any more.',
    'Reboot into the new kernel.',
  ),
  'kernel-modules-locked': text(
    'Modules may be loaded',
    'The kernel was told to load nothing more until the next boot.',
    'Remove kernel.modules_disabled=1 and reboot, or load the modules at boot.',
  ),
  'kernel-process-limit': text(
    'Enough processes',
    'With so few process numbers a handful of pods uses them up.',
    'sysctl -w kernel.pid_max=4194304',
  ),
  'kernel-user-namespaces': text(
    'User namespaces',
    'Some applications (browsers, build tools) need them.',
    'sysctl -w user.max_user_namespaces=10000',
  ),
  'kernel-neighbours': text(
    'Room for neighbours',
    'In a big cluster the table of neighbours overflows, and connections fail at random.',
    'sysctl -w net.ipv4.neigh.default.gc_thresh3=8192 (and gc_thresh2=4096)',
  ),
  'reboot-required': text(
    'No reboot is due',
    'Updates wait for a reboot; better now than with a cluster on it.',
    'Reboot the machine.',
  ),
  'clock-plausible': text(
    'The clock is not far off',
    'Certificates are not valid yet or not any more when the clock is wrong by years.',
    "Set it: date -u -s '2026-01-31 12:00'; hwclock --systohc --utc",
  ),
  'time-service': text(
    'A time service runs',
    'Clocks drift apart; from a few seconds on the cluster has trouble, and logs cannot be compared.',
    'Install chrony and point it at a server of your network, or at one of the hosts.',
  ),
  'time-two-services': text(
    'One time service',
    'Two services set the clock against each other.',
    'Disable all but one: systemctl disable --now …',
  ),
  'time-synchronised': text(
    'The clock is set',
    'The time service runs but has not reached a time server.',
    'Name a server it can reach (/etc/chrony.conf or /etc/systemd/timesyncd.conf).',
  ),
  'hardware-clock-local': text(
    'Hardware clock keeps UTC',
    'It keeps local time, so the clock jumps by hours at boot or when summer time changes.',
    'timedatectl set-local-rtc 0',
  ),
  'clock-source': text(
    'A fast clock',
    'Reading this clock is slow, which slows down everything.',
    'Choose another clock source (/sys/devices/system/clocksource) or setting of the virtual machine.',
  ),
  'hostname-valid': text(
    'A proper host name',
    'Some programs stumble over this name.',
    'hostnamectl set-hostname node-1',
  ),
  'hostname-differs': text(
    'Host name and node name are the same',
    'The node gets the name from the cluster document, which may confuse people.',
    'hostnamectl set-hostname NAME, or change the name in the document.',
  ),
  'hosts-localhost': text(
    'localhost is this machine',
    'Kubernetes asks its own parts at localhost.',
    'Put "127.0.0.1 localhost" into /etc/hosts.',
  ),
  'hosts-wrong-address': text(
    '/etc/hosts knows the right addresses',
    'A name of a host of the cluster leads to another address.',
    'Correct the line in /etc/hosts.',
  ),
  'dns-loopback': text(
    'The name server is a real one',
    'A loopback address means another thing inside a pod, and the cluster DNS would ask itself in circles.',
    'Name a real server in /etc/resolv.conf.',
  ),
  'dns-in-cluster': text(
    'The name server lies outside the cluster networks',
    'The network of the cluster would hide the name server.',
    'Choose other networks in the cluster document, or another name server.',
  ),
  'dns-too-many-servers': text(
    'At most three name servers',
    'Only the first three are used.',
    'Remove some from /etc/resolv.conf.',
  ),
  'dns-search-long': text(
    'A short search list',
    'Kubernetes cuts longer lists of search domains off.',
    'Shorten the search line of /etc/resolv.conf.',
  ),
  'dns-answers': text(
    'The name server answers',
    'Every lookup waits for a server that is not there; logins and pods become slow.',
    'Correct or empty /etc/resolv.conf.',
  ),
  'dns-wildcard': text(
    'Unknown names stay unknown',
    'The search domain answers for every name, so that names inside the cluster lead outside.',
    'Remove the wildcard entry from the domain, or the search line from /etc/resolv.conf.',
  ),
  'machine-id-present': text(
    'The machine has an id',
    'Network addresses and names of logs are made from it.',
    'systemd-machine-id-setup',
  ),
  'network-default-route': text(
    'A default route',
    'Kubernetes and its network choose their address along the default route; without one they do not start.',
    'Set a default gateway; any address of the own network will do: ip route add default via …',
  ),
  'network-two-default-routes': text(
    'One default route',
    'Of two equal routes the kernel takes one by chance.',
    'Give one of them a higher metric.',
  ),
  'network-address': text(
    'The address is on the machine',
    'Kubernetes listens on the address in the cluster document; behind address translation it cannot.',
    'Write the address that "ip addr" shows into the cluster document.',
  ),
  'network-address-dynamic': text(
    'A lasting address',
    'The address comes from DHCP; should it ever change, the cluster breaks.',
    'Reserve it at the DHCP server, or set it by hand.',
  ),
  'network-mtu': text(
    'Packets are big enough',
    'The tunnel between the machines takes 50 bytes of each packet; what is left is too small.',
    'Raise the MTU of the interface to 1500.',
  ),
  'network-speed': text(
    'A fast network',
    'Images and data go over this link; 100 Mbit/s is slow for that.',
    'Check cable and switch port.',
  ),
  'network-duplex': text(
    'Full duplex',
    'A half duplex link loses packets under load; mostly a wrong setting of the switch port.',
    'Let both ends negotiate: ethtool -s IFACE autoneg on',
  ),
  'network-same-subnet-twice': text(
    'One interface a network',
    'With two interfaces in one network answers leave by the wrong one.',
    'Join them to a bond, or move one to another network.',
  ),
  'network-ping-ignored': text(
    'The host answers ping',
    'Latency, loss and packet size cannot be measured.',
    'sysctl -w net.ipv4.icmp_echo_ignore_all=0',
  ),
  'network-arp-settings': text(
    'Usual ARP settings',
    'With these settings machines do not find service addresses and pods.',
    'Set arp_ignore and arp_filter to 0.',
  ),
  'network-forwarding-undone': text(
    'Forwarding stays on',
    'A file turns forwarding off at the next boot, and then no pod reaches another.',
    'Remove the line from the file that is named.',
  ),
  'network-manager-clouds': text(
    'Nobody rewrites routes',
    'nm-cloud-setup removes the routes of pods.',
    'systemctl disable --now nm-cloud-setup.service nm-cloud-setup.timer',
  ),
  'network-proxy': text(
    'The proxy leaves the cluster alone',
    'Traffic inside the cluster would be sent to the proxy.',
    'Add the addresses and networks of the cluster to no_proxy.',
  ),
  'firewall-service': text(
    'No firewall service',
    'It blocks ports that the machines of a cluster need among each other.',
    'Open the ports of docs/checks.md for all hosts of the cluster, or stop it.',
  ),
  'firewall-input': text(
    'No blocking packet rules',
    'Rules of this machine drop what comes in; the mesh check shows whether it matters.',
    'Allow the ports of docs/checks.md from the hosts of the cluster.',
  ),
  'firewall-forward': text(
    'Forwarded packets pass',
    'By default this machine drops what it should pass on to pods; Kubernetes adds its own exceptions.',
    'iptables -P FORWARD ACCEPT',
  ),
  'firewall-two-filters': text(
    'One packet filter',
    'Rules in both iptables-legacy and iptables-nft act at once, and each shows only its own.',
    'Move all to one: update-alternatives --config iptables',
  ),
} as const;
