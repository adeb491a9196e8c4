# Tells how this host is, a line each. It changes nothing, and no question of it takes longer than a few seconds.
# $1 role: control-plane|worker   $2 host and port of the API   $3 port of the registry   $4 driver of the load balancer
set -u
role=$1 balancer=$2 registry=$3 driver=$4
PATH=/usr/local/bin:$PATH
if [ ! -d /var/lib/landfall/changes ]; then
  echo "installed no"
  exit 0
fi
echo "installed yes"
echo "time $(date +%s)"
pki=/etc/kubernetes/pki
# Standard output is the answer's body; nothing of a host but kubectl is sure to be there.
ask() {
  if command -v curl >/dev/null 2>&1; then
    curl --silent --noproxy '*' --max-time 3 --cacert "$pki/ca.crt" "$1$2" 2>/dev/null
  else
    timeout 3 kubectl --kubeconfig=/dev/null --server="$1" --certificate-authority="$pki/ca.crt" get --raw="$2" 2>/dev/null
  fi
}
units='containerd kubelet'
if [ "$driver" != external ]; then units="$units landfall-load-balancer"; fi
if [ "$role" = control-plane ]; then units="$units landfall-registry landfall-snapshot.timer"; fi
# shellcheck disable=SC2086
states=$(systemctl is-active $units 2>/dev/null)
# shellcheck disable=SC2086
set -- $states
for unit in $units; do
  echo "unit $unit ${1:-unknown}"
  shift || :
done
if command -v curl >/dev/null 2>&1 || command -v kubectl >/dev/null 2>&1; then
  echo "way $(ask "https://$balancer" /readyz | head -c 40 | tr -d '\n')"
fi
if [ "$role" = control-plane ]; then
  echo "api $(ask https://127.0.0.1:6443 /readyz | head -c 40 | tr -d '\n')"
  if ss -Hltn "sport = :$registry" 2>/dev/null | grep -q .; then echo "registry ok"; fi
  echo "etcd $(ask http://127.0.0.1:2381 /health | head -c 400 | tr -d '\n')"
  ask http://127.0.0.1:2381 /metrics |
    grep -E '^etcd_(server_(has_leader|is_leader|is_learner|quota_backend_bytes)|mvcc_db_total_size_in_(use_in_)?bytes|disk_wal_fsync_duration_seconds_bucket)[ {]' |
    sed 's/^/metric /'
  if command -v etcdctl >/dev/null 2>&1; then
    timeout 3 etcdctl --endpoints https://127.0.0.1:2379 --cacert "$pki/etcd/ca.crt" --cert "$pki/etcd/server.crt" \
      --key "$pki/etcd/server.key" --command-timeout 3s member list --consistency=s 2>/dev/null | sed 's/^/member /'
  fi
  for file in /var/lib/landfall/snapshots/*.db; do
    if [ -f "$file" ]; then stat -c 'snapshot %Y %s %n' "$file"; fi
  done
  if [ -f /var/lib/landfall/last-backup ]; then echo "backup $(head -c 20 /var/lib/landfall/last-backup)"; fi
fi
# The body of a certificate in PEM is one word of base64; keys are never read out.
set --
for file in "$pki"/*.crt "$pki"/etcd/*.crt /etc/landfall/registry/server.crt /var/lib/kubelet/pki/kubelet-client-current.pem; do
  if [ -r "$file" ]; then set -- "$@" "$file"; fi
done
awk '/-----BEGIN CERTIFICATE-----/ { inside = 1; body = ""; next }
  /-----END CERTIFICATE-----/ { if (inside) print "certificate", FILENAME, body; inside = 0; next }
  inside { body = body $0 }' "$@" /dev/null
for file in /etc/kubernetes/*.conf; do
  if [ -r "$file" ]; then sed -n "s|^ *client-certificate-data: *|configuration $file |p" "$file"; fi
done
