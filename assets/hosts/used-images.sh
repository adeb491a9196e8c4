# Prints every image that something in the cluster names or runs, a line for each thing: `KIND NAMESPACE/NAME IMAGE…`, where
# the images of containers of all kinds, of volumes, and the ids of what runs are among the words.
set -eu
PATH=/usr/local/bin:$PATH
export KUBECONFIG=/etc/kubernetes/admin.conf
row='{.kind} {.metadata.namespace}/{.metadata.name} {..image} {..imageID} {..reference}{"\n"}'
kubectl get pods,deployments,daemonsets,statefulsets,cronjobs,jobs,podtemplates --all-namespaces --output "jsonpath={range .items[*]}$row{end}"
# An old replica set without replicas is only history.
kubectl get replicasets,replicationcontrollers --all-namespaces --output "jsonpath={range .items[?(@.spec.replicas>0)]}$row{end}"
