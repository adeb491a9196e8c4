import { parse, stringify } from 'yaml';
import type { KeyAndCertificate } from './issue.ts';

type Named = { readonly name?: unknown };
type Kubeconfig = {
  readonly clusters?: readonly (Named & { readonly cluster?: Readonly<Record<string, unknown>> })[];
  readonly users?: readonly (Named & { readonly user?: Readonly<Record<string, unknown>> })[];
};

export type KubeconfigContent = {
  readonly cluster: string;
  readonly user: string;
  /** Used where the file that is there does not say one: `https://10.0.0.11:6443`. */
  readonly server: string;
  /** PEM of all authorities that are trusted. */
  readonly authorities: string;
  /** The certificate itself, or the path of a file on the host that holds certificate and key. */
  readonly client: KeyAndCertificate | string;
};

function known(text: string | undefined): {
  readonly server?: string;
  readonly cluster?: string;
  readonly user?: string;
} {
  if (text === undefined) return {};
  try {
    const file = parse(text) as Kubeconfig | null;
    const [first] = file?.clusters ?? [];
    const server = first?.cluster?.['server'];
    const user = file?.users?.[0]?.name;
    return {
      ...(typeof server === 'string' ? { server } : {}),
      ...(typeof first?.name === 'string' ? { cluster: first.name } : {}),
      ...(typeof user === 'string' ? { user } : {}),
    };
  } catch {
    return {};
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** A kubeconfig with these credentials; server and names are those of the file that is there, if it can be read. */
export function kubeconfig(existing: string | undefined, content: KubeconfigContent): string {
  const { server = content.server, cluster = content.cluster, user = content.user } = known(existing);
  const { client } = content;
  const context = `${user}@${cluster}`;
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: cluster, cluster: { 'certificate-authority-data': base64(content.authorities), server } }],
      contexts: [{ name: context, context: { cluster, user } }],
      'current-context': context,
      users: [
        {
          name: user,
          user:
            typeof client === 'string'
              ? { 'client-certificate': client, 'client-key': client }
              : { 'client-certificate-data': base64(client.certificate), 'client-key-data': base64(client.key) },
        },
      ],
    },
    // As Kubernetes' own programs write it; other steps look for lines of that form.
    { lineWidth: 0, indentSeq: false },
  );
}
