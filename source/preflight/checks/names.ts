import { networkContains } from '../../cluster/networks.ts';
import { couldNotRun, finding, findingWhen, type HostCheck, pass } from '../check.ts';

export const nameChecks: readonly HostCheck[] = [
  {
    id: 'hostname-valid',
    severity: 'warns',
    evaluate({ facts }) {
      const { hostname } = facts;
      const valid = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/.test(hostname);
      return valid && hostname.length <= 63 && !/^localhost(\.|$)/.test(hostname)
        ? pass
        : finding(hostname || '-', 'a-z 0-9 -');
    },
  },
  {
    id: 'hostname-differs',
    severity: 'informs',
    evaluate: ({ facts, host }) =>
      facts.hostname === host.name || facts.hostname.split('.')[0] === host.name
        ? pass
        : finding(facts.hostname, host.name),
  },
  {
    id: 'hosts-localhost',
    severity: 'blocks',
    fix: { script: 'hosts/preflight/hosts-localhost.sh', args: () => [] },
    evaluate({ facts }) {
      const lines = facts.details.hostsLines;
      if (lines === undefined) return couldNotRun('/etc/hosts');
      const first = lines.find((line) => line.names.includes('localhost') && !line.address.includes(':'));
      return first?.address === '127.0.0.1' ? pass : finding(first?.address ?? '-', '127.0.0.1 localhost');
    },
  },
  {
    id: 'hosts-wrong-address',
    severity: 'blocks',
    evaluate({ facts, document }) {
      const lines = facts.details.hostsLines;
      if (lines === undefined) return couldNotRun('/etc/hosts');
      const wrong = document.hosts.flatMap((host) => {
        const line = lines.find((entry) => entry.names.includes(host.name) && !entry.address.includes(':'));
        // Distributions put a machine's own name on its loopback, which does no harm.
        if (line === undefined || line.address === host.address || line.address.startsWith('127.')) return [];
        return [`${line.address} ${host.name} ≠ ${host.address}`];
      });
      return findingWhen(wrong, '/etc/hosts');
    },
  },
  {
    id: 'dns-loopback',
    severity: 'warns',
    evaluate({ facts }) {
      const { nameservers, upstreamNameservers } = facts.details;
      if (nameservers === undefined) return pass;
      const loopback = nameservers.filter((server) => server.startsWith('127.') || server === '::1');
      // systemd-resolved keeps a second file with the real servers, which kubeadm takes.
      if (loopback.length === 0 || upstreamNameservers.length > 0) return pass;
      return findingWhen(loopback, 'nameserver ≠ 127.0.0.0/8');
    },
  },
  {
    id: 'dns-in-cluster',
    severity: 'blocks',
    applies: ({ own }) => !own,
    evaluate({ facts, document }) {
      const servers = [...(facts.details.nameservers ?? []), ...facts.details.upstreamNameservers];
      const { podCidr, serviceCidr } = document.network;
      return findingWhen(
        servers.filter(
          (server) =>
            /^\d+(\.\d+){3}$/.test(server) &&
            (networkContains(podCidr, server) || networkContains(serviceCidr, server)),
        ),
        `∉ ${podCidr}, ${serviceCidr}`,
      );
    },
  },
  {
    id: 'dns-too-many-servers',
    severity: 'warns',
    evaluate({ facts }) {
      const servers =
        facts.details.upstreamNameservers.length > 0 ? facts.details.upstreamNameservers : facts.details.nameservers;
      return servers !== undefined && servers.length > 3 ? finding(`${servers.length}`, '≤ 3') : pass;
    },
  },
  {
    id: 'dns-search-long',
    severity: 'warns',
    evaluate({ facts }) {
      const search = facts.details.dnsSearch;
      // The kubelet adds three of its own and refuses more than 32 names or 2048 characters.
      const characters = search.join(' ').length;
      return search.length > 29 || characters > 1900
        ? finding(`${search.length} × search, ${characters}`, '≤ 29, ≤ 1900')
        : pass;
    },
  },
  {
    id: 'machine-id-present',
    severity: 'blocks',
    neverIgnored: true,
    evaluate: ({ facts }) =>
      /^[0-9a-f]{32}$/.test(facts.machineId) ? pass : finding(facts.machineId || '-', '/etc/machine-id'),
  },
];
