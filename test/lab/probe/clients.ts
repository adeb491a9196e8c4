import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { repositoryFile } from '../cluster/landfall.ts';
import { buildGoSource } from '../components/build-go-source.ts';
import { until } from '../hosts/command.ts';
import type { Lab } from '../hosts/lab.ts';

/** What a client saw of one thing it asked again and again; milliseconds, `gapAt` since 1970. */
export type Series = {
  /** `kept` and `fresh` connections and `write` to the API, its `watch`, and `pod ADDRESS`. */
  readonly name: string;
  readonly answered: number;
  readonly failed: number;
  /** The longest time from one answer to the next. */
  readonly gap: number;
  readonly gapAt: number;
  readonly slowest: number;
  readonly lastError: string;
};

export type Clients = {
  /** Ends the clients and tells what each saw; a host that was lost has nothing to tell. */
  stop(except?: readonly string[]): Promise<ReadonlyMap<string, readonly Series[]>>;
};

export type ClientChoices = {
  readonly hosts: readonly string[];
  /** Requests a second of each kind. */
  readonly rate: number;
  /** Addresses of web servers in pods, each asked four times a second. */
  readonly pods: readonly string[];
};

const program = '/run/landfall-probe';
const report = '/run/landfall-probe.json';
const unit = 'landfall-probe';

async function onHost(lab: Lab, host: string, script: string, input?: string): Promise<string> {
  const whole = input === undefined ? script : `${script} <<'END_OF_INPUT'\n${input}\nEND_OF_INPUT\n`;
  const output = await lab.ssh(host, whole, { timeout: 60_000 });
  if (output.exitCode === 0) return output.stdout;
  throw new Error(`${host}: exit code ${output.exitCode}\n${output.stdout}\n${output.stderr}`);
}

/** Allows the clients to read and write their own objects, and returns the token they do it with. */
export async function allowClients(lab: Lab, host: string): Promise<string> {
  const kubectl = '/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf';
  const objects = [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'probe', namespace: 'default' } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'probe', namespace: 'default' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch', 'patch'] }],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'probe', namespace: 'default' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'probe' },
      subjects: [{ kind: 'ServiceAccount', name: 'probe', namespace: 'default' }],
    },
    ...lab.hosts.map(({ name }) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: `probe-${name}`, namespace: 'default' },
    })),
  ];
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  await onHost(lab, host, `${kubectl} apply -f - >/dev/null`, list);
  return (await onHost(lab, host, `${kubectl} create token probe --duration=12h`)).trim();
}

/** Takes away what `allowClients` made. */
export async function forgetClients(lab: Lab, host: string): Promise<void> {
  const kubectl = '/usr/local/bin/kubectl --kubeconfig /etc/kubernetes/admin.conf -n default';
  await onHost(
    lab,
    host,
    `${kubectl} delete serviceaccount/probe role/probe rolebinding/probe ${lab.hosts.map(({ name }) => `configmap/probe-${name}`).join(' ')} --ignore-not-found >/dev/null`,
  );
  for (const { name } of lab.hosts) await onHost(lab, name, `rm -f ${program} ${report}`);
}

/** Starts a client on each of the hosts and returns when each has had its first answers. */
export async function startClients(lab: Lab, token: string, choices: ClientChoices): Promise<Clients> {
  const built = await buildGoSource('probe-client', repositoryFile('test/lab/probe/client.go'), () => {});
  await Promise.all(
    choices.hosts.map(async (host) => {
      // The folder of a host that this machine sees is its disk, which /run is not.
      const shared = `landfall-probe-program`;
      copyFileSync(built, path.join(lab.hostRoot(host), 'var/tmp', shared));
      const settings = JSON.stringify({
        server: 'https://127.0.0.1:7443',
        authority: '/etc/landfall/load-balancer/ca.crt',
        token,
        node: host,
        rate: choices.rate,
        pods: choices.pods,
        report,
      });
      const start = `systemctl stop ${unit} 2>/dev/null; systemctl reset-failed ${unit} 2>/dev/null
rm -f ${report}; mv -f /var/tmp/${shared} ${program} && chmod 755 ${program} && umask 077 && cat >${program}.settings`;
      await onHost(lab, host, start, settings);
      await onHost(
        lab,
        host,
        `systemd-run --quiet --collect --unit=${unit} --property=KillMode=process /bin/sh -c 'exec ${program} <${program}.settings'; sleep 1; rm -f ${program}.settings; systemctl is-active --quiet ${unit}`,
      );
    }),
  );
  return {
    async stop(except = []) {
      const reports = new Map<string, readonly Series[]>();
      await Promise.all(
        choices.hosts
          .filter((host) => !except.includes(host))
          .map(async (host) => {
            await onHost(lab, host, `systemctl kill --signal=SIGTERM ${unit}`);
            const text = await until(`the client of ${host} does not report`, 30_000, async () => {
              const output = await lab.ssh(host, `cat ${report}`);
              return output.exitCode === 0 ? output.stdout : undefined;
            });
            reports.set(host, JSON.parse(text) as Series[]);
          }),
      );
      return reports;
    },
  };
}
