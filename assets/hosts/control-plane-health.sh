# Says whether the control plane of this host is well; what is wrong goes to standard error.
# $1 address of its API
set -u
PATH=/usr/local/bin:$PATH
systemctl is-active --quiet kubelet || { echo "the kubelet does not run" >&2; exit 1; }
for user in admin controller-manager scheduler kubelet; do
  kubectl --kubeconfig "/etc/kubernetes/$user.conf" --server "https://$1:6443" --request-timeout 5s auth whoami >/dev/null || exit 1
done
kubectl --kubeconfig /etc/kubernetes/admin.conf --server "https://$1:6443" --request-timeout 5s get --raw /readyz >/dev/null 2>&1 || { echo "the API is not ready" >&2; exit 1; }
