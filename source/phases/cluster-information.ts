import { parse, stringify } from 'yaml';
import type { RotationStage } from '../certificates/rotation.ts';
import type { HostEntry } from '../cluster/document.ts';
import type { Step } from '../engine/step.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { authoritiesOf, type RotationContext } from './certificate-rotation.ts';
import { hostStep } from './host-step.ts';
import { kubectl } from './kubernetes.ts';

type Kubeconfig = { readonly clusters: readonly { readonly cluster: Readonly<Record<string, unknown>> }[] };

/** The kubeconfig of `cluster-info` with other authorities; undefined when it has them already. */
export function withAuthorities(text: string, authorities: string): string | undefined {
  const file = parse(text) as Kubeconfig;
  const data = Buffer.from(authorities).toString('base64');
  if (file.clusters.every(({ cluster }) => cluster['certificate-authority-data'] === data)) return undefined;
  const clusters = file.clusters.map((one) => ({
    ...one,
    cluster: { ...one.cluster, 'certificate-authority-data': data },
  }));
  return stringify({ ...file, clusters }, { lineWidth: 0 });
}

/** What Kubernetes tells everybody of the cluster (`kube-public/cluster-info`) names whom to trust in this stage. */
export function rotateInformation(
  context: RotationContext,
  plane: HostEntry,
  stage: RotationStage,
  after: readonly string[],
): Step {
  const authorities = authoritiesOf(context, stage);
  const wanted = async (connection: HostConnection): Promise<string | undefined> => {
    const text = await connection.check(
      'Read what is told of the cluster',
      `${kubectl} --request-timeout 30s -n kube-public get configmap cluster-info --ignore-not-found -o jsonpath='{.data.kubeconfig}'`,
    );
    // Somebody who does not want it to be told has deleted it.
    return text.trim() === '' ? undefined : withAuthorities(text, authorities);
  };
  return hostStep(context, {
    id: `rotation/information-${stage}`,
    host: plane.name,
    title: 'Tell everybody whom to trust',
    after,
    probe: async ({ connection }) => (await wanted(connection)) === undefined,
    async apply({ connection }) {
      const text = await wanted(connection);
      if (text === undefined) return;
      await connection.check(
        'Write what is told of the cluster',
        `cat | ${kubectl} -n kube-public patch configmap cluster-info --type=merge --patch-file=/dev/stdin`,
        [],
        { stdin: JSON.stringify({ data: { kubeconfig: text } }) },
      );
    },
  });
}
