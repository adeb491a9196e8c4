import { couldNotRun, finding, findingWhen, type HostCheck, pass } from '../check.ts';
import { isContainer } from '../virtualization.ts';

const level2 = ['cx16', 'lahf_lm', 'popcnt', 'sse4_1', 'sse4_2', 'ssse3'];

export const processorChecks: readonly HostCheck[] = [
  {
    id: 'processor-count',
    severity: 'blocks',
    // kubeadm itself asks for two on a control plane.
    applies: ({ host }) => host.role === 'control-plane',
    evaluate: ({ facts }) => (facts.processors >= 2 ? pass : finding(`${facts.processors}`, '≥ 2')),
  },
  {
    id: 'processor-level',
    severity: 'warns',
    applies: ({ facts }) => facts.architecture === 'amd64',
    evaluate({ facts }) {
      const flags = facts.details.processorFlags;
      if (flags === undefined) return couldNotRun('/proc/cpuinfo');
      return findingWhen(
        level2.filter((flag) => !flags.includes(flag)),
        'x86-64-v2',
      );
    },
  },
  {
    id: 'processor-busy',
    severity: 'warns',
    // A container shows the load of the machine it shares with others.
    applies: ({ facts }) => !isContainer(facts),
    evaluate({ facts }) {
      const load = facts.details.load?.[2];
      if (load === undefined) return couldNotRun('/proc/loadavg');
      const most = facts.processors * 8;
      return load <= most ? pass : finding(`load ${load}`, `≤ ${most}`);
    },
  },
];
