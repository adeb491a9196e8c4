import { constants, generateKeyPair, privateEncrypt, randomBytes, type X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import forge from 'node-forge';

const generate = promisify(generateKeyPair);
const day = 24 * 3_600_000;

/** A certificate and its private key as PEM text; the key is PKCS #1, which every component of Kubernetes reads. */
export type KeyAndCertificate = { readonly certificate: string; readonly key: string };

export type CertificateSubject = { readonly commonName: string; readonly organization?: string };

export type LeafRequest = CertificateSubject & {
  readonly usages: readonly ('server' | 'client')[];
  /** Names and addresses the certificate is valid for. */
  readonly names: readonly string[];
};

export type Validity = { readonly days: number; readonly rsaBits: 2048 | 3072 | 4096 };

/** A fresh RSA key by the platform's own generator, which is many times faster than one in JavaScript. */
export async function generateRsaKey(
  bits: number,
): Promise<{ readonly privatePem: string; readonly publicPem: string }> {
  const pair = await generate('rsa', {
    modulusLength: bits,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  return { privatePem: pair.privateKey, publicPem: pair.publicKey };
}

function attributes(subject: CertificateSubject): forge.pki.CertificateField[] {
  return [
    ...(subject.organization === undefined ? [] : [{ name: 'organizationName', value: subject.organization }]),
    { name: 'commonName', value: subject.commonName },
  ];
}

/** Positive and of 16 random bytes: sealos' zero serials make clients confuse one authority with another. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}

/** Milliseconds at which one of our certificates was issued; they are valid from a day before. */
export function issuedAt(certificate: X509Certificate): number {
  return Date.parse(certificate.validFrom) + day;
}

function blank(publicPem: string, subject: CertificateSubject, days: number): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicPem);
  certificate.serialNumber = serialNumber();
  // A day back, so that a host whose clock is behind does not take it for one of the future.
  certificate.validity.notBefore = new Date(Date.now() - day);
  certificate.validity.notAfter = new Date(Date.now() + days * day);
  certificate.setSubject(attributes(subject));
  return certificate;
}

// What stands before a SHA-256 digest in a signature of PKCS #1 version 1.5 (RFC 8017, 9.2).
const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex');

/** Signs by the platform's own RSA: the one in JavaScript takes 40 ms a certificate and keeps everything else waiting. */
function sign(certificate: forge.pki.Certificate, privatePem: string): void {
  const key = {
    sign: (digest: forge.md.MessageDigest): string =>
      privateEncrypt(
        { key: privatePem, padding: constants.RSA_PKCS1_PADDING },
        Buffer.concat([digestInfo, Buffer.from(digest.digest().getBytes(), 'binary')]),
      ).toString('binary'),
  };
  certificate.sign(key as unknown as forge.pki.rsa.PrivateKey, forge.md.sha256.create());
}

/** A self-signed certificate authority. */
export async function issueAuthority(subject: CertificateSubject, validity: Validity): Promise<KeyAndCertificate> {
  const pair = await generateRsaKey(validity.rsaBits);
  const certificate = blank(pair.publicPem, subject, validity.days);
  certificate.setIssuer(attributes(subject));
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, keyCertSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
    { name: 'subjectAltName', altNames: [{ type: 2, value: subject.commonName }] },
  ]);
  sign(certificate, pair.privatePem);
  return { certificate: forge.pki.certificateToPem(certificate), key: pair.privatePem };
}

/** forge reads UTF-8 as bytes and writes text as UTF-8, so that what it read would be encoded twice. */
function readable(field: forge.pki.CertificateField): forge.pki.CertificateField {
  const isUtf8 = field.valueTagClass === (forge.asn1.Type.UTF8 as unknown as forge.asn1.Class);
  return isUtf8 ? { ...field, value: forge.util.decodeUtf8(String(field.value)) } : field;
}

/** What an authority calls its key; a user's own may have computed it in another way than we do. */
function keyIdentifier(issuer: forge.pki.Certificate): string {
  const own = issuer.getExtension('subjectKeyIdentifier') as { readonly subjectKeyIdentifier?: string } | null;
  return own?.subjectKeyIdentifier === undefined
    ? issuer.generateSubjectKeyIdentifier().getBytes()
    : forge.util.hexToBytes(own.subjectKeyIdentifier);
}

/** A certificate signed by an authority; never valid longer than the authority itself. */
export async function issueLeaf(
  authority: KeyAndCertificate,
  request: LeafRequest,
  validity: Validity,
): Promise<KeyAndCertificate> {
  const pair = await generateRsaKey(validity.rsaBits);
  const issuer = forge.pki.certificateFromPem(authority.certificate);
  const certificate = blank(pair.publicPem, request, validity.days);
  if (certificate.validity.notAfter > issuer.validity.notAfter) {
    certificate.validity.notAfter = issuer.validity.notAfter;
  }
  certificate.setIssuer(issuer.subject.attributes.map(readable));
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    {
      name: 'extKeyUsage',
      serverAuth: request.usages.includes('server'),
      clientAuth: request.usages.includes('client'),
    },
    { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifier(issuer) },
    ...(request.names.length === 0
      ? []
      : [
          {
            name: 'subjectAltName',
            altNames: [...new Set(request.names)].map((name) =>
              isIP(name) === 0 ? { type: 2, value: name } : { type: 7, ip: name },
            ),
          },
        ]),
  ]);
  sign(certificate, authority.key);
  return { certificate: forge.pki.certificateToPem(certificate), key: pair.privatePem };
}
