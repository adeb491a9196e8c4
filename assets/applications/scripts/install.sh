# Installs or changes a release from a packed chart. Values on standard input.
# $1 programs, $2 kubeconfig, $3 release, $4 namespace, $5 chart, $6 labels of the release's record
set -eu
PATH=$1:$PATH
KUBECONFIG=$2
release=$3 namespace=$4 chart=$5 labels=$6
export PATH KUBECONFIG

# Both programs keep caches in the home of root, which is not ours.
folder=$(mktemp -d /var/lib/landfall/helm-XXXXXX)
trap 'rm -rf "$folder" "$chart"' EXIT
export HELM_CACHE_HOME="$folder" HELM_CONFIG_HOME="$folder" HELM_DATA_HOME="$folder" KUBECACHEDIR="$folder"

# A helm that was cut off leaves a record that keeps every later one out; one that still runs is waited for.
running=$chart.pid
pending="owner=helm,name=$release,status in (pending-install,pending-upgrade,pending-rollback,uninstalling)"
attempt=0
while [ -n "$(kubectl -n "$namespace" get secrets -l "$pending" -o name 2>/dev/null)" ]; do
  attempt=$((attempt + 1))
  if [ "$attempt" -gt 60 ] || ! kill -0 "$(cat "$running" 2>/dev/null)" 2>/dev/null; then
    kubectl -n "$namespace" delete secrets -l "$pending" >/dev/null
    break
  fi
  sleep 0.5
done

# Without a descriptor of its own a command in the background gets no standard input.
exec 3<&0
helm upgrade --install "$release" "$chart" --namespace "$namespace" --create-namespace --values - \
  --labels "$labels" --history-max 3 <&3 >/dev/null &
echo $! >"$running"
result=0
wait $! || result=$?
rm -f "$running"
exit "$result"
