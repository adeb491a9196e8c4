import { existsSync, readFileSync } from 'node:fs';
import { readAsset } from '../assets.ts';
import { type CertificateFacts, inspectCertificates } from '../certificates/inspect.ts';
import type { ClusterDocument } from '../cluster/document.ts';
import { type LandfallError, toLandfallError } from '../errors.ts';
import type { ConnectedHost } from '../phases/context.ts';
import { operatorKubeconfig } from '../phases/operator-access.ts';

export type CertificateList = {
  readonly certificates: readonly CertificateFacts[];
  /** Hosts that could not be asked. */
  readonly unreachable: readonly { readonly host: string; readonly error: LandfallError }[];
};

/** The certificate in the administrator's file on the operator machine, as a host would print it. */
function ownAccess(home: string): readonly { readonly host: string; readonly text: string }[] {
  const file = operatorKubeconfig(home);
  if (!existsSync(file)) return [];
  const encoded = /client-certificate-data: *(\S+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? 'missing';
  return [{ host: 'operator', text: `${file} ${encoded}\n` }];
}

/** Every certificate of every node, asked from the nodes, and that of the administrator's file on this machine. */
export async function certificateList(
  document: ClusterDocument,
  host: (name: string) => Promise<ConnectedHost>,
  home: string,
): Promise<CertificateList> {
  const script = await readAsset('hosts/certificates.sh');
  const unreachable: { host: string; error: LandfallError }[] = [];
  const outputs = await Promise.all(
    document.hosts.map(async ({ name }) => {
      try {
        const { connection } = await host(name);
        return [{ host: name, text: await connection.check('Read the certificates', script) }];
      } catch (thrown) {
        unreachable.push({ host: name, error: toLandfallError(thrown, { host: name }) });
        return [];
      }
    }),
  );
  return { certificates: inspectCertificates([...outputs.flat(), ...ownAccess(home)], Date.now()), unreachable };
}
