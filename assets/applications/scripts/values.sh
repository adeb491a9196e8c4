# Prints the values of a release as JSON; nothing when there is none. They hold its passwords.
# $1 programs, $2 kubeconfig, $3 release, $4 namespace
set -eu
PATH=$1:$PATH
KUBECONFIG=$2
release=$3 namespace=$4
export PATH KUBECONFIG

folder=$(mktemp -d /var/lib/landfall/helm-XXXXXX)
trap 'rm -rf "$folder"' EXIT
export HELM_CACHE_HOME="$folder" HELM_CONFIG_HOME="$folder" HELM_DATA_HOME="$folder" KUBECACHEDIR="$folder"

# A change that failed left a newer record with values that never were in use.
records() {
  kubectl -n "$namespace" get secrets -l "owner=helm,name=$release$1" -o jsonpath='{range .items[*]}{.metadata.labels.version}{"\n"}{end}'
}
revision=$(records ,status=deployed | sort -n | tail -n 1)
[ -n "$revision" ] || revision=$(records '' | sort -n | tail -n 1)
[ -n "$revision" ] || exit 0
helm get values "$release" --namespace "$namespace" --revision "$revision" --output json
