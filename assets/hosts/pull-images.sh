# Pulls images through the cluster's registries into one of containerd's namespaces, a few at a time, each by the digest the
# bundle gives it, so that a tag that was changed in a registry's storage changes nothing here.
# $1 namespace   $2… images as NAME=DIGEST
set -eu
PATH=/usr/local/bin:$PATH
namespace=$1
shift
pull() {
  name=${1%=*}
  tagged=${name%@*}
  exact=${tagged%:*}@${1##*=}
  attempt=1
  while ! message=$(ctr --namespace "$namespace" images pull --hosts-dir /etc/containerd/certs.d "$exact" 2>&1 >/dev/null); do
    [ "$attempt" -lt 3 ] || { echo "$name: $message" >&2; return 1; }
    attempt=$((attempt + 1))
    sleep 1
  done
  ctr --namespace "$namespace" images tag --force "$exact" "$name" >/dev/null
  # Pinned images are not removed by the kubelet when the disk fills.
  ctr --namespace "$namespace" images label "$name" io.cri-containerd.pinned=pinned >/dev/null 2>&1 || :
  echo "pulled $name"
}
failed=0
jobs=
for image in "$@"; do
  pull "$image" &
  jobs="$jobs $!"
done
for job in $jobs; do wait "$job" || failed=1; done
exit "$failed"
