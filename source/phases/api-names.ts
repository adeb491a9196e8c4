import { createHash } from 'node:crypto';
import { parse, stringify } from 'yaml';
import { apiServerNames } from '../certificates/cluster-pki.ts';
import type { HostEntry } from '../cluster/document.ts';
import type { Step } from '../engine/step.ts';
import type { HostConnection } from '../hosts/connection.ts';
import { changeCertificates } from './certificate-change.ts';
import { type CertificateContext, certificatesOn } from './certificate-renewal.ts';
import { firstControlPlane } from './context.ts';
import { hostStep } from './host-step.ts';
import { kubectl } from './kubernetes.ts';
import { hostPaths } from './paths.ts';

/** The API of a control plane answers to every name of the document. It takes its new certificate up by itself. */
export function apiNames(context: CertificateContext, host: HostEntry, after: readonly string[]): Step {
  const path = `${hostPaths.kubernetesPki}/apiserver.crt`;
  return hostStep(context, {
    id: 'certificates/names',
    host: host.name,
    title: 'Give the API a certificate with all its names',
    kind: 'control-plane',
    after,
    async probe({ connection }) {
      const api = (await certificatesOn(connection, host)).find((entry) => entry.path === path);
      return apiServerNames(context.document, host).every((name) => api?.names.includes(name));
    },
    async apply({ connection }, reporter) {
      const files = (await context.pki.kubernetesFiles(host)).filter((file) => file.name.startsWith('apiserver.'));
      const digest = createHash('sha256').update(files.map((file) => file.content).join(''));
      await changeCertificates(
        connection,
        `names-${digest.digest('hex').slice(0, 16)}`,
        [
          ...files.map((file) => ({
            do: 'place' as const,
            path: `${hostPaths.kubernetesPki}/${file.name}`,
            content: file.content,
            mode: file.secret ? 0o600 : 0o644,
          })),
          { do: 'guard', address: host.address },
          ...context.document.certificates.additionalNames.map((name) => ({ do: 'name' as const, name })),
        ],
        reporter,
      );
    },
  });
}

type Configuration = { readonly apiServer?: { readonly certSANs?: readonly string[] } };

/** What kubeadm knows of the cluster names the new ones too, so that what it does later keeps them. */
export function apiNamesInConfiguration(context: CertificateContext, after: readonly string[]): Step {
  const first = firstControlPlane(context.document);
  const read = async (connection: HostConnection): Promise<Configuration> =>
    parse(
      await connection.check(
        'Read the configuration of kubeadm',
        `${kubectl} -n kube-system get configmap kubeadm-config -o jsonpath='{.data.ClusterConfiguration}'`,
      ),
    ) as Configuration;
  const wanted = context.document.certificates.additionalNames;
  return hostStep(context, {
    id: 'certificates/names-settings',
    host: first.name,
    title: "Write the names into kubeadm's configuration",
    after,
    async probe({ connection }) {
      const names = (await read(connection)).apiServer?.certSANs ?? [];
      return wanted.every((name) => names.includes(name));
    },
    async apply({ connection }) {
      const known = await read(connection);
      const certSANs = [...new Set([...(known.apiServer?.certSANs ?? []), ...wanted])];
      const text = stringify({ ...known, apiServer: { ...known.apiServer, certSANs } });
      await connection.check(
        'Write the configuration of kubeadm',
        `cat | ${kubectl} -n kube-system patch configmap kubeadm-config --type=merge --patch-file=/dev/stdin`,
        [],
        { stdin: JSON.stringify({ data: { ClusterConfiguration: text } }) },
      );
    },
  });
}
