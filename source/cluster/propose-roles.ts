import type { HostRole } from './document.ts';

export type RoleCandidate = {
  readonly key: string;
  readonly processors?: number;
  /** Bytes. */
  readonly memory?: number;
};

/** Least a control plane needs to start: kubeadm's own figures. */
export const controlPlaneMinimum = { processors: 2, memory: 1700 * 1024 * 1024 } as const;

/** What a control plane of a busy cluster is comfortable with; more is better spent on workers. */
const comfortable = 4 * 1024 ** 3 * 0.9;

function capable(host: RoleCandidate): boolean {
  return (
    (host.processors ?? controlPlaneMinimum.processors) >= controlPlaneMinimum.processors &&
    (host.memory ?? controlPlaneMinimum.memory) >= controlPlaneMinimum.memory
  );
}

/**
 * Roles for hosts nobody chose roles for: three control planes when three hosts can be one, else one. The smallest
 * comfortable machines become control planes, so that the big ones are left for the work.
 */
export function proposeRoles(hosts: readonly RoleCandidate[]): ReadonlyMap<string, HostRole> {
  const able = hosts.filter(capable);
  const wanted = hosts.length >= 3 && able.length >= 3 ? 3 : 1;
  const rank = (host: RoleCandidate): number => {
    const memory = host.memory ?? comfortable;
    return memory >= comfortable ? memory : Number.MAX_SAFE_INTEGER - memory;
  };
  const order = new Map(hosts.map((host, index) => [host.key, index]));
  const pool = able.length > 0 ? able : hosts;
  const chosen = [...pool]
    .sort((a, b) => rank(a) - rank(b) || (order.get(a.key) ?? 0) - (order.get(b.key) ?? 0))
    .slice(0, wanted)
    .map((host) => host.key);
  return new Map(hosts.map((host) => [host.key, chosen.includes(host.key) ? 'control-plane' : 'worker']));
}

/** How many control planes may be lost while the cluster can still be changed. */
export function survivableLosses(controlPlanes: number): number {
  return Math.max(0, Math.ceil(controlPlanes / 2) - 1);
}
