import { until } from '../hosts/command.ts';
import type { Lab } from '../hosts/lab.ts';

const kubectl = '/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf --request-timeout=10s';
const etcdctl =
  '/usr/local/bin/etcdctl --endpoints=https://127.0.0.1:2379 --cacert=/etc/kubernetes/pki/etcd/ca.crt --cert=/etc/kubernetes/pki/etcd/healthcheck-client.crt --key=/etc/kubernetes/pki/etcd/healthcheck-client.key --command-timeout=5s';

// One line for each thing that is not well. Each node's own balancer is asked too, and each API server by itself.
const query = `set -u
${kubectl} get nodes -o jsonpath='{range .items[*]}{.metadata.name}{" "}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}' 2>&1 | grep -v ' True$'
${kubectl} get pods -A -o jsonpath='{range .items[*]}{.metadata.namespace}{"/"}{.metadata.name}{" "}{.status.phase}{" "}{.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}' 2>&1 | grep -v -e ' True$' -e ' Succeeded '
${etcdctl} endpoint health --cluster 2>&1 | grep -v 'is healthy'
exit 0`;

/** What is not well in the cluster as one of its control planes sees it. */
export async function problems(lab: Lab, plane: string): Promise<readonly string[]> {
  const asked = await lab.ssh(plane, query, { timeout: 40_000 });
  const found = asked.stdout.split('\n').filter(Boolean);
  if (asked.exitCode !== 0) found.push(`${plane} does not answer`);
  const ready = 'curl --silent --max-time 5 --cacert /etc/landfall/load-balancer/ca.crt https://127.0.0.1:7443/readyz';
  for (const { name } of lab.hosts) {
    const own = await lab.ssh(name, ready, { timeout: 15_000 });
    if (own.stdout !== 'ok') found.push(`${name}: the API is not ready: ${own.stdout}${own.stderr}`);
  }
  return found;
}

/** Waits until nothing is wrong any more; returns the milliseconds it took. Nothing is done to help. */
export async function untilHealthy(lab: Lab, plane: string, limit = 240_000): Promise<number> {
  const began = Date.now();
  let last: readonly string[] = [];
  try {
    await until('the cluster is not healthy', limit, async () => {
      last = await problems(lab, plane);
      return last.length === 0;
    });
  } catch (error) {
    throw new Error(`the cluster is not healthy after ${limit / 1000} s: ${last.join('; ')}`, { cause: error });
  }
  return Date.now() - began;
}

/** The control plane that leads etcd. */
export async function etcdLeader(lab: Lab, plane: string): Promise<string> {
  const asked = await lab.ssh(plane, `${etcdctl} endpoint status --cluster -w fields`, { timeout: 30_000 });
  const [address] = [
    ...asked.stdout.matchAll(/"MemberID" : (\d+)[\s\S]*?"Leader" : (\d+)[\s\S]*?"Endpoint" : "https:\/\/([\d.]+):/g),
  ]
    .filter(([, member, leader]) => member === leader)
    .map((match) => match[3]);
  const host = lab.hosts.find((candidate) => candidate.address === address);
  if (host === undefined) throw new Error(`etcd names no leader: ${asked.stdout}${asked.stderr}`);
  return host.name;
}
