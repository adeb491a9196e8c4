import { LandfallError } from '../errors.ts';
import { type ApplicationHost, kubectl } from './host.ts';
import type { SelectedApplication } from './selection.ts';

type Condition = {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
};

type ContainerStatus = {
  readonly name: string;
  readonly restartCount: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly terminated?: { readonly exitCode: number };
  };
};

/** What is read of the objects of an application. */
export type KubernetesObject = {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly generation?: number;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly replicas?: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly phase?: string;
    readonly conditions?: readonly Condition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
};

const isWorkload = (object: KubernetesObject): boolean => object.kind === 'Deployment' || object.kind === 'StatefulSet';

/** Whether every replica of a workload runs its newest form and is ready. */
export function workloadReady(workload: KubernetesObject): boolean {
  const { replicas = 1 } = workload.spec;
  const status = workload.status ?? {};
  return (
    (status.observedGeneration ?? 0) >= (workload.metadata.generation ?? 0) &&
    (status.replicas ?? 0) === replicas &&
    (status.updatedReplicas ?? 0) === replicas &&
    (status.readyReplicas ?? 0) === replicas
  );
}

/** A reason why pods do not run. `fatal` ones do not go away by waiting a little. */
export type Obstacle = { readonly text: string; readonly kind: 'starting' | 'no-room' | 'image' | 'crash' };

const firstLine = (text: string | undefined): string => (text ?? '').split('\n')[0]?.slice(0, 300) ?? '';

function podObstacles(pod: KubernetesObject): readonly Obstacle[] {
  const { name } = pod.metadata;
  const status = pod.status ?? {};
  const conditions = status.conditions ?? [];
  if (conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True')) return [];
  const unscheduled = conditions.find(
    (condition) =>
      condition.type === 'PodScheduled' && condition.status === 'False' && condition.reason === 'Unschedulable',
  );
  if (unscheduled !== undefined) {
    return [{ kind: 'no-room', text: `${name} finds no node: ${firstLine(unscheduled.message)}` }];
  }
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const found = containers.flatMap((container): readonly Obstacle[] => {
    const waiting = container.state?.waiting;
    const text = `${name}: ${waiting?.reason ?? ''} ${firstLine(waiting?.message)}`.trimEnd();
    switch (waiting?.reason) {
      case 'ErrImagePull':
      case 'ImagePullBackOff':
      case 'InvalidImageName':
        return [{ kind: 'image', text }];
      case 'CrashLoopBackOff':
      case 'CreateContainerConfigError':
      case 'CreateContainerError':
      case 'RunContainerError':
        return [{ kind: 'crash', text }];
      default:
        return [];
    }
  });
  return found.length > 0 ? found : [{ kind: 'starting', text: `${name} is starting` }];
}

/** What keeps an application from being ready; empty when it is. */
export function obstacles(objects: readonly KubernetesObject[]): readonly Obstacle[] {
  const workloads = objects.filter(isWorkload);
  if (workloads.length === 0) return [{ kind: 'starting', text: 'there is no workload yet' }];
  const unready = workloads.filter((workload) => !workloadReady(workload));
  if (unready.length === 0) return [];
  const ofPods = objects
    .filter((object) => object.kind === 'Pod' && object.metadata.deletionTimestamp === undefined)
    .flatMap(podObstacles);
  if (ofPods.length > 0) return ofPods;
  return unready.map((workload) => ({
    kind: 'starting',
    text: `${workload.metadata.name} has ${workload.status?.readyReplicas ?? 0} of ${workload.spec.replicas ?? 1} replicas`,
  }));
}

/** Workloads and pods of an application. */
export async function applicationObjects(
  host: ApplicationHost,
  application: { readonly name: string; readonly namespace: string },
): Promise<readonly KubernetesObject[]> {
  const text = await kubectl(host, `Look at ${application.name}`, [
    ...['--namespace', application.namespace, 'get', 'deployments,statefulsets,pods'],
    ...['--selector', `landfall.dev/application=${application.name}`, '--output', 'json'],
  ]);
  return (JSON.parse(text) as { readonly items: readonly KubernetesObject[] }).items;
}

/** Milliseconds an obstacle may last before waiting longer is pointless. */
export type Patience = Readonly<Record<Obstacle['kind'], number>>;

export const usualPatience: Patience = { starting: 600_000, 'no-room': 90_000, image: 120_000, crash: 120_000 };

const failures: Readonly<Record<Obstacle['kind'], { readonly code: string; readonly fix: string }>> = {
  starting: { code: 'APPLICATION_SLOW', fix: 'Run the same command again to wait longer; nothing is done twice.' },
  'no-room': {
    code: 'APPLICATION_NO_ROOM',
    fix: 'Add a node, free memory or processors on one, or choose smaller sizes with --set; then run the same command again.',
  },
  image: {
    code: 'APPLICATION_IMAGE',
    fix: 'Run the install from a bundle that holds this image, then run the same command again.',
  },
  crash: { code: 'APPLICATION_CRASHES', fix: 'See the last lines it wrote; then run the same command again.' },
};

async function lastWords(host: ApplicationHost, application: SelectedApplication): Promise<string> {
  const selector = `landfall.dev/application=${application.name}`;
  const words = ['--namespace', application.package.namespace, 'logs', '--selector', selector];
  const options = ['--all-containers', '--prefix', '--tail=12', '--ignore-errors'];
  return kubectl(host, `Read the log of ${application.name}`, [...words, ...options]).catch(() => '');
}

/**
 * Waits until an application is ready and says through `say` what it waits for. Throws APPLICATION_NO_ROOM, …_IMAGE,
 * …_CRASHES or …_SLOW when an obstacle outlasts the patience with it.
 */
export async function waitUntilReady(
  host: ApplicationHost,
  application: SelectedApplication,
  say: (text: string) => void,
  signal: AbortSignal,
  patience: Patience = usualPatience,
): Promise<void> {
  const since = new Map<Obstacle['kind'], number>();
  let previous = '';
  for (;;) {
    signal.throwIfAborted();
    const found = obstacles(
      await applicationObjects(host, { name: application.name, namespace: application.package.namespace }),
    );
    if (found.length === 0) return;
    const text = found.map((obstacle) => obstacle.text).join(', ');
    if (text !== previous) say(text);
    previous = text;
    const now = Date.now();
    if (!since.has('starting')) since.set('starting', now);
    for (const kind of ['no-room', 'image', 'crash'] as const) {
      if (!found.some((obstacle) => obstacle.kind === kind)) since.delete(kind);
      else if (!since.has(kind)) since.set(kind, now);
    }
    const worst = [...since].find(([kind, start]) => now - start > patience[kind]);
    if (worst !== undefined) {
      const output = await lastWords(host, application);
      throw new LandfallError({
        ...failures[worst[0]],
        message: `${application.name} does not become ready: ${text}`,
        context: { host: host.name, ...(output === '' ? {} : { output }) },
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 700));
  }
}
