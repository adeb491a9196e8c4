import { text } from './text.ts';

/** A running cluster. */
export const runningZh = {
  'api-answers': text(
    'Kubernetes API 有响应',
    '没有控制平面响应时，无法查看或更改任何内容；已在运行的仍继续运行。',
    '先查看各控制平面的问题，然后用同一文档运行 landfall apply。',
  ),
  'api-server-answers': text(
    '该控制平面有响应',
    '其他控制平面仍在工作，但可以再承受的故障少了一个。',
    '在该主机上查看：ctr -n k8s.io task ls；journalctl -u kubelet -e',
  ),
  'services-running': text(
    'Landfall 的服务在运行',
    '缺少这些服务，节点无法启动容器，或无法连接控制平面。',
    'journalctl -u 名称 -e 可看到原因；systemctl start 名称；landfall apply 会补全缺失的部分。',
  ),
  'load-balancer-answers': text(
    '本机负载均衡有响应',
    '节点只通过它连接控制平面。',
    'journalctl -u landfall-load-balancer -e；systemctl restart landfall-load-balancer',
  ),
  'registry-answers': text(
    '镜像仓库有响应',
    '节点从它拉取镜像；只要另一个控制平面有响应，就仍可拉取。',
    'journalctl -u landfall-registry -e；systemctl restart landfall-registry',
  ),
  'etcd-healthy': text(
    'etcd 正常参与',
    'etcd 保存集群状态，需要半数以上的成员。',
    '检查该主机的磁盘和网络；journalctl -u kubelet -e',
  ),
  'etcd-alarms': text(
    'etcd 没有告警',
    '有告警时（多半是数据文件已满）etcd 不再接受更改。',
    '删除占用空间的数据，然后执行 etcdctl compact、defrag 和 etcdctl alarm disarm',
  ),
  'node-ready': text(
    '节点就绪',
    '未就绪的节点不会启动新容器，几分钟后其容器会被迁走。',
    'kubectl describe node 名称；在主机上：journalctl -u kubelet -e',
  ),
  'node-pressure': text(
    '节点资源充足',
    '资源紧张时，kubelet 会终止容器，直到内存或磁盘恢复。',
    '在该主机上释放内存或磁盘，或迁走部分容器。',
  ),
  'node-cordoned': text(
    '节点接受新容器',
    '有人将它停止调度（kubectl cordon），不再放置新容器。',
    '维护完成后执行 kubectl uncordon 名称。',
  ),
  'nodes-known': text(
    '所有节点都在文档中',
    '集群中有文档未列出的节点，这里不会检查它们。',
    '把它们加入集群文档，或移除：kubectl delete node 名称',
  ),
  'node-versions': text('所有节点版本一致', '升级没有完成；Kubernetes 只允许短期如此。', '完成升级。'),
  'pods-system': text(
    '系统容器就绪',
    '网络、域名解析或控制平面并非处处正常。',
    '对列出的容器执行 kubectl describe pod 和 kubectl logs。',
  ),
  'pods-applications': text(
    '应用容器就绪',
    '有应用没有正常运行。',
    '对列出的容器执行 kubectl describe pod 和 kubectl logs；landfall app list',
  ),
  'claims-bound': text(
    '存储已分配',
    '有容器在等待得不到的存储。',
    'kubectl describe persistentvolumeclaim；磁盘还有空间吗？',
  ),
  'cluster-dns': text(
    '集群 DNS 有响应',
    '容器之间无法按名称互访，或容器网络不通。',
    'kubectl -n kube-system get pods -o wide；kubectl -n kube-system logs deployment/coredns',
  ),
  'certificates-valid': text(
    '证书有效',
    '证书过期或由其他机构签发时，集群各部分会互相拒绝。',
    'landfall certificates list 列出全部；landfall certificates renew 签发新的。',
  ),
  'certificates-last': text(
    '证书有效期足够长',
    '30 天内到期，届时集群各部分会互相拒绝。',
    '及时更新：landfall certificates renew',
  ),
};
