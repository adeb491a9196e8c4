import { stringify } from 'yaml';
import { proposeRoles } from '../../cluster/propose-roles.ts';

/** A host for a new document. */
export type CandidateHost = {
  readonly name?: string;
  readonly address: string;
  readonly port?: number;
  readonly user?: string;
  readonly keyFile?: string;
  readonly jumpHost?: string;
};

/** A node's name made of whatever a host is called: lower case, no domain, RFC 1123. Undefined when nothing is left. */
function nodeName(name: string | undefined): string | undefined {
  const short = (name ?? '')
    .toLowerCase()
    .split('.')[0]
    ?.replace(/[^a-z0-9-]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return short === undefined || short === '' || /^\d+$/.test(short) ? undefined : short.slice(0, 63);
}

/** A cluster document with these hosts, to be edited: names, roles, login. */
export function discoveredDocument(cluster: string, hosts: readonly CandidateHost[]): string {
  const roles = proposeRoles(hosts.map((host) => ({ key: host.address })));
  const taken = new Set<string>();
  const entries = hosts.map((host, index) => {
    const wanted = nodeName(host.name) ?? `node-${index + 1}`;
    let name = wanted;
    for (let number = 2; taken.has(name); number++) name = `${wanted}-${number}`;
    taken.add(name);
    const ssh = {
      ...(host.user === undefined ? {} : { user: host.user }),
      ...(host.port === undefined || host.port === 22 ? {} : { port: host.port }),
      ...(host.keyFile === undefined ? {} : { keyFile: host.keyFile }),
      ...(host.jumpHost === undefined ? {} : { jumpHost: host.jumpHost }),
    };
    return {
      name,
      address: host.address,
      role: roles.get(host.address) ?? 'worker',
      ...(Object.keys(ssh).length === 0 ? {} : { ssh }),
    };
  });
  const document = {
    apiVersion: 'landfall/v1',
    kind: 'Cluster',
    metadata: { name: cluster },
    spec: { ssh: { user: 'root', keyFile: '~/.ssh/id_ed25519' }, hosts: entries },
  };
  return `# Found by landfall discover. Check names, roles and login, then: landfall preflight cluster.yaml\n${stringify(document)}`;
}
