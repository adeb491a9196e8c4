/** A DER value; `content` is hex, as is the result. */
function der(tag: string, content: string): string {
  const length = content.length / 2;
  if (length < 0x80) return tag + length.toString(16).padStart(2, '0') + content;
  const size = length.toString(16).padStart(length > 0xff ? 4 : 2, '0');
  return `${tag}8${size.length / 2}${size}${content}`;
}

const sequence = (...parts: readonly string[]): string => der('30', parts.join(''));
const set = (part: string): string => der('31', part);
const ascii = (text: string): string => Buffer.from(text, 'ascii').toString('hex');

const oids = {
  organization: '060355040a',
  commonName: '0603550403',
  extensionRequest: '06092a864886f70d01090e',
  subjectAltName: '0603551d11',
} as const;

// What stands before the 64 bytes of a point of P-256, from the key's own length on.
const keyHead = '3059301306072a8648ce3d020106082a8648ce3d03010703420004';
const keyDigits = 128;
const signedWithSha256 = '300a06082a8648ce3d040302';

/** Hex of all that is fixed in the one request for a serving certificate a node may make, around its key. */
export type ServingRequest = {
  /** From the part that is signed up to the key. */
  readonly before: string;
  /** From the key up to the signature. */
  readonly after: string;
};

/**
 * The request that the kubelet of a node makes for its serving certificate, byte for byte: who it is, its name, its
 * address, nothing else. Whoever approves compares with it and need not understand what else a request could say.
 * @param name of the node, RFC 1123
 * @param address its IPv4 address
 */
export function servingRequest(name: string, address: string): ServingRequest {
  const attribute = (oid: string, text: string): string => set(sequence(oid, der('13', ascii(text))));
  const subject = sequence(
    attribute(oids.organization, 'system:nodes'),
    attribute(oids.commonName, `system:node:${name}`),
  );
  const addressBytes = address
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('');
  const names = sequence(der('82', ascii(name)), der('87', addressBytes));
  const extensions = sequence(sequence(oids.subjectAltName, der('04', names)));
  const attributes = der('a0', sequence(oids.extensionRequest, set(extensions)));
  const version = '020100';
  const whole = sequence(version, subject, keyHead, '0'.repeat(keyDigits), attributes);
  const keyAt = whole.length - attributes.length - keyDigits;
  return { before: whole.slice(0, keyAt), after: attributes + signedWithSha256 };
}
