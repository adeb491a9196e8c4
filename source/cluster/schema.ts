import { z } from 'zod';

const port = z.number().int().min(1).max(65_535);
const hostName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'must be lower-case letters, digits and "-", as node-1');
const address = z.ipv4('must be an IPv4 address, as 10.0.0.11');
const cidr = z.cidrv4('must be a network, as 10.244.0.0/16');
const anything = z.record(z.string(), z.unknown());

export const sshSchema = z.strictObject({
  user: z.string().min(1).optional(),
  port: port.optional(),
  keyFile: z.string().optional(),
  passwordFile: z.string().optional(),
  sudoPasswordFile: z.string().optional(),
  jumpHost: z.string().optional(),
});

export const hostSchema = z.strictObject({
  name: hostName,
  address,
  role: z.enum(['control-plane', 'worker']),
  connection: z.enum(['ssh', 'local']).optional(),
  ssh: sshSchema.optional(),
});

export const specSchema = z.strictObject({
  kubernetes: z
    .strictObject({
      version: z
        .string()
        .regex(/^v\d+\.\d+\.\d+$/, 'must be a version, as v1.36.3')
        .optional(),
    })
    .optional(),
  ssh: sshSchema.optional(),
  hosts: z.array(hostSchema).min(1, 'needs at least one host'),
  network: z
    .strictObject({ podCidr: cidr.optional(), serviceCidr: cidr.optional(), dnsDomain: z.string().optional() })
    .optional(),
  loadBalancer: z
    .strictObject({
      driver: z.enum(['haproxy', 'keepalived', 'external']).optional(),
      address: z
        .string()
        .regex(/^[A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?$/, 'must be a name or an address, as api.example.org')
        .optional(),
      port: port.optional(),
    })
    .optional(),
  registry: z.strictObject({ port: port.optional() }).optional(),
  certificates: z
    .strictObject({
      validity: z
        .string()
        .regex(/^\d+(y|d)$/, 'must be a number of years or days, as 100y or 365d')
        .optional(),
      rsaBits: z.union([z.literal(2048), z.literal(3072), z.literal(4096)]).optional(),
      additionalNames: z.array(z.string()).optional(),
      authorityFolder: z.string().optional(),
      authorityKeys: z.enum(['operator', 'encrypted', 'control-planes']).optional(),
      passphraseFile: z.string().optional(),
    })
    .optional(),
  snapshots: z
    .strictObject({
      every: z
        .string()
        .regex(/^[1-9]\d{0,3}(m|h|d)$/, 'must be a number of minutes, hours or days, as 30m, 6h or 1d')
        .optional(),
      keep: z.number().int().min(0).max(1000).optional(),
    })
    .optional(),
  kubeadm: z
    .strictObject({
      clusterConfiguration: anything.optional(),
      kubeletConfiguration: anything.optional(),
      kubeProxyConfiguration: anything.optional(),
    })
    .optional(),
  preflight: z.strictObject({ accept: z.array(z.string()).optional() }).optional(),
  applications: z
    .array(
      z.strictObject({
        package: hostName,
        name: hostName.optional(),
        parameters: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
      }),
    )
    .optional(),
});

export const documentSchema = z.strictObject({
  apiVersion: z.literal('landfall/v1'),
  kind: z.literal('Cluster'),
  metadata: z.strictObject({ name: hostName }),
  spec: specSchema,
});

export type WrittenDocument = z.infer<typeof documentSchema>;

/** Keys the schema knows at a path of the document. */
export function knownKeys(path: readonly (string | number)[]): readonly string[] {
  let schema: unknown = documentSchema;
  for (const part of path) {
    while (schema instanceof z.ZodOptional) schema = schema.unwrap();
    if (schema instanceof z.ZodObject) schema = schema.shape[String(part)];
    else if (schema instanceof z.ZodArray) schema = schema.element;
    else return [];
  }
  while (schema instanceof z.ZodOptional) schema = schema.unwrap();
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}
