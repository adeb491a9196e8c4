import type { CheckId } from '../../language/checks-en.ts';
import { couldNotRun, finding, findingWhen, type HostCheck, pass, type Severity } from '../check.ts';

/** Compares `4.18.0-553` and `4.19` by their numbers. */
export function versionAtLeast(version: string, least: string): boolean {
  const numbers = (text: string): readonly number[] => (/^\d+(\.\d+)*/.exec(text)?.[0] ?? '0').split('.').map(Number);
  const own = numbers(version);
  for (const [index, needed] of numbers(least).entries()) {
    const value = own[index] ?? 0;
    if (value !== needed) return value > needed;
  }
  return true;
}

function feature(id: CheckId, name: string, severity: Severity): HostCheck {
  return {
    id,
    severity,
    evaluate({ facts }) {
      const answer = facts.details.features.get(name);
      if (answer === undefined) return couldNotRun(name);
      return answer === 'no' ? finding(`${name} -`, name) : pass;
    },
  };
}

const neededNamespaces = ['net', 'pid', 'ipc', 'uts', 'mnt', 'cgroup'];

export const kernelChecks: readonly HostCheck[] = [
  {
    id: 'kernel-version',
    severity: 'blocks',
    // The oldest kernel of a supported distribution; cgroup version 2 as Kubernetes wants it came later still.
    evaluate: ({ facts }) => (versionAtLeast(facts.kernel, '4.18') ? pass : finding(facts.kernel, '≥ 4.18')),
  },
  {
    id: 'kernel-cgroup-2-old',
    severity: 'warns',
    applies: ({ facts }) => facts.cgroupVersion === 2,
    evaluate: ({ facts }) => (versionAtLeast(facts.kernel, '5.8') ? pass : finding(facts.kernel, '≥ 5.8 (cgroup 2)')),
  },
  {
    id: 'cgroup-version',
    severity: 'informs',
    evaluate: ({ facts }) => (facts.cgroupVersion === 2 ? pass : finding('cgroup 1', 'cgroup 2')),
  },
  {
    id: 'cgroup-controllers',
    severity: 'blocks',
    evaluate({ facts }) {
      const controllers = facts.details.cgroupControllers;
      if (controllers === undefined) return couldNotRun('/proc/cgroups');
      const needed =
        facts.cgroupVersion === 2
          ? ['cpu', 'cpuset', 'memory', 'pids']
          : ['cpu', 'cpuacct', 'cpuset', 'memory', 'pids', 'devices', 'freezer'];
      return findingWhen(
        needed.filter((name) => !controllers.includes(name)),
        needed.join(' '),
      );
    },
  },
  {
    id: 'cgroup-controllers-wanted',
    severity: 'warns',
    evaluate({ facts }) {
      const controllers = facts.details.cgroupControllers;
      if (controllers === undefined) return couldNotRun('/proc/cgroups');
      const wanted = ['hugetlb', facts.cgroupVersion === 2 ? 'io' : 'blkio'];
      return findingWhen(
        wanted.filter((name) => !controllers.includes(name)),
        wanted.join(' '),
      );
    },
  },
  feature('kernel-overlay', 'overlay', 'blocks'),
  feature('kernel-br-netfilter', 'br_netfilter', 'blocks'),
  feature('kernel-conntrack', 'nf_conntrack', 'blocks'),
  feature('kernel-vxlan', 'vxlan', 'blocks'),
  feature('kernel-bridge', 'bridge', 'blocks'),
  feature('kernel-veth', 'veth', 'blocks'),
  feature('kernel-match-comment', 'xt_comment', 'blocks'),
  feature('kernel-match-statistic', 'xt_statistic', 'blocks'),
  feature('kernel-masquerade', 'xt_masquerade', 'blocks'),
  {
    id: 'kernel-packet-filter',
    severity: 'blocks',
    evaluate({ facts }) {
      const nft = facts.details.features.get('nf_tables');
      const legacy = facts.details.features.get('ip_tables');
      if (nft === 'yes' || nft === 'loadable' || legacy === 'yes' || legacy === 'loadable') return pass;
      return nft === undefined && legacy === undefined
        ? couldNotRun('nf_tables, ip_tables')
        : finding('nf_tables -, ip_tables -', 'nf_tables | ip_tables');
    },
  },
  {
    id: 'kernel-ipvs',
    severity: 'blocks',
    neverIgnored: true,
    applies: ({ document }) => document.loadBalancer.driver === 'keepalived',
    evaluate({ facts }) {
      const answer = facts.details.features.get('ip_vs');
      if (answer === undefined) return couldNotRun('ip_vs');
      return findingWhen(
        ['ip_vs', 'ip_vs_rr'].filter((name) => facts.details.features.get(name) === 'no').map((name) => `${name} -`),
        'ip_vs, ip_vs_rr',
      );
    },
  },
  {
    id: 'kernel-namespaces',
    severity: 'blocks',
    evaluate({ facts }) {
      const { namespaces } = facts.details;
      if (namespaces === undefined) return couldNotRun('/proc/self/ns');
      return findingWhen(
        neededNamespaces.filter((name) => !namespaces.includes(name)),
        neededNamespaces.join(' '),
      );
    },
  },
  {
    id: 'kernel-seccomp',
    severity: 'warns',
    evaluate({ facts }) {
      const { seccomp } = facts.details;
      if (seccomp === undefined) return couldNotRun('/proc/self/status');
      return seccomp ? pass : finding('-', 'CONFIG_SECCOMP');
    },
  },
  {
    id: 'kernel-cpu-limits',
    severity: 'warns',
    evaluate({ facts }) {
      const options = facts.details.kernelOptions;
      if (options.size === 0) return couldNotRun('/boot/config, /proc/config.gz');
      return findingWhen(
        [...options].filter(([, set]) => !set).map(([name]) => name),
        'y',
      );
    },
  },
  {
    id: 'kernel-modules-gone',
    severity: 'blocks',
    evaluate: ({ facts }) =>
      facts.details.modulesFolder === false
        ? finding(`/lib/modules/${facts.kernel} -`, `/lib/modules/${facts.kernel}`)
        : pass,
  },
  {
    id: 'kernel-modules-locked',
    severity: 'warns',
    evaluate({ facts }) {
      if (facts.details.sysctls.get('kernel/modules_disabled') !== '1') return pass;
      const loadable = [...facts.details.features].filter(([, answer]) => answer === 'loadable').map(([name]) => name);
      return findingWhen(loadable, 'kernel.modules_disabled=0');
    },
  },
  {
    id: 'kernel-process-limit',
    severity: 'warns',
    fix: { script: 'hosts/preflight/set-sysctl.sh', args: () => ['kernel.pid_max', '4194304'] },
    evaluate({ facts }) {
      const value = facts.details.sysctls.get('kernel/pid_max');
      if (value === undefined) return couldNotRun('kernel.pid_max');
      return Number(value) >= 32768 ? pass : finding(`kernel.pid_max=${value}`, '≥ 32768');
    },
  },
  {
    id: 'kernel-user-namespaces',
    severity: 'informs',
    evaluate({ facts }) {
      const value = facts.details.sysctls.get('user/max_user_namespaces');
      if (value === undefined) return couldNotRun('user.max_user_namespaces');
      return Number(value) > 0 ? pass : finding('user.max_user_namespaces=0', '> 0');
    },
  },
  {
    id: 'kernel-neighbours',
    severity: 'warns',
    // Every pod and node of a big cluster is a neighbour; a full table loses connections at random.
    applies: ({ document }) => document.hosts.length > 50,
    evaluate({ facts, document }) {
      const value = facts.details.sysctls.get('net/ipv4/neigh/default/gc_thresh3');
      if (value === undefined) return couldNotRun('net.ipv4.neigh.default.gc_thresh3');
      const needed = document.hosts.length * 4 + 512;
      return Number(value) >= needed ? pass : finding(`net.ipv4.neigh.default.gc_thresh3=${value}`, `≥ ${needed}`);
    },
  },
  {
    id: 'reboot-required',
    severity: 'warns',
    evaluate: ({ facts }) => (facts.details.rebootRequired ? finding('/run/reboot-required', '-') : pass),
  },
];
