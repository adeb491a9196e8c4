import type { HostDetails, ListeningSocket } from '../../hosts/host-details.ts';
import { couldNotRun, finding, findingWhen, type HostCheck, pass } from '../check.ts';
import { type NeededPort, neededPorts } from '../ports.ts';

/** `6443/tcp ← nginx (nginx.service)`: the port and who holds it. */
export function describeSocket(socket: ListeningSocket): string {
  const unit = socket.unit === undefined ? '' : ` (${socket.unit})`;
  const pid = socket.pid === undefined ? '' : ` pid ${socket.pid}`;
  return `${socket.port}/${socket.protocol} ← ${socket.process ?? '?'}${pid}${unit}`;
}

function holders(details: HostDetails, port: NeededPort): readonly ListeningSocket[] {
  const found = (details.listening ?? []).filter(
    (socket) => socket.port === port.port && socket.protocol === port.protocol,
  );
  // A server often listens for both kinds of address; once is enough to say so.
  return found.filter((socket, index) => found.findIndex((other) => other.pid === socket.pid) === index);
}

/** Programs in containers and in the kernel have no unit; of what has one, these are ours. */
function mayBeOurs({ unit }: ListeningSocket): boolean {
  return unit === undefined || /^(kubelet|containerd|landfall-.*)\.service$/.test(unit);
}

type PortId = NeededPort['id'];

const portIds: readonly PortId[] = [
  'port-kubernetes-api',
  'port-etcd-client',
  'port-etcd-peer',
  'port-etcd-metrics',
  'port-controller-manager',
  'port-scheduler',
  'port-registry',
  'port-kubelet',
  'port-kubelet-health',
  'port-kube-proxy-metrics',
  'port-kube-proxy-health',
  'port-load-balancer',
  'port-overlay',
];

export const portChecks: readonly HostCheck[] = [
  ...portIds.map(
    (id): HostCheck => ({
      id,
      severity: 'blocks',
      neverIgnored: true,
      applies: ({ host, document }) =>
        neededPorts(document).some((port) => port.id === id && port.on.includes(host.role)),
      evaluate({ facts, document, own }) {
        if (facts.details.listening === undefined) return couldNotRun('ss, /proc/net/tcp');
        const port = neededPorts(document).find((candidate) => candidate.id === id);
        if (port === undefined) return pass;
        const taken = holders(facts.details, port).filter((socket) => !(own && mayBeOurs(socket)));
        return findingWhen(taken.map(describeSocket), `${port.port}/${port.protocol} free`);
      },
    }),
  ),
  {
    id: 'port-node-ports',
    severity: 'warns',
    applies: ({ own }) => !own,
    evaluate({ facts }) {
      const { listening } = facts.details;
      if (listening === undefined) return couldNotRun('ss, /proc/net/tcp');
      const taken = listening.filter(({ port, protocol }) => protocol === 'tcp' && port >= 30000 && port <= 32767);
      return findingWhen(taken.map(describeSocket), '30000-32767/tcp free');
    },
  },
  {
    id: 'port-range-local',
    severity: 'warns',
    fix: { script: 'hosts/preflight/set-sysctl.sh', args: () => ['net.ipv4.ip_local_port_range', '32768 60999'] },
    evaluate({ facts }) {
      const range = facts.details.sysctls.get('net/ipv4/ip_local_port_range');
      if (range === undefined) return couldNotRun('net.ipv4.ip_local_port_range');
      const [low = 0] = range.split(/\s+/).map(Number);
      return low > 32767 ? pass : finding(range.replace(/\s+/, '-'), '≥ 32768');
    },
  },
];
