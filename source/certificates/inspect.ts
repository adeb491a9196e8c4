import { X509Certificate } from 'node:crypto';

/** What a certificate on a host is, without anything secret. */
export type CertificateFacts = {
  readonly host: string;
  readonly path: string;
  readonly commonName: string;
  readonly issuer: string;
  readonly isAuthority: boolean;
  /** ISO 8601. */
  readonly validTo: string;
  readonly daysLeft: number;
  /** Whether one of the host's authorities signed it; true for an authority that signed itself. */
  readonly chainValid: boolean;
};

const day = 24 * 3_600_000;

function commonName(subject: string): string {
  return /(?:^|\n)CN=([^\n]*)/.exec(subject)?.[1] ?? subject;
}

/** Reads the lines of `certificates.sh`; authorities of all hosts are used to prove chains. */
export function inspectCertificates(
  outputs: readonly { readonly host: string; readonly text: string }[],
  now: number,
): readonly CertificateFacts[] {
  const found = outputs.flatMap(({ host, text }) =>
    text
      .split('\n')
      .filter((line) => line.includes(' '))
      .map((line) => {
        const [path = '', encoded = ''] = line.split(' ');
        return { host, path, certificate: new X509Certificate(Buffer.from(encoded, 'base64')) };
      }),
  );
  const authorities = found.filter((entry) => entry.certificate.ca).map((entry) => entry.certificate);
  return found.map(({ host, path, certificate }) => {
    const signer = authorities.find(
      (authority) => certificate.checkIssued(authority) && certificate.verify(authority.publicKey),
    );
    const validTo = Date.parse(certificate.validTo);
    return {
      host,
      path,
      commonName: commonName(certificate.subject),
      issuer: commonName(certificate.issuer),
      isAuthority: certificate.ca,
      validTo: new Date(validTo).toISOString(),
      daysLeft: Math.floor((validTo - now) / day),
      chainValid: signer !== undefined,
    };
  });
}
