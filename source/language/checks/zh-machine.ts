import type { machineEn } from './en-machine.ts';
import { type CheckText, text } from './text.ts';

/** Login, system, processor, memory, disk, in Chinese. */
export const machineZh: Readonly<Record<keyof typeof machineEn, CheckText>> = {
  'host-reachable': text(
    '主机可达',
    '连不上的机器无法安装。',
    '请确认机器已开机、地址和 SSH 端口正确，且中间没有防火墙。',
  ),
  'ssh-login': text('可以登录', '所有操作都通过这个登录进行。', '请检查集群文档 ssh 下的用户名、密钥和密码。'),
  'ssh-host-key': text(
    '主机身份未变',
    '主机密钥变了，说明系统重装过，或者有人在中间。',
    '若机器确实重装过，请从集群的 known-hosts 文件中删除对应的一行。',
  ),
  'sudo-rights': text(
    '用户可以成为 root',
    '安装会修改只有 root 才能修改的系统部分。',
    '请给该用户 sudo 权限（visudo）、提供正确的 sudo 密码，或用 root 登录。',
  ),
  'processor-architecture': text('处理器类型受支持', '程序只为 x86-64 和 arm64 制作。', '请从集群文档中去掉这台主机。'),
  'host-answers-facts': text('主机能介绍自己', '没有这些信息就无法检查。', '请手工登录，看看 /bin/sh 的输出。'),
  'distribution-known': text('已知的发行版', '其他系统没有试过，也许同样可用。', '可以继续，或换用已知的发行版。'),
  'init-systemd': text('系统由 systemd 管理', '所有服务都由 systemd 启动和看护。', '请使用带 systemd 的发行版。'),
  'systemd-version': text('systemd 版本够新', '旧版本无法按 Kubernetes 的要求限制容器。', '请升级发行版。'),
  'systemd-state': text(
    '系统已启动完成',
    '仍在启动、关机或救援模式的机器无法保持服务运行。',
    '等启动完成后查看：systemctl is-system-running; systemctl list-jobs',
  ),
  'units-failed': text(
    '没有失败的服务',
    '失败的服务可能意味着别的问题。',
    '查看：systemctl --failed；然后 systemctl reset-failed',
  ),
  'tools-needed': text('必需的程序都在', '安装过程和 Kubernetes 会在主机上运行它们。', '请用发行版的包管理器安装。'),
  'tools-wanted': text(
    '有用的程序都在',
    '没有它们 Kubernetes 也能运行，但部分功能和排错需要它们。',
    '请用发行版的包管理器安装。',
  ),
  'tool-modprobe': text('可以加载内核模块', '这个内核按需加载容器所需的功能。', '请安装 kmod。'),
  'packages-broken': text(
    '没有装了一半的软件包',
    '下次运行包管理器时，可能在安装中途停下或改动系统。',
    '运行：dpkg --configure -a（或 dnf check）',
  ),
  'packages-busy': text('包管理器没有在运行', '它可能在我们安装时重启服务。', '请等它结束。'),
  'automatic-updates': text(
    '没有自动更新',
    '自动更新可能随时重启容器运行时或机器。',
    '请停用 unattended-upgrades 或 dnf-automatic，或安排好时间。',
  ),
  'open-files': text(
    '可打开的文件足够多',
    '数据库和 API 服务器会同时打开很多文件和连接。',
    '请提高打开文件数的硬限制（systemd 的 DefaultLimitNOFILE）。',
  ),
  'selinux-enforcing': text(
    'SELinux',
    'Landfall 不带 SELinux 策略，Pod 之间没有这层隔离。',
    '无需处理；若应用被拒绝访问，可执行 setenforce 0。',
  ),
  'security-fapolicyd': text(
    '允许运行新程序',
    'fapolicyd 拒绝所有不是软件包安装的程序，我们的程序都无法启动。',
    '请在 fapolicyd 中信任 /usr/local/bin 和 /opt/cni/bin，或停用它：systemctl disable --now fapolicyd',
  ),
  'security-agent': text(
    '没有会中止程序的安全软件',
    '安全软件会拖慢容器，并结束它不认识的程序。',
    '请在其中排除 /var/lib/containerd、/var/lib/kubelet、/var/lib/etcd 和 /usr/local/bin。',
  ),
  'memory-killer': text(
    '没有别的服务结束进程',
    '这些服务在内存不足时结束进程，却不了解 Pod。',
    'systemctl disable --now systemd-oomd earlyoom',
  ),
  'ssh-sessions': text(
    'SSH 服务器允许足够的会话',
    '我们在一个连接上最多同时使用 8 个会话。',
    '在 /etc/ssh/sshd_config 中设置 MaxSessions 10 并重新加载 sshd。',
  ),
  'ssh-startups': text(
    'SSH 服务器允许足够的登录',
    '多个登录同时到来时，sshd 会随机丢弃一部分。',
    '在 /etc/ssh/sshd_config 中设置 MaxStartups 10:30:100 并重新加载 sshd。',
  ),
  'ssh-slow-names': text(
    '登录不等待域名解析',
    '启用 UseDNS 时每次登录都会查询域名服务器，离线时可能要等很多秒。',
    '在 /etc/ssh/sshd_config 中设置 UseDNS no 并重新加载 sshd。',
  ),
  'ssh-idle-cut': text(
    '空闲连接不会被断开',
    '服务器很快断开静默的连接，会打断较长的步骤。',
    '请提高 /etc/ssh/sshd_config 中的 ClientAliveInterval 或 ClientAliveCountMax。',
  ),
  'ssh-forced-command': text(
    'SSH 服务器运行我们的命令',
    '设置 ForceCommand 后，运行的不是我们要求的命令。',
    '请至少为该用户去掉 /etc/ssh/sshd_config 中的 ForceCommand。',
  ),
  'processor-count': text(
    '处理器足够',
    '只有一个处理器的控制平面不能及时应答，会失去其地位。',
    '请给机器至少 2 个处理器。',
  ),
  'processor-level': text(
    '处理器够新',
    '现在的很多镜像按 x86-64-v2 编译，在旧处理器上会立即退出。',
    '请让虚拟机使用宿主机的处理器类型（CPU 类型 "host"）。',
  ),
  'processor-busy': text('处理器有空闲', '机器太忙时集群会错过自己的时限。', '找出占用处理器的程序（top）并停止它。'),
  'memory-size': text('内存足够运行', '内存再少，内核会不断结束 Kubernetes 的组件。', '请增加内存，或让它做工作节点。'),
  'memory-comfort': text('内存充裕', 'Kubernetes 本身放得下，但留给应用的很少。', '请增加内存。'),
  'memory-available': text(
    '有空闲内存',
    '其他程序占用了大部分内存。',
    '停止不需要的程序（ps aux --sort=-rss | head）。',
  ),
  'memory-errors': text(
    '内存没有错误',
    '内存出现了无法纠正的错误，数据会被损坏。',
    '请更换内存条（edac-util -v 会指出是哪一条）。',
  ),
  'memory-huge-pages': text(
    '内存没有被预留',
    '大页占用的内存，没有申请大页的程序都用不到。',
    '请减小 vm.nr_hugepages。',
  ),
  'swap-on': text('交换空间', '安装会关闭交换空间，因为 Kubernetes 按真实内存规划；重置时会重新打开。', '无需处理。'),
  'swap-needed': text('没有依赖交换空间', '关闭交换空间后，其中的内容必须放得进内存。', '停止一些程序或增加内存。'),
  'disk-space': text(
    '镜像的磁盘空间',
    '镜像和容器存放在这里，磁盘写满会让整台机器停摆。',
    '清理空间，或把更大的磁盘挂载到 /var/lib/containerd。',
  ),
  'disk-space-etcd': text(
    '集群状态的磁盘空间',
    'etcd 无法写入时整个集群会停住。',
    '清理空间，或把单独的磁盘挂载到 /var/lib/etcd。',
  ),
  'disk-space-kubelet': text(
    'Pod 的磁盘空间',
    'Pod 的日志和临时数据存放在这里。',
    '清理空间，或把更大的磁盘挂载到 /var/lib/kubelet。',
  ),
  'disk-space-temporary': text('临时文件的空间', '没有它程序会以奇怪的方式失败。', '清理 /tmp。'),
  'disk-eviction': text('磁盘没有快满', '低于这些界限，Kubernetes 一启动就会驱逐 Pod。', '清理空间或使用更大的磁盘。'),
  'disk-inodes': text(
    'inode 足够',
    '没有空闲 inode 的磁盘虽有空间也不能建新文件。',
    '删除大量小文件，或用更多 inode 重建文件系统。',
  ),
  'disk-read-only': text(
    '磁盘可写',
    '安装必须在那里放文件。变成只读的磁盘往往已经损坏。',
    '查看 dmesg，修复文件系统，然后：mount -o remount,rw …',
  ),
  'disk-noexec': text(
    '程序可以从其目录运行',
    '容器和 Kubernetes 都是这些磁盘上的程序，noexec 禁止启动它们。',
    '去掉 /etc/fstab 中的 noexec，然后：mount -o remount,exec …',
  ),
  'disk-nosuid': text(
    '程序保留其权限',
    '带 nosuid 时，容器中切换用户的程序（sudo、ping）会失败。',
    '去掉 /etc/fstab 中 /var/lib/containerd 所在文件系统的 nosuid。',
  ),
  'disk-nodev': text(
    '设备文件可用',
    '带 nodev 时，使用设备文件的卷和容器会失败。',
    '去掉 /etc/fstab 中该文件系统的 nodev。',
  ),
  'disk-network': text('数据在本地磁盘', '网络磁盘上的容器数据和 etcd 很慢，网络出错时会损坏。', '请使用本地磁盘。'),
  'disk-volatile': text('重启后数据仍在', '只在内存中的内容重启就会消失，集群也随之消失。', '请在那里挂载真正的磁盘。'),
  'disk-overlay': text(
    '容器可以叠加镜像层',
    '镜像层不能叠加在本身就是叠加的文件系统上。',
    '请把普通磁盘（ext4 或 xfs）挂载到 /var/lib/containerd。',
  ),
  'disk-type': text('合适的文件系统', '很少有人在它上面运行容器，部分功能可能不可用。', '请为该目录使用 ext4 或 xfs。'),
  'disk-xfs-types': text(
    'XFS 可存放镜像层',
    '该 XFS 创建时没有 ftype=1，容器会丢失或混淆文件。',
    '请重新创建文件系统（mkfs.xfs -n ftype=1），或在 /var/lib/containerd 挂载其他文件系统。',
  ),
  'disk-errors': text(
    '文件系统没有错误',
    '文件系统自己记录了错误，磁盘可能即将损坏。',
    '用 fsck 检查，查看 smartctl -a，必要时更换磁盘。',
  ),
  'disk-array': text(
    '磁盘阵列完整',
    '阵列中有一块磁盘已经失效，再坏一块就会丢数据。',
    '请更换磁盘（mdadm --detail 会指出是哪一块）。',
  ),
  'disk-rotating': text(
    '快速磁盘',
    '集群的每次变化都要写盘，机械硬盘在这方面很慢。',
    '请把 /var/lib/etcd 放到 SSD 上；磁盘速度测试会说明是否必要。',
  ),
  'disk-immutable': text('文件可以修改', '这些路径被锁定（chattr +i），连 root 也不能改。', '解锁：chattr -i 路径'),
  'folder-permissions': text('目录可以进入', '不以 root 运行的程序进不了下面的目录。', 'chmod o+x 目录'),
  'folder-owner': text('目录属于 root', '目录的主人可以替换 root 启动的程序。', 'chown root: 目录'),
  'folder-link': text(
    '目录不是链接',
    'Kubernetes 会比较路径，链接使路径不同，卷会卸载失败。',
    '请用挂载（/etc/fstab 中的 bind）代替链接。',
  ),
};
