# Pulls images through the cluster's registries into one of containerd's namespaces, a few at a time.
# $1 namespace   $2… image names
set -eu
PATH=/usr/local/bin:$PATH
namespace=$1
shift
pull() {
  attempt=1
  while ! message=$(ctr --namespace "$namespace" images pull --hosts-dir /etc/containerd/certs.d "$1" 2>&1 >/dev/null); do
    [ "$attempt" -lt 3 ] || { echo "$1: $message" >&2; return 1; }
    attempt=$((attempt + 1))
    sleep 1
  done
  # Pinned images are not removed by the kubelet when the disk fills.
  ctr --namespace "$namespace" images label "$1" io.cri-containerd.image=managed >/dev/null 2>&1 || :
  echo "pulled $1"
}
failed=0
jobs=
for image in "$@"; do
  pull "$image" &
  jobs="$jobs $!"
done
for job in $jobs; do wait "$job" || failed=1; done
exit "$failed"
