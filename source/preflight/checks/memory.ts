import { couldNotRun, finding, type HostCheck, pass } from '../check.ts';
import { gibibytes, mebibyte } from '../sizes.ts';

// kubeadm's own limit for a control plane, and what a kubelet with its runtime, network and DNS needs to live.
const least = { 'control-plane': 1700 * 1e6, worker: 900 * 1e6 } as const;
const comfortable = { 'control-plane': 3.5 * 1024 * mebibyte, worker: 1.7 * 1024 * mebibyte } as const;

export const memoryChecks: readonly HostCheck[] = [
  {
    id: 'memory-size',
    severity: 'blocks',
    evaluate: ({ facts, host }) =>
      facts.memory >= least[host.role]
        ? pass
        : finding(gibibytes(facts.memory), `≥ ${gibibytes(least[host.role])} (${host.role})`),
  },
  {
    id: 'memory-comfort',
    severity: 'warns',
    applies: ({ facts, host }) => facts.memory >= least[host.role],
    evaluate: ({ facts, host }) =>
      facts.memory >= comfortable[host.role]
        ? pass
        : finding(gibibytes(facts.memory), `≥ ${gibibytes(comfortable[host.role])} (${host.role})`),
  },
  {
    id: 'memory-available',
    severity: 'warns',
    applies: ({ own }) => !own,
    evaluate({ facts }) {
      const available = facts.details.memoryAvailable;
      if (available === undefined) return couldNotRun('MemAvailable');
      const needed = 800 * mebibyte;
      return available >= needed ? pass : finding(gibibytes(available), `≥ ${gibibytes(needed)}`);
    },
  },
  {
    id: 'memory-errors',
    severity: 'warns',
    evaluate({ facts }) {
      const errors = facts.details.memoryErrors;
      if (errors === undefined) return couldNotRun('edac');
      return errors === 0 ? pass : finding(`${errors}`, '0');
    },
  },
  {
    id: 'memory-huge-pages',
    severity: 'warns',
    evaluate({ facts }) {
      const pages = facts.details.hugePages;
      if (pages === undefined) return couldNotRun('HugePages_Total');
      return pages <= facts.memory / 2 ? pass : finding(gibibytes(pages), `≤ ${gibibytes(facts.memory / 2)}`);
    },
  },
  {
    id: 'swap-on',
    severity: 'informs',
    applies: ({ own }) => !own,
    evaluate: ({ facts }) => (facts.swap === 0 ? pass : finding(gibibytes(facts.swap), '0')),
  },
  {
    id: 'swap-needed',
    severity: 'warns',
    applies: ({ facts, own }) => !own && facts.swap > 0,
    evaluate({ facts }) {
      const { swapUsed, memoryAvailable } = facts.details;
      if (swapUsed === undefined || memoryAvailable === undefined) return couldNotRun('SwapFree, MemAvailable');
      return swapUsed <= memoryAvailable / 2
        ? pass
        : finding(`swap ${gibibytes(swapUsed)}`, `≤ ${gibibytes(memoryAvailable / 2)}`);
    },
  },
];
