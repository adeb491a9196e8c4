# Prints how what Landfall runs on this node is, a line each; changes nothing.
# $1 control-plane|worker   $2 address of the node   $3 host and port of the API   $4 port of the registry
# $5 driver of the load balancer
role=$1 address=$2 balancer=$3 registry=$4 driver=$5
PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin
if [ ! -d /var/lib/landfall/changes ]; then
  echo 'installed no'
  exit 0
fi
echo 'installed yes'
units='containerd kubelet'
if [ "$driver" != external ]; then units="$units landfall-load-balancer"; fi
if [ "$role" = control-plane ]; then units="$units landfall-registry"; fi
for unit in $units; do
  echo "service $unit $(systemctl is-active "$unit.service" 2>/dev/null)"
done
# $1 word   $2 address: the word with the code of the answer, or with what went wrong.
ask() {
  if command -v curl >/dev/null 2>&1; then
    code=$(curl --silent --insecure --noproxy '*' --max-time 5 --output /dev/null --write-out '%{http_code}' "$2" 2>/dev/null)
    echo "$1 ${code:-000}"
  elif command -v wget >/dev/null 2>&1; then
    code=$(wget --no-proxy --no-check-certificate --tries=1 --timeout=5 --server-response --output-document=/dev/null "$2" 2>&1 | sed -n 's#^ *HTTP/[0-9.]* \([0-9]*\).*#\1#p' | tail -n 1)
    echo "$1 ${code:-000}"
  else
    echo "$1 no-program"
  fi
}
ask load-balancer "https://$balancer/readyz"
if [ "$role" = control-plane ]; then
  ask api "https://$address:6443/readyz"
  ask registry "https://$address:$registry/v2/"
  if [ -x /usr/local/bin/etcdctl ] && [ -r /etc/kubernetes/pki/etcd/healthcheck-client.key ]; then
    etcd() {
      ETCDCTL_API=3 timeout 10 etcdctl --endpoints https://127.0.0.1:2379 --cacert /etc/kubernetes/pki/etcd/ca.crt \
        --cert /etc/kubernetes/pki/etcd/healthcheck-client.crt --key /etc/kubernetes/pki/etcd/healthcheck-client.key "$@" 2>&1
    }
    if answer=$(etcd endpoint health); then echo 'etcd healthy'; else echo "etcd $(printf '%s' "$answer" | tail -n 1 | cut -c1-200)"; fi
    if alarms=$(etcd alarm list); then printf '%s\n' "$alarms" | sed -n 's/^\(.*alarm:.*\)$/etcd-alarm \1/p'; fi
    echo 'etcd-asked yes'
  fi
fi
exit 0
