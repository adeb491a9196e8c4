import { pause, until } from '../hosts/command.ts';
import type { Lab } from '../hosts/lab.ts';

/** Addresses of the web servers on all nodes, one each. */
export async function webServers(lab: Lab, plane: string): Promise<ReadonlyMap<string, string>> {
  const kubectl = '/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf';
  const script = `${kubectl} apply -f - >/dev/null <<'END'
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: probe, namespace: default }
spec:
  selector: { matchLabels: { app: probe } }
  template:
    metadata: { labels: { app: probe } }
    spec:
      terminationGracePeriodSeconds: 0
      tolerations: [{ operator: Exists }]
      containers:
        - name: web
          image: docker.io/library/busybox:1.35.0
          command: [sh, -c, 'mkdir /page && echo ok >/page/index.html && exec httpd -f -p 8080 -h /page']
END
${kubectl} rollout status daemonset/probe --timeout=180s >/dev/null
${kubectl} get pods -l app=probe -o jsonpath='{range .items[*]}{.spec.nodeName} {.status.podIP}{"\\n"}{end}'`;
  return until('the pods of the benchmark do not start', 300_000, async () => {
    const output = await lab.ssh(plane, script, { timeout: 200_000 });
    if (output.exitCode !== 0) {
      await pause(1000);
      return undefined;
    }
    return new Map(
      output.stdout
        .trim()
        .split('\n')
        .map((line): [string, string] => [line.split(' ')[0] ?? '', line.split(' ')[1] ?? '']),
    );
  });
}

/** Takes away what `webServers` made. */
export async function forgetWebServers(lab: Lab, plane: string): Promise<void> {
  await lab.ssh(
    plane,
    '/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf delete daemonset probe --ignore-not-found --wait=false',
  );
}
