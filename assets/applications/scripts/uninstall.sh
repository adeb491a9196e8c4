# Removes a release and waits until its pods are gone; with `delete` its data too.
# $1 programs, $2 kubeconfig, $3 release, $4 namespace, $5 keep or delete
set -eu
PATH=$1:$PATH
KUBECONFIG=$2
release=$3 namespace=$4 data=$5
export PATH KUBECONFIG

folder=$(mktemp -d /var/lib/landfall/helm-XXXXXX)
trap 'rm -rf "$folder"' EXIT
export HELM_CACHE_HOME="$folder" HELM_CONFIG_HOME="$folder" HELM_DATA_HOME="$folder" KUBECACHEDIR="$folder"

ours="landfall.dev/application=$release"
if [ -n "$(kubectl -n "$namespace" get secrets -l "owner=helm,name=$release" -o name)" ]; then
  helm uninstall "$release" --namespace "$namespace" --wait --timeout 3m >/dev/null
fi
kubectl -n "$namespace" wait --for=delete pods -l "$ours" --timeout=180s >/dev/null
[ "$data" = delete ] || exit 0

volumes=$(kubectl -n "$namespace" get persistentvolumeclaims -l "$ours" -o jsonpath='{range .items[*]}{.spec.volumeName}{"\n"}{end}')
kubectl -n "$namespace" delete persistentvolumeclaims -l "$ours" --timeout=60s >/dev/null
for volume in $volumes; do
  kubectl wait --for=delete "persistentvolume/$volume" --timeout=150s >/dev/null
done
