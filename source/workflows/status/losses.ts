import type { HostEntry } from '../../cluster/document.ts';
import type { ClusterReport } from './cluster-report.ts';
import type { EtcdMember, HostReport } from './host-report.ts';

/** Members of etcd and how many of them must agree. */
export type EtcdQuorum = {
  /** Members that vote. */
  readonly voters: number;
  readonly healthy: number;
  readonly needed: number;
  /** How many healthy members could be lost before etcd stops; negative when it has stopped. */
  readonly spare: number;
  readonly learners: readonly string[];
};

/** What would happen if a host were lost now. */
export type HostLoss = {
  readonly host: string;
  /** `lost` for a host that does not answer already. */
  readonly verdict: 'yes' | 'no' | 'lost';
  /** What would stand still, when the verdict is no. */
  readonly reasons: readonly string[];
};

export type Answered = ReadonlyMap<string, HostReport>;

/** The members as etcd itself lists them; the control planes of the document while it answers nowhere. */
export function knownMembers(planes: readonly HostEntry[], answered: Answered): readonly EtcdMember[] {
  const reports = planes.flatMap((plane) => answered.get(plane.name) ?? []).filter(({ members }) => members.length > 0);
  // The leader's list is the newest.
  const known = reports.find((report) => report.etcd?.leader) ?? reports[0];
  if (known !== undefined) return known.members;
  return planes.map(({ name, address }) => ({ id: '', name, address, learner: false }));
}

function isHealthy(member: EtcdMember, planes: readonly HostEntry[], answered: Answered): boolean {
  const host = planes.find((plane) => plane.address === member.address);
  return host !== undefined && answered.get(host.name)?.etcd?.healthy === true;
}

/** The arithmetic of etcd: more than half of all voting members, dead ones counted, must agree. */
export function etcdQuorum(planes: readonly HostEntry[], answered: Answered): EtcdQuorum {
  const members = knownMembers(planes, answered);
  const voters = members.filter((member) => !member.learner);
  const healthy = voters.filter((member) => isHealthy(member, planes, answered)).length;
  const needed = Math.floor(voters.length / 2) + 1;
  const learners = members.filter((member) => member.learner).map((member) => member.name || member.address);
  return { voters: voters.length, healthy, needed, spare: healthy - needed, learners };
}

/** For each host whether the cluster goes on without it, as things stand now. */
export function hostLosses(
  hosts: readonly HostEntry[],
  answered: Answered,
  cluster: ClusterReport | undefined,
): readonly HostLoss[] {
  const planes = hosts.filter((host) => host.role === 'control-plane');
  const quorum = etcdQuorum(planes, answered);
  const members = knownMembers(planes, answered);
  return hosts.map((host): HostLoss => {
    const report = answered.get(host.name);
    if (report === undefined) return { host: host.name, verdict: 'lost', reasons: [] };
    const others = planes.filter((plane) => plane.name !== host.name).map((plane) => answered.get(plane.name));
    const reasons: string[] = [];
    if (host.role === 'control-plane') {
      const own = members.find((member) => member.address === host.address);
      const votes = own !== undefined && !own.learner && report.etcd?.healthy === true ? 1 : 0;
      if (votes === 1 && quorum.healthy - votes < quorum.needed) reasons.push('etcd would have no majority');
      else if (report.api && !others.some((other) => other?.api)) reasons.push('no other API server is ready');
      if (report.registry && !others.some((other) => other?.registry)) reasons.push('no other registry runs');
    }
    if (cluster !== undefined) {
      const { readyOn } = cluster.dns;
      if (readyOn.length > 0 && readyOn.every((node) => node === host.name)) {
        reasons.push('the cluster DNS is ready on no other node');
      }
      for (const { workload, nodes } of cluster.data) {
        if (nodes.length === 1 && nodes[0] === host.name) reasons.push(`${workload} has its data here only`);
      }
    }
    return { host: host.name, verdict: reasons.length === 0 ? 'yes' : 'no', reasons };
  });
}
