# Prints what of another Kubernetes or container runtime is on a host that Landfall has not begun to install, a line each.
# $1 folder of the record
set -u
# From then on all of it is ours.
if [ -e "$1/sysctl" ]; then exit 0; fi
for path in /etc/kubernetes/admin.conf /etc/kubernetes/kubelet.conf /etc/kubernetes/bootstrap-kubelet.conf \
  /var/lib/etcd/member /var/lib/kubelet/config.yaml /var/lib/containerd/io.containerd.metadata.v1.bolt; do
  if [ -e "$path" ]; then echo "$path"; fi
done
for folder in /etc/kubernetes/manifests /etc/kubernetes/pki; do
  if [ -n "$(ls -A "$folder" 2>/dev/null)" ]; then echo "$folder"; fi
done
for unit in containerd kubelet k3s k3s-agent rke2-server rke2-agent k0scontroller k0sworker crio; do
  state=$(systemctl show --property=LoadState "$unit.service" 2>/dev/null)
  if [ "$state" = LoadState=loaded ]; then
    file=$(systemctl show --property=FragmentPath "$unit.service")
    echo "the service $unit (${file#FragmentPath=})"
  fi
done
