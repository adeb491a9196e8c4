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

[ -n "$(kubectl -n "$namespace" get secrets -l "owner=helm,name=$release" -o name)" ] || exit 0
helm get values "$release" --namespace "$namespace" --output json
