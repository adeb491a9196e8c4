# Prints what the API server says of nodes, pods and claims, a line each with tabs between the fields; changes nothing.
# $1 kubectl   $2 file of the administrator
kubectl() { "$program" --kubeconfig "$access" --request-timeout=15s "$@"; }
program=$1 access=$2
kubectl get --raw=/readyz >/dev/null 2>&1 || exit 69
kubectl get nodes -o jsonpath='{range .items[*]}node{"\t"}{.metadata.name}{"\t"}{.spec.unschedulable}{"\t"}{.status.nodeInfo.kubeletVersion}{"\t"}{range .status.conditions[*]}{.type}={.status},{end}{"\t"}{.status.allocatable.cpu}{"\t"}{.status.allocatable.memory}{"\t"}{.spec.taints[*].effect}{"\n"}{end}' || exit 1
kubectl get pods --all-namespaces -o jsonpath='{range .items[*]}pod{"\t"}{.metadata.namespace}{"\t"}{.metadata.name}{"\t"}{.spec.nodeName}{"\t"}{.status.phase}{"\t"}{.status.conditions[?(@.type=="Ready")].status}{"\t"}{.status.containerStatuses[*].state.waiting.reason}{"\t"}{.metadata.labels.landfall\.dev/application}{"\t"}{range .spec.containers[*]}{.resources.requests.cpu}/{.resources.requests.memory},{end}{"\n"}{end}' || exit 1
kubectl get persistentvolumeclaims --all-namespaces -o jsonpath='{range .items[*]}claim{"\t"}{.metadata.namespace}{"\t"}{.metadata.name}{"\t"}{.status.phase}{"\n"}{end}' || exit 1
# Through the API server to a pod and back: the network of the pods as nodes use it, and the DNS of the cluster.
if kubectl get --raw=/api/v1/namespaces/kube-system/services/kube-dns:metrics/proxy/metrics 2>/dev/null | grep -q '^coredns_build_info'; then
  echo 'dns	answers'
else
  echo 'dns	silent'
fi
