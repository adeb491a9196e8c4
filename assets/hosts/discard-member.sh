# Takes a host that never finished joining out of etcd and of the cluster's nodes, on the first control plane.
# $1 address of the host   $2 name of the host
set -eu
address=$1 name=$2
PATH=/usr/local/bin:$PATH
pki=/etc/kubernetes/pki/etcd
members() {
  etcdctl --endpoints https://127.0.0.1:2379 --cacert "$pki/ca.crt" --cert "$pki/server.crt" --key "$pki/server.key" "$@"
}
line=$(members member list | grep -F "https://$address:2380" || :)
if [ -n "$line" ]; then
  members member remove "${line%%,*}"
fi
kubectl --kubeconfig /etc/kubernetes/admin.conf delete node "$name" --ignore-not-found
