# Renews the certificates of this control plane when one of them ends soon, one control plane at a time: a lease in the
# cluster is held meanwhile, and all others must be ready. What then is not well is taken back (certificate-worker.sh).
# $1 settings: a line "below SECONDS", then a line "plane NAME ADDRESS" each, this host's own first
set -u
umask 077
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
settings=$1
base=/var/lib/landfall/certificates
conf=/etc/kubernetes/admin.conf
api="kubectl --kubeconfig $conf --request-timeout 10s"
leave() { echo "$*"; exit 0; }

below=$(sed -n 's/^below //p' "$settings")
own=$(sed -n 's/^plane //p' "$settings" | head -n 1)
name=${own% *} address=${own#* }
# Seconds that the certificate has left that ends first. Authorities do not count, nor what is on the first control plane
# only and therefore missing on others, of which kubeadm says that it has 0 left.
left=$(kubeadm certs check-expiration -o json 2>/dev/null | tr -d ' \n' | sed 's/"certificateAuthorities".*//' |
  tr '}' '\n' | grep '"missing":false' | grep -o '"residualTime":-\{0,1\}[0-9]*' | sed 's/.*://' | sort -n | head -n 1)
[ -n "$left" ] || { echo "how long the certificates last cannot be found out" >&2; exit 1; }
if [ "$left" -ge "$below" ]; then leave "$left seconds left; renewal begins at $below"; fi
if [ "$left" -le 0 ]; then
  echo "the certificates have ended; landfall certificates renew repairs the cluster" >&2
  exit 1
fi

# The lease names who renews; one that is older than 20 minutes is of somebody who lost power.
now() { date -u +%Y-%m-%dT%H:%M:%S.000000Z; }
lease() {
  printf '{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"landfall-renewal","namespace":"kube-system"%s},"spec":{"holderIdentity":"%s","renewTime":"%s"}}' \
    "$1" "$name" "$(now)"
}
if ! lease '' | $api create -f - >/dev/null 2>&1; then
  found=$($api -n kube-system get lease landfall-renewal \
    -o 'jsonpath={.metadata.resourceVersion} {.spec.renewTime} {.spec.holderIdentity}') ||
    leave "the cluster cannot be asked who renews; later again"
  version=${found%% *} holder=${found##* }
  taken=${found#* } taken=$(date -d "${taken%% *}" +%s) || leave "the lease cannot be read"
  # Its own is what an earlier try could not give back.
  if [ "$holder" != "$name" ] && [ $(($(date +%s) - taken)) -lt 1200 ]; then
    leave "another control plane is renewed now; later again"
  fi
  lease ",\"resourceVersion\":\"$version\"" | $api replace -f - >/dev/null 2>&1 || leave "another control plane was quicker"
fi
# The API may be away for a moment, and a lease that stays holds up all others.
give_back() {
  attempts=0
  until $api -n kube-system delete lease landfall-renewal --ignore-not-found >/dev/null 2>&1; do
    attempts=$((attempts + 1))
    [ "$attempts" -lt 12 ] || return 0
    sleep 5
  done
}
trap give_back EXIT

grep '^plane ' "$settings" | {
  while read -r _ other where; do
    kubectl --kubeconfig "$conf" --server "https://$where:6443" --request-timeout 5s get --raw /readyz >/dev/null 2>&1 </dev/null ||
      { echo "$other is not ready; later again"; exit 1; }
  done
} || exit 0

id=timer-$(date +%s)
mkdir -p "$base/$id"
{
  for file in /etc/kubernetes/*.conf /etc/kubernetes/pki/*.crt /etc/kubernetes/pki/*.key /etc/kubernetes/pki/etcd/*.crt \
    /etc/kubernetes/pki/etcd/*.key /root/.kube/config; do
    [ ! -e "$file" ] || printf 'keep - %s\n' "$file"
  done
  printf 'renew - -\nrestart control-plane -\nguard %s -\n' "$address"
} >"$base/$id/list"
rm -f "$base/result"
# The same unit as a change by an operator, so that there is never more than one.
if ! systemd-run --quiet --collect --wait --unit=landfall-certificates /bin/sh "$base/worker.sh" "$id"; then
  rm -rf "${base:?}/$id"
  leave "another change of certificates goes on; later again"
fi
result=$(cat "$base/result" 2>/dev/null)
echo "renewed with $left seconds left: $result"
[ "$result" = "done" ]
