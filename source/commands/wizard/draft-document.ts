import { homedir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import type { ClusterDocument } from '../../cluster/document.ts';
import { clusterHome } from '../../cluster/home.ts';
import { parseClusterDocument } from '../../cluster/load-document.ts';
import { networkContains } from '../../cluster/networks.ts';
import { writePrivateFile } from '../../cluster/secrets.ts';
import type { Login, WizardDraft } from '../../presenters/terminal/services.ts';
import type { TypedSecrets } from '../../runs/request.ts';

// Tried in this order; the first is what every guide uses.
const podNetworks = ['10.244.0.0/16', '172.28.0.0/16', '10.210.0.0/16', '192.168.128.0/17'];
const serviceNetworks = ['10.96.0.0/16', '172.29.0.0/16', '10.211.0.0/16', '192.168.64.0/18'];

/** A path as a shell would read it. */
export function expandHome(file: string): string {
  return file === '~' || file.startsWith('~/') ? path.join(homedir(), file.slice(1)) : file;
}

/** A path as a person reads it. */
export function shortenHome(file: string): string {
  const home = homedir();
  return file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file;
}

/** The first network none of the hosts' own addresses lie in. */
function freeNetwork(candidates: readonly string[], addresses: readonly string[]): string | undefined {
  return candidates.find((network) => !addresses.some((address) => networkContains(network, address)));
}

export type DraftDocument = {
  readonly document: ClusterDocument;
  /** The same without the files of passwords, which are not written yet: for what is done with typed secrets alone. */
  readonly unwritten: ClusterDocument;
  readonly text: string;
  readonly file: string;
  /** Files that hold what the document must not. */
  readonly privateFiles: readonly { readonly file: string; readonly content: string }[];
  readonly secrets: TypedSecrets;
};

type WrittenSsh = Readonly<Record<string, string | number>>;

function sshOf(
  login: Login,
  name: string,
  folder: string,
): { readonly ssh: WrittenSsh; readonly files: DraftDocument['privateFiles'] } {
  if (login.method === 'agent') return { ssh: { user: login.user }, files: [] };
  if (login.method === 'key') return { ssh: { user: login.user, keyFile: expandHome(login.keyFile) }, files: [] };
  const password = path.join(folder, `${name}.password`);
  const sudo = path.join(folder, `${name}.sudo-password`);
  const own = login.sudoPassword;
  return {
    ssh: { user: login.user, passwordFile: password, ...(own === undefined ? {} : { sudoPasswordFile: sudo }) },
    files: [
      { file: password, content: `${login.password}\n` },
      ...(own === undefined ? [] : [{ file: sudo, content: `${own}\n` }]),
    ],
  };
}

function secretsOf(login: Login): TypedSecrets[string] {
  if (login.method === 'agent') return {};
  if (login.method === 'key') return login.passphrase === undefined ? {} : { keyPassphrase: login.passphrase };
  const { password, sudoPassword } = login;
  return { password, ...(sudoPassword === undefined ? {} : { sudoPassword }) };
}

/**
 * The cluster document of a draft. The text written for the person names files for secrets and holds none. Throws what
 * the document's own checks find.
 */
export function draftDocument(draft: WizardDraft): DraftDocument {
  const home = clusterHome(draft.name);
  const folder = path.join(home, 'login');
  const common = sshOf(draft.login, 'all-hosts', folder);
  const addresses = draft.hosts.flatMap((host) => [host.address, ...(host.summary?.addresses ?? [])]);
  const ipv4 = addresses.filter((address) => /^\d+\.\d+\.\d+\.\d+$/.test(address));
  const podCidr = freeNetwork(podNetworks, ipv4);
  const serviceCidr = freeNetwork(serviceNetworks, ipv4);
  const files = [...common.files];
  const hosts = draft.hosts.map((host) => {
    const own = host.login === undefined ? undefined : sshOf(host.login, host.nodeName, folder);
    if (own !== undefined) files.push(...own.files);
    const ssh: WrittenSsh = {
      ...own?.ssh,
      ...(host.port === 22 ? {} : { port: host.port }),
      ...(host.jumpHost === undefined ? {} : { jumpHost: host.jumpHost }),
    };
    return {
      name: host.nodeName,
      address: host.address,
      role: host.role,
      ...(host.local === true ? { connection: 'local' } : {}),
      ...(Object.keys(ssh).length === 0 ? {} : { ssh }),
    };
  });
  const accepted = [...new Set(draft.acceptedWarnings.map(({ id }) => id))].sort();
  const standard = podCidr === podNetworks[0] && serviceCidr === serviceNetworks[0];
  const written = {
    apiVersion: 'landfall/v1',
    kind: 'Cluster',
    metadata: { name: draft.name },
    spec: {
      ssh: common.ssh,
      hosts,
      ...(draft.balancer === 'haproxy' ? {} : { loadBalancer: { driver: draft.balancer } }),
      ...(standard
        ? {}
        : { network: { podCidr: podCidr ?? podNetworks[0], serviceCidr: serviceCidr ?? serviceNetworks[0] } }),
      ...(accepted.length === 0 ? {} : { preflight: { accept: accepted } }),
      ...(draft.applications.length === 0 ? {} : { applications: draft.applications }),
    },
  };
  const file = path.join(home, 'cluster.yaml');
  const text = stringify(written);
  const document = parseClusterDocument(file, text);
  return {
    document,
    unwritten: {
      ...document,
      hosts: document.hosts.map(({ ssh: { passwordFile: _, sudoPasswordFile: __, ...ssh }, ...host }) => ({
        ...host,
        ssh,
      })),
    },
    text,
    file,
    privateFiles: files,
    secrets: Object.fromEntries(draft.hosts.map((host) => [host.nodeName, secretsOf(host.login ?? draft.login)])),
  };
}

/** Writes the document and the files it names, each readable by its owner only. */
export function writeDraft(made: DraftDocument): void {
  for (const { file, content } of made.privateFiles) writePrivateFile(file, content);
  writePrivateFile(made.file, made.text);
}
