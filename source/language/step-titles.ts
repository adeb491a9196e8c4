/** Titles of steps by the part of their id before `@`; a step without one here is shown as the engine names it. */
export const stepTitlesZh: Readonly<Record<string, string>> = {
  'connect/host': '连接并查看主机',
  'preflight/checks': '在更改任何内容之前检查主机',
  'prepare/kernel': '设置内核模块、网络参数和交换分区',
  'containerd/containerd': '发送并解压 containerd',
  'containerd/runc': '发送 runc',
  'containerd/service': '启动 containerd',
  'registry/copy': '从另一台主机复制镜像仓库',
  'registry/program': '获取镜像仓库程序',
  'registry/registry': '发送镜像仓库程序',
  'registry/service': '启动镜像仓库',
  'node/programs': '从仓库获取 kubelet、kubeadm 和网络插件',
  'node/tools': '从仓库获取 kubectl、etcdctl 和 helm',
  'node/images': '拉取最先启动的镜像',
  'node/network': '拉取网络镜像',
  'load-balancer/start': '启动本机负载均衡',
  'certificates/place': '放置证书',
  'kubernetes/init': '启动第一个控制平面',
  'kubernetes/token': '允许其他主机加入',
  'kubernetes/join': '加入集群',
  'kubernetes/kubectl': '为 root 设置 kubectl',
  'kubernetes/access': '保存 kubectl 的访问文件',
  'network/flannel': '设置容器网络（flannel）',
  'network/dns': '设置集群 DNS（CoreDNS）',
  'verification/cluster': '等待所有节点和系统容器就绪',
  'etcd/snapshots': '定期为 etcd 制作快照',
  'reset/host': '移除 Landfall 的全部内容并恢复原状',
};

/** Titles of what can be done with a running cluster, by the id of the action. */
export const actionTitlesZh: Readonly<Record<string, string>> = {
  apply: '安装或修复',
  reset: '移除集群，让主机恢复原样',
  'install-application': '安装',
  'uninstall-application': '卸载，数据保留',
};
