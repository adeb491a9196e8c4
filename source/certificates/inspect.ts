import { X509Certificate } from 'node:crypto';

/**
 * What a certificate needs: nothing, to be renewed soon, or care at once. `untrusted` means that no valid authority of
 * the cluster signed it.
 */
export type CertificateState = 'good' | 'soon' | 'expired' | 'not-yet-valid' | 'untrusted' | 'unreadable' | 'missing';

/** What a certificate on a host is, without anything secret. A file with more than one gives one of these each. */
export type CertificateFacts = {
  readonly host: string;
  readonly path: string;
  readonly commonName: string;
  readonly issuer: string;
  readonly isAuthority: boolean;
  /** ISO 8601; empty when the file is missing or unreadable. */
  readonly validTo: string;
  readonly daysLeft: number;
  /** Whether one of the cluster's authorities signed it that is valid itself; an authority signs itself. */
  readonly chainValid: boolean;
  readonly state: CertificateState;
  /** Names and addresses it is valid for. */
  readonly names: readonly string[];
};

const day = 24 * 3_600_000;

function commonName(subject: string): string {
  return /(?:^|\n)CN=([^\n]*)/.exec(subject)?.[1] ?? subject;
}

/** Every certificate of PEM text. Throws when one cannot be read. */
export function certificatesOf(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new TypeError('no certificate in it');
  return blocks.map((block) => new X509Certificate(block));
}

/** Names and addresses of a certificate, addresses of version 6 as Node writes them. */
export function namesOf(certificate: X509Certificate): readonly string[] {
  const text = certificate.subjectAltName ?? '';
  return text === '' ? [] : text.split(', ').map((entry) => entry.replace(/^[^:]*:/, ''));
}

/** Milliseconds before its end from which a certificate counts as ending soon: 30 days, or a third of a short life. */
export function soonBefore(certificate: X509Certificate): number {
  const life = Date.parse(certificate.validTo) - Date.parse(certificate.validFrom);
  return Math.min(30 * day, life / 3);
}

function stateOf(certificate: X509Certificate, chainValid: boolean, now: number): CertificateState {
  const validTo = Date.parse(certificate.validTo);
  if (validTo <= now) return 'expired';
  if (Date.parse(certificate.validFrom) > now) return 'not-yet-valid';
  if (!chainValid) return 'untrusted';
  return validTo - now < soonBefore(certificate) ? 'soon' : 'good';
}

type Found = { readonly host: string; readonly path: string; readonly certificate?: X509Certificate };

function read(host: string, line: string): readonly Found[] {
  const [path = '', encoded = ''] = line.split(' ');
  try {
    const all = certificatesOf(Buffer.from(encoded, 'base64').toString('latin1'));
    return all.map((certificate) => ({ host, path, certificate }));
  } catch {
    return [{ host, path }];
  }
}

/** Reads the lines of `certificates.sh`; authorities of all hosts are used to prove chains. */
export function inspectCertificates(
  outputs: readonly { readonly host: string; readonly text: string }[],
  now: number,
): readonly CertificateFacts[] {
  const found: (Found & { readonly missing: boolean })[] = outputs.flatMap(({ host, text }) =>
    text
      .split('\n')
      .filter((line) => line.includes(' '))
      .flatMap((line) => read(host, line).map((entry) => ({ ...entry, missing: line.endsWith(' missing') }))),
  );
  const valid = (certificate: X509Certificate): boolean =>
    Date.parse(certificate.validFrom) <= now && Date.parse(certificate.validTo) > now;
  const authorities = found.flatMap(({ certificate }) =>
    certificate?.ca === true && valid(certificate) ? [certificate] : [],
  );
  return found.map(({ host, path, certificate, missing }) => {
    if (certificate === undefined) {
      const nothing = { commonName: '', issuer: '', isAuthority: false, validTo: '', daysLeft: 0, chainValid: false };
      return { host, path, ...nothing, state: missing ? 'missing' : 'unreadable', names: [] };
    }
    const chainValid = authorities.some(
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
      chainValid,
      state: stateOf(certificate, chainValid, now),
      names: namesOf(certificate),
    };
  });
}
