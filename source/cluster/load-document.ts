import { readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { LandfallError } from '../errors.ts';
import type { ClusterDocument, HostEntry, SshSettings } from './document.ts';
import { loadBalancer, loadBalancerProblems } from './load-balancer.ts';
import { networkContains, networksOverlap } from './networks.ts';
import { invalidDocument, type Problem, type ReadYaml, readYaml } from './positioned-yaml.ts';
import { documentSchema, knownKeys, type WrittenDocument } from './schema.ts';

/** Ports of Kubernetes itself, which nothing of ours may take. */
const kubernetesPorts = new Map([
  [2379, 'etcd'],
  [2380, 'etcd'],
  [6443, 'the Kubernetes API'],
  [10248, 'the kubelet'],
  [10249, 'kube-proxy'],
  [10250, 'the kubelet'],
  [10256, 'kube-proxy'],
  [10257, 'the controller manager'],
  [10259, 'the scheduler'],
]);

type WrittenSsh = NonNullable<WrittenDocument['spec']['ssh']>;

function resolvedPath(file: string, folder: string): string {
  return path.resolve(folder, file.replace(/^~(?=\/|$)/, homedir()));
}

function sshSettings(common: WrittenSsh, own: WrittenSsh, folder: string): SshSettings {
  const all = { ...common, ...own };
  const resolved = (file: string): string => resolvedPath(file, folder);
  return {
    user: all.user ?? 'root',
    port: all.port ?? 22,
    ...(all.keyFile === undefined ? {} : { keyFile: resolved(all.keyFile) }),
    ...(all.passwordFile === undefined ? {} : { passwordFile: resolved(all.passwordFile) }),
    ...(all.sudoPasswordFile === undefined ? {} : { sudoPasswordFile: resolved(all.sudoPasswordFile) }),
    ...(all.jumpHost === undefined ? {} : { jumpHost: all.jumpHost }),
  };
}

function validityDays(text: string | undefined): number {
  const [, amount = '100', unit = 'y'] = /^(\d+)(y|d)$/.exec(text ?? '100y') ?? [];
  return unit === 'y' ? Number(amount) * 365 : Number(amount);
}

const unitMinutes: Readonly<Record<string, number>> = { m: 1, h: 60, d: 24 * 60 };

function minutes(text: string): number {
  return Number(text.slice(0, -1)) * (unitMinutes[text.slice(-1)] ?? 1);
}

function resolvedFiles(
  { authorityFolder, passphraseFile }: NonNullable<WrittenDocument['spec']['certificates']>,
  folder: string,
): { readonly authorityFolder?: string; readonly passphraseFile?: string } {
  return {
    ...(authorityFolder === undefined ? {} : { authorityFolder: resolvedPath(authorityFolder, folder) }),
    ...(passphraseFile === undefined ? {} : { passphraseFile: resolvedPath(passphraseFile, folder) }),
  };
}

function withDefaults(written: WrittenDocument, folder: string): ClusterDocument {
  const { spec } = written;
  const balancer = loadBalancer(spec.loadBalancer ?? {});
  const hosts = spec.hosts.map(
    (host): HostEntry => ({
      name: host.name,
      address: host.address,
      role: host.role,
      connection: host.connection ?? 'ssh',
      ssh: sshSettings(spec.ssh ?? {}, host.ssh ?? {}, folder),
    }),
  );
  return {
    name: written.metadata.name,
    ...(spec.kubernetes?.version === undefined ? {} : { kubernetesVersion: spec.kubernetes.version }),
    hosts,
    network: {
      podCidr: spec.network?.podCidr ?? '10.244.0.0/16',
      serviceCidr: spec.network?.serviceCidr ?? '10.96.0.0/16',
      dnsDomain: spec.network?.dnsDomain ?? 'cluster.local',
    },
    loadBalancer: balancer,
    registry: { port: spec.registry?.port ?? 5443 },
    certificates: {
      validityDays: validityDays(spec.certificates?.validity),
      rsaBits: spec.certificates?.rsaBits ?? 2048,
      additionalNames: [
        ...(spec.certificates?.additionalNames ?? []),
        // The API must answer to the name it is called by.
        ...(balancer.driver === 'haproxy' ? [] : [balancer.address]),
      ],
      ...(spec.certificates?.authorityKeys === undefined ? {} : { authorityKeys: spec.certificates.authorityKeys }),
      ...resolvedFiles(spec.certificates ?? {}, folder),
    },
    snapshots: { everyMinutes: minutes(spec.snapshots?.every ?? '6h'), keep: spec.snapshots?.keep ?? 8 },
    kubeadm: {
      clusterConfiguration: spec.kubeadm?.clusterConfiguration ?? {},
      kubeletConfiguration: spec.kubeadm?.kubeletConfiguration ?? {},
      kubeProxyConfiguration: spec.kubeadm?.kubeProxyConfiguration ?? {},
    },
    ...(spec.preflight?.accept === undefined ? {} : { preflight: { accept: spec.preflight.accept } }),
    applications: (spec.applications ?? []).map((entry) => ({
      package: entry.package,
      name: entry.name ?? entry.package,
      parameters: entry.parameters ?? {},
    })),
  };
}

function duplicates(values: readonly string[]): readonly number[] {
  return values.flatMap((value, index) => (values.indexOf(value) < index ? [index] : []));
}

/** Rules that look at more than one value. */
function crossChecks(document: ClusterDocument, at: ReadYaml<WrittenDocument>['at']): readonly Problem[] {
  const problems: Problem[] = [];
  const { hosts, network } = document;
  for (const index of duplicates(hosts.map((host) => host.name))) {
    problems.push(
      at(['spec', 'hosts', index, 'name'], `the name ${hosts[index]?.name} is used twice; every host needs its own`),
    );
  }
  for (const index of duplicates(hosts.map((host) => host.address))) {
    problems.push(at(['spec', 'hosts', index, 'address'], `the address ${hosts[index]?.address} is used twice`));
  }
  for (const index of duplicates(document.applications.map((application) => application.name))) {
    problems.push(
      at(
        ['spec', 'applications', index],
        `the application name ${document.applications[index]?.name} is used twice; give one a name`,
      ),
    );
  }
  const planes = hosts.filter((host) => host.role === 'control-plane').length;
  if (planes === 0)
    problems.push(
      at(['spec', 'hosts'], 'no host has the role control-plane; give it to 1, or to 3 so that one may fail'),
    );
  else if (planes % 2 === 0) {
    problems.push(
      at(
        ['spec', 'hosts'],
        `${planes} control planes survive no more failures than ${planes - 1}, because more than half must agree, and there is one more machine that can fail; make it ${planes - 1} or ${planes + 1}`,
      ),
    );
  }
  if (networksOverlap(network.podCidr, network.serviceCidr)) {
    problems.push(
      at(
        ['spec', 'network'],
        `the pod network ${network.podCidr} and the service network ${network.serviceCidr} overlap`,
      ),
    );
  }
  for (const [index, host] of hosts.entries()) {
    for (const [key, cidr] of Object.entries({ podCidr: network.podCidr, serviceCidr: network.serviceCidr })) {
      if (networkContains(cidr, host.address)) {
        problems.push(
          at(
            ['spec', 'hosts', index, 'address'],
            `${host.address} lies in the cluster's own ${key} ${cidr}; choose another under network.${key}`,
          ),
        );
      }
    }
  }
  const { authorityKeys, passphraseFile } = document.certificates;
  if (authorityKeys === 'encrypted' && passphraseFile === undefined) {
    problems.push(at(['spec', 'certificates'], 'authorityKeys: encrypted needs a passphraseFile'));
  }
  const local = document.loadBalancer.driver === 'haproxy';
  const ours = [
    ...(local ? [['loadBalancer', document.loadBalancer.port] as const] : []),
    ['registry', document.registry.port] as const,
  ];
  for (const [key, port] of ours) {
    const owner = kubernetesPorts.get(port);
    if (owner !== undefined) problems.push(at(['spec', key, 'port'], `port ${port} belongs to ${owner}`));
  }
  if (local && document.loadBalancer.port === document.registry.port) {
    problems.push(at(['spec', 'registry', 'port'], `port ${document.registry.port} is also the load balancer's`));
  }
  const podBits = 24 - Number(network.podCidr.split('/')[1]);
  if (podBits < 0 || 2 ** podBits < hosts.length) {
    problems.push(
      at(['spec', 'network', 'podCidr'], `${network.podCidr} has no room for ${hosts.length} nodes of 254 pods each`),
    );
  }
  return problems;
}

/** Checks the text of a document. Throws DOCUMENT_INVALID with every problem at its line. */
export function parseClusterDocument(file: string, text: string): ClusterDocument {
  const { value, at } = readYaml(file, text, documentSchema, knownKeys);
  const document = withDefaults(value, path.dirname(path.resolve(file)));
  const problems = [...loadBalancerProblems(value, document, at), ...crossChecks(document, at)];
  if (problems.length > 0) throw invalidDocument(file, problems);
  return document;
}

/** Reads and checks a cluster document. */
export function loadClusterDocument(file: string): ClusterDocument {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw new LandfallError({
      code: 'DOCUMENT_MISSING',
      message: `The cluster document ${file} cannot be read.`,
      fix: 'Name an existing file.',
      exitStatus: 2,
      cause,
    });
  }
  return parseClusterDocument(file, text);
}

/** The content of a password file without its last line break. Refuses a file that others may read. */
export function readPasswordFile(file: string): string {
  let text: string;
  try {
    const mode = statSync(file).mode;
    if ((mode & 0o044) !== 0) {
      throw new LandfallError({
        code: 'PASSWORD_FILE',
        message: `The password file ${file} can be read by others.`,
        fix: `Run: chmod 600 ${file}`,
        exitStatus: 2,
      });
    }
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    if (cause instanceof LandfallError) throw cause;
    throw new LandfallError({
      code: 'PASSWORD_FILE',
      message: `The password file ${file} cannot be read.`,
      fix: 'Name an existing file.',
      exitStatus: 2,
      cause,
    });
  }
  return text.replace(/\r?\n$/, '');
}
