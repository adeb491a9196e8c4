import { readAsset } from '../assets.ts';
import { type CertificateFacts, inspectCertificates } from '../certificates/inspect.ts';
import type { ClusterDocument } from '../cluster/document.ts';
import { type LandfallError, toLandfallError } from '../errors.ts';
import type { ConnectedHost } from '../phases/context.ts';

export type CertificateList = {
  readonly certificates: readonly CertificateFacts[];
  /** Hosts that could not be asked. */
  readonly unreachable: readonly { readonly host: string; readonly error: LandfallError }[];
};

/** Every certificate of every node, asked from the nodes. */
export async function certificateList(
  document: ClusterDocument,
  host: (name: string) => Promise<ConnectedHost>,
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
  return { certificates: inspectCertificates(outputs.flat(), Date.now()), unreachable };
}
