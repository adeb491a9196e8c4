import type { RotationStage } from '../certificates/rotation.ts';
import type { HostEntry } from '../cluster/document.ts';
import type { Step, StepReporter } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { authoritiesOf, type RotationContext, rotationChange } from './certificate-rotation.ts';
import { hostStep } from './host-step.ts';
import { kubectl } from './kubernetes.ts';

type Template = {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly serviceAccountName?: string; readonly automountServiceAccountToken?: boolean };
};

export type Workload = {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly generation?: number };
  readonly spec: { readonly replicas?: number; readonly template: Template };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
    readonly replicas?: number;
    readonly desiredNumberScheduled?: number;
    readonly updatedNumberScheduled?: number;
    readonly numberReady?: number;
  };
};

const annotation = 'landfall.dev/authorities';
const patience = 10 * 60_000;
const toldPatience = 2 * 60_000;

export type Binding = {
  readonly metadata: { readonly namespace?: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string; readonly namespace?: string }[];
};

/** Namespaces whose default account somebody has given rights at the API. */
export function namespacesWithRights(bindings: readonly Binding[]): ReadonlySet<string> {
  const group = 'system:serviceaccounts:';
  return new Set(
    bindings.flatMap(({ metadata, subjects = [] }) =>
      subjects.flatMap(({ kind, name, namespace = metadata.namespace }) => {
        if (kind === 'Group' && name.startsWith(group)) return [name.slice(group.length)];
        return kind === 'ServiceAccount' && name === 'default' && namespace !== undefined ? [namespace] : [];
      }),
    ),
  );
}

/**
 * Whether pods of a workload talk to the API. What runs as the default account does not, except where that has got rights
 * there.
 */
export function usesApi({ metadata, spec }: Workload, withRights: ReadonlySet<string>): boolean {
  const { serviceAccountName = 'default', automountServiceAccountToken = true } = spec.template.spec;
  return automountServiceAccountToken && (serviceAccountName !== 'default' || withRights.has(metadata.namespace));
}

/** Whether every pod of a workload is of its newest template and ready. */
export function isRolledOut({ kind, metadata, spec, status = {} }: Workload): boolean {
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return false;
  if (kind === 'DaemonSet') {
    const wanted = status.desiredNumberScheduled ?? 0;
    return (status.updatedNumberScheduled ?? 0) >= wanted && (status.numberReady ?? 0) >= wanted;
  }
  const wanted = spec.replicas ?? 1;
  return (
    (status.updatedReplicas ?? 0) >= wanted && (status.readyReplicas ?? 0) >= wanted && (status.replicas ?? 0) <= wanted
  );
}

async function allOf<Item>(connection: HostConnection, kinds: string): Promise<readonly Item[]> {
  const script = `${kubectl} --request-timeout 30s get "$1" --all-namespaces -o json`;
  return (
    JSON.parse(await connection.check('Read the workloads', script, [kinds])) as { readonly items: readonly Item[] }
  ).items;
}

async function workloads(connection: HostConnection): Promise<readonly Workload[]> {
  const withRights = namespacesWithRights(await allOf<Binding>(connection, 'rolebindings,clusterrolebindings'));
  const all = await allOf<Workload>(connection, 'deployments,daemonsets,statefulsets');
  return all.filter((one) => usesApi(one, withRights));
}

type Told = { readonly metadata: { readonly namespace: string }; readonly data?: Readonly<Record<string, string>> };

/** Waits until the pods of every namespace are given these authorities; the controller manager that leads sees to it. */
async function awaitTold(connection: HostConnection, authorities: string, reporter: StepReporter): Promise<void> {
  const script = `${kubectl} --request-timeout 30s get configmaps --all-namespaces --field-selector metadata.name=kube-root-ca.crt -o json`;
  for (const end = Date.now() + toldPatience; ; ) {
    const { items } = JSON.parse(await connection.check('Read whom pods are told to trust', script)) as {
      readonly items: readonly Told[];
    };
    const left = items.filter(({ data }) => data?.['ca.crt']?.trim() !== authorities.trim());
    if (left.length === 0) return;
    const names = left.map(({ metadata }) => metadata.namespace).join(', ');
    if (Date.now() > end) {
      throw new LandfallError({
        code: 'WORKLOADS_NOT_READY',
        message: `Pods of these namespaces are not given the authorities of this stage (config map kube-root-ca.crt): ${names}.`,
        fix: 'Look at the log of the controller manager that leads, then run the same command again, or go back with --back.',
      });
    }
    reporter.output(`waiting until pods are told whom to trust in ${names}`);
    reporter.signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

/**
 * Pods read at their start whom they trust, so those that talk to the API start anew: after the new authorities are
 * trusted, and after tokens are signed by the new key. Each workload does it by its own rules, one pod after the other.
 */
export function rotateWorkloads(
  context: RotationContext,
  plane: HostEntry,
  stage: RotationStage,
  after: readonly string[],
): Step {
  const mark = rotationChange(context, stage);
  const waiting = (all: readonly Workload[]): readonly Workload[] =>
    all.filter((one) => one.spec.template.metadata?.annotations?.[annotation] !== mark || !isRolledOut(one));
  const started = async (connection: HostConnection, reporter: StepReporter): Promise<void> => {
    for (const one of await workloads(connection)) {
      if (one.spec.template.metadata?.annotations?.[annotation] === mark) continue;
      reporter.output(`${one.kind.toLowerCase()} ${one.metadata.namespace}/${one.metadata.name}`);
      const patch = JSON.stringify({ spec: { template: { metadata: { annotations: { [annotation]: mark } } } } });
      await connection.check(
        'Start a workload anew',
        `${kubectl} -n "$1" patch "$2" "$3" --type=merge -p "$4" >/dev/null`,
        [one.metadata.namespace, one.kind.toLowerCase(), one.metadata.name, patch],
      );
    }
  };
  return hostStep(context, {
    id: `rotation/workloads-${stage}`,
    host: plane.name,
    title: 'Start anew what talks to the API',
    after,
    probe: async ({ connection }) => waiting(await workloads(connection)).length === 0,
    async apply({ connection }, reporter) {
      await awaitTold(connection, authoritiesOf(context, stage), reporter);
      await started(connection, reporter);
      let left = waiting(await workloads(connection));
      for (const end = Date.now() + patience; left.length > 0 && Date.now() < end; ) {
        reporter.signal.throwIfAborted();
        await new Promise((resolve) => setTimeout(resolve, 2000));
        left = waiting(await workloads(connection));
        reporter.output(`${left.length} workloads are not ready yet`);
      }
      if (left.length === 0) return;
      const names = left.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ');
      throw new LandfallError({
        code: 'WORKLOADS_NOT_READY',
        message: `These workloads did not become ready after they were started anew: ${names}.`,
        fix: 'Look at them with kubectl (describe, logs), then run the same command again, or go back with --back.',
      });
    },
  });
}
