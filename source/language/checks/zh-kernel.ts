import type { kernelEn } from './en-kernel.ts';
import { type CheckText, text } from './text.ts';

const fullKernel = '请安装发行版的完整内核包，然后：modprobe ';
const rhel10 = '（RHEL 10：安装 kernel-modules-extra）';

/** Kernel, time, names, network of one host, in Chinese. */
export const kernelZh: Readonly<Record<keyof typeof kernelEn, CheckText>> = {
  'kernel-version': text('内核够新', 'Kubernetes 及其网络需要旧内核没有的功能。', '请升级发行版。'),
  'kernel-cgroup-2-old': text(
    '内核与 cgroup 版本相配',
    '旧内核的 cgroup v2 缺少 Kubernetes 使用的部分。',
    '请使用 5.8 以上的内核。',
  ),
  'cgroup-version': text(
    'cgroup v2',
    'Kubernetes 已宣布将放弃 v1，目前仍可用。',
    '下次有机会时以 systemd.unified_cgroup_hierarchy=1 启动，或升级发行版。',
  ),
  'cgroup-controllers': text(
    '可以设置限制',
    '缺少这些 cgroup 控制器，Kubernetes 无法限制 Pod，会拒绝启动。',
    '去掉内核命令行中的 cgroup_disable=… 并重启。',
  ),
  'cgroup-controllers-wanted': text(
    '可以设置所有限制',
    '部分限制（大页、磁盘）无法为 Pod 设置。',
    '去掉内核命令行中的 cgroup_disable=… 并重启。',
  ),
  'kernel-overlay': text('内核：叠加文件系统', '镜像层由 overlay 组合起来。', `${fullKernel}overlay`),
  'kernel-br-netfilter': text(
    '内核：网桥过滤',
    '没有 br_netfilter，服务到不了同一台机器上的 Pod。',
    `${fullKernel}br_netfilter${rhel10}`,
  ),
  'kernel-conntrack': text('内核：连接跟踪', 'Kubernetes 的每个服务地址都靠它转换。', 'modprobe nf_conntrack'),
  'kernel-vxlan': text('内核：VXLAN', '不同机器上 Pod 之间的网络是 VXLAN 隧道。', `${fullKernel}vxlan`),
  'kernel-bridge': text('内核：网桥', '一台机器上的 Pod 由网桥相连。', 'modprobe bridge'),
  'kernel-veth': text('内核：虚拟网线', '每个 Pod 都用一根虚拟网线接入。', 'modprobe veth'),
  'kernel-match-comment': text('内核：规则注释', 'kube-proxy 给每条规则加注释。', `modprobe xt_comment${rhel10}`),
  'kernel-match-statistic': text(
    '内核：连接分配',
    'kube-proxy 用 statistic 匹配把连接分给各个 Pod。',
    `modprobe xt_statistic${rhel10}`,
  ),
  'kernel-masquerade': text('内核：地址转换', 'Pod 以其机器的地址访问外部。', 'modprobe xt_MASQUERADE'),
  'kernel-packet-filter': text('内核：包过滤', '服务地址由包过滤规则构成。', `modprobe nf_tables${rhel10}`),
  'kernel-ipvs': text(
    '内核：keepalived 所需的 IPVS',
    '负载均衡 keepalived 由内核的 IPVS 转发到 API 的连接。',
    'modprobe ip_vs ip_vs_rr；或在集群文档中写 loadBalancer.driver: haproxy，它适用于任何内核。',
  ),
  'kernel-namespaces': text('内核：命名空间', '容器就是拥有自己命名空间的进程。', '请使用发行版的内核。'),
  'kernel-seccomp': text('内核：seccomp', '没有它，容器可以调用内核的所有功能。', '请使用发行版的内核。'),
  'kernel-cpu-limits': text('内核：处理器和内存限制', '内核编译时缺少限制 Pod 的部分。', '请使用发行版的内核。'),
  'kernel-modules-gone': text(
    '运行中内核的模块都在',
    '内核已更新，正在运行的内核再也加载不了模块。',
    '请重启进入新内核。',
  ),
  'kernel-modules-locked': text(
    '允许加载模块',
    '内核被设定为在下次启动前不再加载模块。',
    '去掉 kernel.modules_disabled=1 并重启，或在启动时加载模块。',
  ),
  'kernel-process-limit': text('进程号足够', '进程号太少，几个 Pod 就会用完。', 'sysctl -w kernel.pid_max=4194304'),
  'kernel-user-namespaces': text(
    '用户命名空间',
    '一些应用（浏览器、构建工具）需要它。',
    'sysctl -w user.max_user_namespaces=10000',
  ),
  'kernel-neighbours': text(
    '邻居表够大',
    '大集群中邻居表会溢出，连接随机失败。',
    'sysctl -w net.ipv4.neigh.default.gc_thresh3=8192（以及 gc_thresh2=4096）',
  ),
  'reboot-required': text('没有待重启', '更新在等待重启，最好在装集群之前完成。', '请重启机器。'),
  'clock-plausible': text(
    '时钟没有差太远',
    '时钟差几年时，证书还未生效或已过期。',
    "设置时间：date -u -s '2026-01-31 12:00'; hwclock --systohc --utc",
  ),
  'time-service': text(
    '时间服务在运行',
    '时钟会慢慢走偏，差几秒集群就会出问题，日志也无法对照。',
    '请安装 chrony，指向你网络中的时间服务器或其中一台主机。',
  ),
  'time-two-services': text(
    '只有一个时间服务',
    '两个服务会互相争着调时钟。',
    '只保留一个，其余停用：systemctl disable --now …',
  ),
  'time-synchronised': text(
    '时钟已校准',
    '时间服务在运行，但没有连上时间服务器。',
    '请填写它能访问的服务器（/etc/chrony.conf 或 /etc/systemd/timesyncd.conf）。',
  ),
  'hardware-clock-local': text(
    '硬件时钟使用 UTC',
    '硬件时钟使用本地时间，开机或夏令时切换时时钟会跳几个小时。',
    'timedatectl set-local-rtc 0',
  ),
  'clock-source': text(
    '快速的时钟源',
    '读取这种时钟很慢，会拖慢一切。',
    '请更换时钟源（/sys/devices/system/clocksource）或虚拟机设置。',
  ),
  'hostname-valid': text('规范的主机名', '一些程序无法处理这个名字。', 'hostnamectl set-hostname node-1'),
  'hostname-differs': text(
    '主机名与节点名相同',
    '节点使用集群文档中的名字，可能让人混淆。',
    'hostnamectl set-hostname 名字，或修改文档中的名字。',
  ),
  'hosts-localhost': text(
    'localhost 是本机',
    'Kubernetes 通过 localhost 访问自己的组件。',
    '在 /etc/hosts 中写入 "127.0.0.1 localhost"。',
  ),
  'hosts-wrong-address': text(
    '/etc/hosts 中的地址正确',
    '集群主机的名字指向了别的地址。',
    '请更正 /etc/hosts 中的那一行。',
  ),
  'dns-loopback': text(
    '域名服务器是真实的',
    '回环地址在 Pod 里是另一回事，集群 DNS 会循环查询自己。',
    '请在 /etc/resolv.conf 中填写真实的服务器。',
  ),
  'dns-in-cluster': text(
    '域名服务器不在集群网段内',
    '集群的网段会遮住域名服务器。',
    '请在集群文档中另选网段，或使用别的域名服务器。',
  ),
  'dns-too-many-servers': text('最多三个域名服务器', '只有前三个会被使用。', '请从 /etc/resolv.conf 中去掉一些。'),
  'dns-search-long': text(
    '搜索列表较短',
    'Kubernetes 会截断更长的搜索域列表。',
    '请缩短 /etc/resolv.conf 的 search 行。',
  ),
  'dns-answers': text(
    '域名服务器有应答',
    '每次查询都要等待不存在的服务器，登录和 Pod 都会变慢。',
    '请更正或清空 /etc/resolv.conf。',
  ),
  'dns-wildcard': text(
    '未知的名字查不到',
    '搜索域对任何名字都有应答，集群内的名字会指向外面。',
    '请去掉域中的泛解析，或去掉 /etc/resolv.conf 的 search 行。',
  ),
  'machine-id-present': text('机器有自己的标识', '网络地址和日志名由它生成。', 'systemd-machine-id-setup'),
  'network-default-route': text(
    '有默认路由',
    'Kubernetes 及其网络按默认路由选择地址，没有它无法启动。',
    '请设置默认网关，本网段的任一地址即可：ip route add default via …',
  ),
  'network-two-default-routes': text(
    '只有一条默认路由',
    '两条相同的路由，内核会随机选用。',
    '请给其中一条更高的 metric。',
  ),
  'network-address': text(
    '地址在机器上',
    'Kubernetes 监听集群文档中的地址；在地址转换后面无法监听。',
    '请把 "ip addr" 显示的地址写入集群文档。',
  ),
  'network-address-dynamic': text(
    '固定的地址',
    '地址来自 DHCP，一旦改变，集群就会损坏。',
    '请在 DHCP 服务器上保留该地址，或手工设置。',
  ),
  'network-mtu': text('数据包够大', '机器间的隧道占用每个包 50 字节，剩下的太小。', '请把网卡的 MTU 提高到 1500。'),
  'network-speed': text('快速的网络', '镜像和数据都走这条链路，100 Mbit/s 太慢。', '请检查网线和交换机端口。'),
  'network-duplex': text(
    '全双工',
    '半双工链路在高负载下会丢包，多半是交换机端口设置错误。',
    '让两端自动协商：ethtool -s 网卡 autoneg on',
  ),
  'network-same-subnet-twice': text(
    '每个网段一块网卡',
    '同一网段有两块网卡时，应答会从错误的网卡发出。',
    '请把它们绑定，或把一块移到别的网段。',
  ),
  'network-ping-ignored': text(
    '主机应答 ping',
    '无法测量延迟、丢包和包大小。',
    'sysctl -w net.ipv4.icmp_echo_ignore_all=0',
  ),
  'network-arp-settings': text(
    'ARP 设置正常',
    '这样的设置使机器找不到服务地址和 Pod。',
    '请把 arp_ignore 和 arp_filter 设为 0。',
  ),
  'network-forwarding-undone': text(
    '转发保持开启',
    '有文件会在下次启动时关闭转发，之后 Pod 之间无法通信。',
    '请从所指的文件中删除那一行。',
  ),
  'network-manager-clouds': text(
    '没有服务改写路由',
    'nm-cloud-setup 会删除 Pod 的路由。',
    'systemctl disable --now nm-cloud-setup.service nm-cloud-setup.timer',
  ),
  'network-proxy': text('代理不影响集群', '集群内部的流量会被送到代理。', '请把集群的地址和网段加入 no_proxy。'),
  'firewall-service': text(
    '没有防火墙服务',
    '它会挡住集群机器之间需要的端口。',
    '请为集群的所有主机开放 docs/checks.md 中的端口，或停用它。',
  ),
  'firewall-input': text(
    '没有拦截的包规则',
    '本机的规则会丢弃进来的包；互通检查会说明是否有影响。',
    '请允许集群主机访问 docs/checks.md 中的端口。',
  ),
  'firewall-forward': text(
    '转发的包可以通过',
    '本机默认丢弃要转给 Pod 的包；Kubernetes 会添加自己的例外。',
    'iptables -P FORWARD ACCEPT',
  ),
  'firewall-two-filters': text(
    '只有一套包过滤',
    'iptables-legacy 和 iptables-nft 的规则同时生效，却各自只显示自己的。',
    '请统一到一套：update-alternatives --config iptables',
  ),
};
