import type { Lab } from '../hosts/lab.ts';

/** A pod on every node that may read the API, as an account of its own or as the default one. */
function callers(name: string, namespace: string, account: string, image: string): string {
  // Kubernetes makes the default one itself.
  const own = `apiVersion: v1
kind: ServiceAccount
metadata: { name: ${account}, namespace: ${namespace} }
---
`;
  return `apiVersion: v1
kind: Namespace
metadata: { name: ${namespace} }
---
${account === 'default' ? '' : own}apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: ${account}, namespace: ${namespace} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view }
subjects: [{ kind: ServiceAccount, name: ${account}, namespace: ${namespace} }]
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: ${name}, namespace: ${namespace} }
spec:
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec:
      serviceAccountName: ${account}
      terminationGracePeriodSeconds: 0
      tolerations: [{ operator: Exists }]
      containers: [{ name: main, image: "${image}", command: [sh, -c, "echo here; trap 'exit 0' TERM; sleep 100000 & wait"] }]
`;
}

/**
 * What every pod of a set is asked: its log, and by exec the token and the authorities it was given. With these the API is
 * called at the service's own address; the name of the API must resolve in the pod.
 */
const question = `set -eu
kubectl -n "$1" rollout status daemonset "$2" --timeout=180s >/dev/null
secrets=/var/run/secrets/kubernetes.io/serviceaccount
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
for pod in $(kubectl -n "$1" get pods -l app="$2" -o name); do
  node=$(kubectl -n "$1" get "$pod" -o jsonpath='{.spec.nodeName}')
  [ "$(kubectl -n "$1" logs "$pod")" = here ] || { echo "no log of $pod on $node"; exit 1; }
  kubectl -n "$1" exec "$pod" -- cat $secrets/ca.crt >"$work/ca.crt"
  token=$(kubectl -n "$1" exec "$pod" -- cat $secrets/token)
  printf 'header = "Authorization: Bearer %s"\\n' "$token" |
    curl -sS --fail -o /dev/null --max-time 10 --cacert "$work/ca.crt" --config - "https://$3/api/v1/namespaces/$1/pods" ||
    { echo "the API does not take the token of $pod on $node"; exit 1; }
  kubectl -n "$1" exec "$pod" -- nslookup kubernetes.default.svc.cluster.local >/dev/null ||
    { echo "no name in $pod on $node"; exit 1; }
  echo "$node"
done
`;

/**
 * Proves that a cluster can be used: pods from before and new ones call the API with what they were given, on every node,
 * and their logs and exec work. Returns the nodes that were seen.
 */
export async function useCluster(lab: Lab): Promise<readonly string[]> {
  const onFirst = async (script: string): Promise<string> => {
    const output = await lab.ssh('node-1', script, { timeout: 300_000 });
    if (output.exitCode !== 0) throw new Error(`${output.stdout}${output.stderr}`);
    return output.stdout.trim();
  };
  const image = await onFirst(
    "kubectl -n kube-flannel get daemonset kube-flannel-ds -o jsonpath='{.spec.template.spec.containers[0].image}'",
  );
  const address = await onFirst("kubectl get service kubernetes -o jsonpath='{.spec.clusterIP}'");
  const ask = async (namespace: string, name: string): Promise<readonly string[]> =>
    (await onFirst(`set -- ${namespace} ${name} ${address}\n${question}`)).split('\n').sort();
  const apply = (manifests: string): Promise<string> =>
    onFirst(`kubectl apply -f - >/dev/null <<'END'\n${manifests}END\n`);
  await apply(callers('stays', 'callers', 'caller', image));
  await apply(callers('stays', 'callers-default', 'default', image));
  await onFirst('kubectl delete namespace callers-new --ignore-not-found >/dev/null');
  await apply(callers('new', 'callers-new', 'caller', image));
  const seen = await ask('callers-new', 'new');
  for (const namespace of ['callers', 'callers-default']) await ask(namespace, 'stays');
  return seen;
}
