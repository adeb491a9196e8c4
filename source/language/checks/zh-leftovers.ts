import type { leftoversEn } from './en-leftovers.ts';
import { type CheckText, text } from './text.ts';

const port = (owner: string): CheckText =>
  text(`${owner}的端口空闲`, `别的程序占用了${owner}需要的端口，它将无法启动。`, '请停止该程序，或让它使用别的端口。');

/** Ports, and what older clusters and container runtimes left, in Chinese. */
export const leftoversZh: Readonly<Record<keyof typeof leftoversEn, CheckText>> = {
  'port-kubernetes-api': port(' Kubernetes API '),
  'port-etcd-client': port(' etcd（客户端）'),
  'port-etcd-peer': port(' etcd（成员间）'),
  'port-etcd-metrics': port(' etcd（健康检查）'),
  'port-controller-manager': port('控制器管理器'),
  'port-scheduler': port('调度器'),
  'port-registry': port('镜像仓库'),
  'port-kubelet': port(' kubelet '),
  'port-kubelet-health': port(' kubelet（健康检查）'),
  'port-kube-proxy-metrics': port(' kube-proxy（指标）'),
  'port-kube-proxy-health': port(' kube-proxy（健康检查）'),
  'port-load-balancer': port('本地负载均衡器'),
  'port-overlay': port(' Pod 网络'),
  'port-node-ports': text(
    '应用端口空闲',
    'Kubernetes 把这些端口分给要从外部访问的应用。',
    '请让该程序使用 30000-32767 以外的端口。',
  ),
  'port-range-local': text(
    '外出连接不占用我们的端口',
    '外出连接可能偶尔占用 Kubernetes 需要的端口。',
    'sysctl -w net.ipv4.ip_local_port_range="32768 60999"',
  ),
  'other-landfall-cluster': text(
    '不是其他集群的节点',
    '这台机器属于 Landfall 的另一个集群。',
    '请先把它移出那个集群（在安装它的那台机器上运行 landfall reset）。',
  ),
  'leftover-kubernetes': text(
    '没有旧 Kubernetes 的文件',
    '旧集群没有清除干净，其证书和清单会妨碍新集群。',
    '请移走 /etc/kubernetes。',
  ),
  'leftover-etcd-data': text(
    '没有旧集群的数据',
    'etcd 会带着旧集群的数据启动。这些数据也许还有用！',
    '若还需要请先保存 /var/lib/etcd，再移走。',
  ),
  'leftover-network-configuration': text(
    '没有旧集群的网络插件',
    '容器运行时会采用这里的第一个文件，Pod 会接入错误的网络。',
    '请移走 /etc/cni/net.d。',
  ),
  'leftover-network-leases': text(
    '没有旧 Pod 的地址',
    '旧 Pod 占用的地址不会再分配。',
    '请删除 /var/lib/cni/networks 和 /run/flannel。',
  ),
  'leftover-kubelet': text(
    '没有旧 kubelet 的状态',
    'kubelet 会沿用旧集群的设置和证书。',
    '请移走 /var/lib/kubelet/config.yaml 和 /var/lib/kubelet/pki。',
  ),
  'leftover-containerd-data': text(
    '没有旧运行时的镜像',
    '以前的镜像和容器占用空间，还可能再次运行。',
    '需要则保留，否则移走该目录。',
  ),
  'leftover-containerd-configuration': text('没有旧容器运行时的设置', '安装会替换该文件，重置时会还原。', '无需处理。'),
  'leftover-distribution-data': text(
    '没有其他 Kubernetes 发行版的数据',
    '它占用空间，其服务还可能重新出现。',
    '请使用该发行版的卸载程序。',
  ),
  'runtime-docker': text(
    '没有 Docker',
    'Docker 与 Kubernetes 共用 containerd；安装会替换它，Docker 的容器会停止。',
    '请把 Docker 上的东西移走并卸载 Docker，或让 Landfall 将其搁置。',
  ),
  'runtime-containerd': text(
    '没有其他 containerd',
    '已装有别处来的 containerd，一台机器上两个会互相妨碍。',
    '请卸载该软件包（以及带来它的 Docker），或让 Landfall 将其搁置。',
  ),
  'runtime-crio': text(
    '没有 CRI-O',
    '两个 Kubernetes 容器运行时会互相妨碍。',
    '请卸载 CRI-O，或让 Landfall 将其搁置。',
  ),
  'runtime-podman': text('Podman', '它可与 Kubernetes 并存，但占用内存和磁盘。', '无需处理。'),
  'leftover-kubelet-unit': text(
    '没有其他 kubelet',
    '另一套安装的 kubelet 也会被启动。',
    '请清除旧的安装（kubeadm reset，然后卸载其软件包），或让 Landfall 将其搁置。',
  ),
  'leftover-etcd-unit': text(
    '没有其他 etcd',
    '另一个 etcd 占用了集群需要的端口和目录。',
    '请停止并卸载它，或让 Landfall 将其搁置，或另选机器做控制平面。',
  ),
  'leftover-distribution': text(
    '没有其他 Kubernetes 发行版',
    '这台机器装有另一个 Kubernetes，两个会互相破坏。',
    '请运行其卸载程序（k3s-uninstall.sh、k0s reset、rke2-uninstall.sh、snap remove microk8s）。',
  ),
  'other-balancer': text(
    '其他负载均衡器',
    '装有发行版的 haproxy 或 keepalived；我们的在容器中与它并存。',
    '除非它占用我们的端口，否则无需处理。',
  ),
  'leftover-processes': text(
    '没有其他 Kubernetes 的进程',
    '另一个集群的组件正在运行。',
    '请用当初的安装工具停止它们。',
  ),
  'leftover-containers': text(
    '没有运行中的容器',
    '另一个运行时的容器正在运行；替换运行时后它们可能停止。',
    '请停止它们，或换一台机器。',
  ),
  'leftover-mounts': text(
    '没有旧 Pod 的挂载',
    '旧 Pod 的卷仍然挂载着，数据可能被误删。',
    '确认内容后，用 umount 卸载所列的挂载。',
  ),
  'leftover-devices': text('没有旧集群的网络设备', '旧的网桥和隧道占着新网络需要的地址。', 'ip link delete 名字'),
  'leftover-packet-rules': text(
    '没有旧集群的包规则',
    '旧规则把服务地址指向已不存在的 Pod。',
    'iptables-save | grep -vE "KUBE-|CNI-|FLANNEL|cali-" | iptables-restore',
  ),
  'leftover-ipvs': text('没有旧集群的 IPVS 服务', '旧的虚拟服务会截走新集群的连接。', 'ipvsadm --clear'),
  'programs-in-the-way': text(
    '我们的位置上没有程序',
    '安装会替换这些程序，重置时会还原。',
    '除非它们正在使用，否则无需处理。',
  ),
};
