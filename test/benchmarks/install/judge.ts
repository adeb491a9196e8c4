import { existsSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { parse } from 'yaml';

export type JudgeRequest = {
  /** Where the administrator's file of the first control plane appears. */
  readonly kubeconfig: string;
  readonly address: string;
  readonly nodes: number;
  readonly controlPlanes: number;
  /** Milliseconds after which the cluster counts as failed. */
  readonly patience: number;
};

/** Milliseconds since 1970 at which the judge saw it. */
export type Verdict = {
  readonly apiAnswers: number;
  readonly nodesReady: number;
  readonly podsReady: number;
  readonly pods: readonly string[];
};

type Condition = { readonly type: string; readonly status: string };
type Item = {
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly status?: { readonly conditions?: readonly Condition[] };
};

const pause = 500;

function isReady(item: Item): boolean {
  return item.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** How many pods of each kind a cluster has when it is whole. */
function isWhole(pods: readonly Item[], { nodes, controlPlanes }: JudgeRequest): boolean {
  const labelled = (key: string, value: string) => pods.filter((pod) => pod.metadata.labels?.[key] === value).length;
  return (
    labelled('k8s-app', 'kube-proxy') === nodes &&
    labelled('app', 'flannel') === nodes &&
    labelled('k8s-app', 'kube-dns') === 2 &&
    ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].every(
      (component) => labelled('component', component) === controlPlanes,
    )
  );
}

/** Asks the API of the first control plane, the same way for whoever installed it; prints the verdict as JSON. */
export async function judge(text: string): Promise<void> {
  const wanted = JSON.parse(text) as JudgeRequest;
  const end = Date.now() + wanted.patience;
  let agent: Agent | undefined;
  const get = (path: string): Promise<readonly Item[] | undefined> =>
    new Promise((resolve) => {
      const call = request(
        { host: wanted.address, port: 6443, path, timeout: 5000, ...(agent === undefined ? {} : { agent }) },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            try {
              resolve((JSON.parse(Buffer.concat(chunks).toString('utf8')) as { items?: readonly Item[] }).items);
            } catch {
              resolve(undefined);
            }
          });
        },
      );
      call.on('timeout', () => call.destroy());
      call.on('error', () => resolve(undefined));
      call.end();
    });
  let apiAnswers: number | undefined;
  let nodesReady: number | undefined;
  for (; Date.now() < end; await new Promise((resolve) => setTimeout(resolve, pause))) {
    agent ??= credentials(wanted.kubeconfig);
    if (agent === undefined) continue;
    const nodes = await get('/api/v1/nodes');
    if (nodes === undefined) continue;
    apiAnswers ??= Date.now();
    if (nodes.length !== wanted.nodes || !nodes.every(isReady)) continue;
    nodesReady ??= Date.now();
    const pods = await get('/api/v1/pods');
    if (pods === undefined || !isWhole(pods, wanted) || !pods.every(isReady)) continue;
    const verdict: Verdict = {
      apiAnswers,
      nodesReady,
      podsReady: Date.now(),
      pods: pods.map((pod) => pod.metadata.name).sort(),
    };
    process.stdout.write(`${JSON.stringify(verdict)}\n`);
    agent.destroy();
    return;
  }
  console.error(`The cluster was not ready after ${wanted.patience / 1000} s.`);
  process.exitCode = 1;
}

function credentials(kubeconfig: string): Agent | undefined {
  if (!existsSync(kubeconfig)) return undefined;
  try {
    const document = parse(readFileSync(kubeconfig, 'utf8')) as {
      clusters: readonly { cluster: Record<string, string> }[];
      users: readonly { user: Record<string, string> }[];
    };
    const decode = (value = '') => Buffer.from(value, 'base64');
    return new Agent({
      keepAlive: true,
      ca: decode(document.clusters[0]?.cluster['certificate-authority-data']),
      cert: decode(document.users[0]?.user['client-certificate-data']),
      key: decode(document.users[0]?.user['client-key-data']),
    });
  } catch {
    // It is being written.
    return undefined;
  }
}
