import type { clusterEn } from './en-cluster.ts';
import { type CheckText, text } from './text.ts';

/** Between hosts, of the whole cluster, of the bundle, of applications, in Chinese. */
export const clusterZh: Readonly<Record<keyof typeof clusterEn, CheckText>> = {
  'disk-speed-etcd': text(
    '磁盘对 etcd 足够快',
    'etcd 每次变化都先写盘再应答，磁盘慢会让集群失去主节点。',
    '请为 /var/lib/etcd 使用 SSD 或 NVMe；虚拟机请申请更快的磁盘类型。',
  ),
  'machine-id-unique': text(
    '每台机器的标识不同',
    '克隆的机器标识相同，网络会把它们弄混。',
    '在克隆机上：rm /etc/machine-id; systemd-machine-id-setup; reboot',
  ),
  'hostname-unique': text('每台主机的名字不同', '同名的两台机器在日志中无法区分。', 'hostnamectl set-hostname …'),
  'address-unique': text(
    '每个地址只在一台主机上',
    '两台机器应答同一个地址，连接时而到这台时而到那台。',
    '请给其中一台换个地址。',
  ),
  'address-taken': text(
    '没有别的设备使用该地址',
    '网络中有另一台设备使用相同的地址。',
    '请按硬件地址找到该设备并更换其地址。',
  ),
  'hardware-address-unique': text(
    '每块网卡的地址不同',
    '克隆的机器网卡地址相同，交换机会把包送错。',
    '请在虚拟机设置中给克隆机换一个 MAC 地址。',
  ),
  'host-key-unique': text(
    '每台主机的 SSH 密钥不同',
    '克隆的机器密钥相同，可以互相冒充。',
    '在克隆机上：rm /etc/ssh/ssh_host_*; ssh-keygen -A; systemctl restart sshd',
  ),
  'clock-skew': text(
    '时钟一致',
    '证书、租约和日志会比较不同机器的时间。',
    '请用同一个时间服务校准，例如每台主机都装 chrony。',
  ),
  'timezone-same': text('时区相同', '不同机器日志中的时间无法一眼对照。', 'timedatectl set-timezone UTC'),
  'cgroup-version-same': text(
    'cgroup 版本相同',
    'Kubernetes 的设置对所有节点生效，版本不同则部分不适用。',
    '请把所有机器统一到 cgroup v2。',
  ),
  'distribution-same': text('发行版相同', '一个集群里用不同系统可行，但更费心。', '无需处理。'),
  'mesh-api': text(
    'Kubernetes API 可达',
    '每个节点都要与每个控制平面通信。',
    '请在控制平面上为所有主机开放 6443/tcp。',
  ),
  'mesh-etcd': text('etcd 可达', '控制平面通过这些端口保持同一份状态。', '请在控制平面之间开放 2379 和 2380/tcp。'),
  'mesh-registry': text(
    '镜像仓库可达',
    '每个节点都从控制平面拉取镜像。',
    '请在控制平面上为所有主机开放镜像仓库端口（5443/tcp）。',
  ),
  'mesh-kubelet': text(
    'kubelet 可达',
    '日志、exec 和指标从控制平面访问每台主机的这个端口。',
    '请在所有主机上为控制平面开放 10250/tcp。',
  ),
  'mesh-overlay': text('Pod 网络可通', '不同机器上的 Pod 通过这条隧道通信。', '请在所有主机之间开放 8472/udp。'),
  'mesh-loss': text('没有丢包', '丢包让一切变慢，并使集群更换主节点。', '请检查网线、拥塞的链路或重复使用的地址。'),
  'mesh-latency': text('主机彼此相近', '相距太远的机器让每个请求都变慢。', '请使用同一地点的机器。'),
  'mesh-latency-etcd': text(
    '控制平面彼此很近',
    '每次变化都要等半数以上的控制平面收到。',
    '请把控制平面放在同一地点，最好相距 2 毫秒以内。',
  ),
  'mesh-path-mtu': text(
    '大包可以通过',
    '主机发出的大小的包到不了对端，数据量大时连接会卡住。',
    '请把网卡 MTU 设为中间网络能承载的值。',
  ),
  'control-plane-single': text(
    '有第二个控制平面',
    '只有一个控制平面，这台机器出故障时集群就停住。',
    '请使用 3 个控制平面。',
  ),
  'control-plane-sizes': text('控制平面规格相近', '最小的控制平面决定速度。', '请使用相同规格的机器。'),
  'workers-none': text('工作节点', '应用运行在控制平面上，要与它们共用内存。', '负载增长时请增加工作节点。'),
  'pod-network-overlap': text(
    'Pod 网段未被使用',
    'Pod 的地址会遮住你网络中的机器，或者相反。',
    '请在集群文档中另选 network.podCidr。',
  ),
  'service-network-overlap': text(
    '服务网段未被使用',
    '服务的地址会遮住你网络中的机器。',
    '请在集群文档中另选 network.serviceCidr。',
  ),
  'virtual-address-unused': text(
    '负载均衡的虚拟地址未被使用',
    '每个节点都独自拥有它，因此你网络中使用同一地址的机器将无法从节点访问。',
    '请在集群文档中另选 loadBalancer.address，或不写。',
  ),
  'pod-network-room': text(
    '还有增加节点的余地',
    '每个节点占用 Pod 网段的 256 个地址，以后无法扩大。',
    '请选更大的 network.podCidr，如 10.244.0.0/16。',
  ),
  'dns-domain-real': text(
    '集群有自己的域',
    '主机的搜索域与集群相同，你网络中的名字会查不到。',
    '请在集群文档中另选 network.dnsDomain。',
  ),
  'bundle-opens': text('离线包可以读取', '安装的一切都来自它。', '请重新复制离线包；并运行：landfall bundle verify'),
  'bundle-complete': text('离线包完整', '离线包缺少文件或文件大小不对。', '请重新复制离线包。'),
  'bundle-architecture': text('离线包适合处理器', '离线包没有这台主机处理器的程序。', '请制作或取得该架构的离线包。'),
  'bundle-version': text(
    '离线包的版本符合要求',
    '文档要求的 Kubernetes 版本与离线包不同。',
    '请修改文档中的 kubernetes.version，或使用别的离线包。',
  ),
  'bundle-space': text('磁盘放得下离线包', '安装结束前磁盘就会写满。', '请清理所指挂载点的空间。'),
  'bundle-media-speed': text(
    '介质够快',
    '每个字节都从它读取，慢的 U 盘会花很长时间。',
    '请先把离线包复制到本地磁盘（landfall 首屏的“导入安装包”，或 cp -r）。',
  ),
  'bundle-media-type': text(
    '介质可存大文件',
    '该文件系统不能存放 4 GiB 以上的文件。',
    '离线包可以放下；其他用途请把 U 盘格式化为 exFAT 或 ext4。',
  ),
  'application-known': text('应用在目录中', '目录中没有的应用无法安装。', '请更正名字，或使用包含它的离线包。'),
  'application-fit-memory': text('内存放得下应用', '没有位置的 Pod 会一直等待。', '请增加内存或主机，或少装一个应用。'),
  'application-fit-processor': text(
    '处理器够应用使用',
    '没有位置的 Pod 会一直等待。',
    '请增加处理器或主机，或少装一个应用。',
  ),
  'application-fit-disk': text('磁盘放得下应用', '卷建立在主机的磁盘上。', '请增加磁盘或主机，或申请更小的卷。'),
  'application-fit-host': text(
    '最大的副本放得进一台主机',
    '一个副本不能分到多台主机；最大的主机也太小。',
    '请使用更大的主机，或减少所需的内存或处理器。',
  ),
};
