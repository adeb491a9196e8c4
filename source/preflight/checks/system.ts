import { couldNotRun, finding, findingWhen, type HostCheck, type HostInput, pass } from '../check.ts';

/** Distributions a Landfall cluster was seen or is known to run on, with the oldest version. */
const known: Readonly<Record<string, number>> = {
  debian: 11,
  ubuntu: 20.04,
  rhel: 8,
  rocky: 8,
  almalinux: 8,
  centos: 8,
  ol: 8,
  fedora: 38,
  openEuler: 20.03,
  kylin: 10,
  sles: 15,
  'opensuse-leap': 15,
  anolis: 8,
  alinux: 3,
  opencloudos: 8,
  uos: 20,
  amzn: 2023,
};

// What our own scripts, kubeadm and the kubelet start on the host.
const needed = [
  'ip',
  'mount',
  'umount',
  'nsenter',
  'tar',
  'gzip',
  'sha256sum',
  'base64',
  'awk',
  'sed',
  'grep',
  'find',
  'cut',
  'df',
  'readlink',
  'head',
];
const wanted = ['iptables', 'tc', 'ethtool', 'ss'];

const packageManagers = /^(apt|apt-get|dpkg|aptitude|dnf|yum|zypper|rpm|unattended-upgr)$/;
const agents =
  /^(falcon-sensor|wdavdaemon|cbagentd|cbdaemon|ds_agent|sentinelone|s1-agent|AliYunDun|YDService|hostguard|kesl|ekrn|savd|xagt|elastic-agent|taniumclient|TaniumClient|clamd|qualys-cloud-ag)/;

function missing(input: HostInput, tools: readonly string[]): readonly string[] {
  return tools.filter((tool) => !input.facts.tools.includes(tool));
}

/** Whether the script that told the facts asked for more than the first few tools. */
const asksForAll = ({ facts }: HostInput): boolean => facts.details.complete;

export const systemChecks: readonly HostCheck[] = [
  {
    id: 'distribution-known',
    severity: 'informs',
    evaluate({ facts }) {
      const { id, version, name } = facts.distribution;
      const oldest = known[id];
      // Rolling distributions have no version to compare.
      const number = Number.parseFloat(version.replace(/^V/i, ''));
      return oldest !== undefined && (Number.isNaN(number) || number >= oldest)
        ? pass
        : finding(name || id || '-', Object.keys(known).join(', '));
    },
  },
  {
    id: 'init-systemd',
    severity: 'blocks',
    neverIgnored: true,
    evaluate({ facts }) {
      const { init } = facts.details;
      if (init === undefined) return facts.systemdVersion > 0 ? pass : couldNotRun('/proc/1/comm');
      return init === 'systemd' || (init === 'init' && facts.systemdVersion > 0) ? pass : finding(init, 'systemd');
    },
  },
  {
    id: 'systemd-version',
    severity: 'warns',
    applies: ({ facts }) => facts.systemdVersion > 0,
    evaluate({ facts }) {
      const oldest = facts.cgroupVersion === 2 ? 244 : 232;
      return facts.systemdVersion >= oldest ? pass : finding(`${facts.systemdVersion}`, `≥ ${oldest}`);
    },
  },
  {
    id: 'systemd-state',
    severity: 'blocks',
    evaluate({ facts }) {
      const state = facts.details.systemdState;
      if (state === undefined) return couldNotRun('systemctl is-system-running');
      return state === 'running' || state === 'degraded' ? pass : finding(state, 'running');
    },
  },
  {
    id: 'units-failed',
    severity: 'informs',
    applies: ({ own }) => !own,
    evaluate: ({ facts }) =>
      facts.details.systemdState === undefined ? couldNotRun('systemctl') : findingWhen(facts.details.failedUnits, '-'),
  },
  {
    id: 'tools-needed',
    severity: 'blocks',
    evaluate: (input) =>
      asksForAll(input) ? findingWhen(missing(input, needed), needed.join(' ')) : couldNotRun('facts.sh'),
  },
  {
    id: 'tools-wanted',
    severity: 'warns',
    evaluate: (input) =>
      asksForAll(input) ? findingWhen(missing(input, wanted), wanted.join(' ')) : couldNotRun('facts.sh'),
  },
  {
    id: 'tool-modprobe',
    severity: 'blocks',
    // Only where something is still to be loaded.
    applies: ({ facts }) => [...facts.details.features.values()].includes('loadable'),
    evaluate: (input) => findingWhen(missing(input, ['modprobe']), 'modprobe'),
  },
  {
    id: 'packages-broken',
    severity: 'warns',
    evaluate({ facts }) {
      const broken = facts.details.brokenPackages;
      if (broken === undefined) return couldNotRun('dpkg, rpm');
      return broken === 0 ? pass : finding(`${broken}`, '0');
    },
  },
  {
    id: 'packages-busy',
    severity: 'warns',
    evaluate: ({ facts }) =>
      findingWhen(
        facts.details.processes.filter(({ name }) => packageManagers.test(name)).map(({ name }) => name),
        '-',
      ),
  },
  {
    id: 'automatic-updates',
    severity: 'informs',
    evaluate({ facts }) {
      const units = (facts.details.unitStates ?? []).filter(
        ({ name, enabled, active }) =>
          /^(dnf-automatic|yum-cron)/.test(name) && (enabled === 'enabled' || active === 'active'),
      );
      return findingWhen(
        [...units.map(({ name }) => name), ...(facts.details.automaticUpdates ? ['unattended-upgrades'] : [])],
        '-',
      );
    },
  },
  {
    id: 'open-files',
    severity: 'warns',
    evaluate: ({ facts }) => (facts.openFilesLimit >= 16384 ? pass : finding(`${facts.openFilesLimit}`, '≥ 16384')),
  },
  {
    id: 'selinux-enforcing',
    severity: 'informs',
    evaluate: ({ facts }) => (facts.selinux === 'enforcing' ? finding('Enforcing', 'Permissive') : pass),
  },
  {
    id: 'security-fapolicyd',
    severity: 'blocks',
    evaluate({ facts }) {
      const { unitStates } = facts.details;
      if (unitStates === undefined) return couldNotRun('systemctl');
      return findingWhen(
        unitStates
          .filter((unit) => unit.name === 'fapolicyd.service' && unit.active === 'active')
          .map(({ name }) => name),
        'inactive',
      );
    },
  },
  {
    id: 'security-agent',
    severity: 'warns',
    evaluate: ({ facts }) =>
      findingWhen(
        facts.details.processes.filter(({ name }) => agents.test(name)).map(({ name }) => name),
        '-',
      ),
  },
  {
    id: 'memory-killer',
    severity: 'warns',
    evaluate({ facts }) {
      const { unitStates } = facts.details;
      if (unitStates === undefined) return couldNotRun('systemctl');
      return findingWhen(
        unitStates
          .filter(({ name, active }) => /^(systemd-oomd|earlyoom)/.test(name) && active === 'active')
          .map(({ name }) => name),
        'inactive',
      );
    },
  },
  {
    id: 'ssh-sessions',
    severity: 'warns',
    fix: { script: 'hosts/preflight/ssh-limits.sh', args: () => [] },
    evaluate({ facts }) {
      const value = facts.details.sshServer?.get('maxsessions');
      if (value === undefined) return couldNotRun('sshd -T');
      return Number(value) >= 10 ? pass : finding(`MaxSessions ${value}`, '≥ 10');
    },
  },
  {
    id: 'ssh-startups',
    severity: 'warns',
    fix: { script: 'hosts/preflight/ssh-limits.sh', args: () => [] },
    evaluate({ facts }) {
      const value = facts.details.sshServer?.get('maxstartups');
      if (value === undefined) return couldNotRun('sshd -T');
      return Number(value.split(':')[0]) >= 4 ? pass : finding(`MaxStartups ${value}`, '≥ 4');
    },
  },
  {
    id: 'ssh-slow-names',
    severity: 'informs',
    evaluate: ({ facts }) => (facts.details.sshServer?.get('usedns') === 'yes' ? finding('UseDNS yes', 'no') : pass),
  },
  {
    id: 'ssh-idle-cut',
    severity: 'warns',
    evaluate({ facts }) {
      const interval = Number(facts.details.sshServer?.get('clientaliveinterval') ?? 0);
      const count = Number(facts.details.sshServer?.get('clientalivecountmax') ?? 3);
      // With a count of 0 sshd never cuts; between the two it cuts when no answer came in time.
      return interval > 0 && count > 0 && interval * count < 30
        ? finding(`ClientAliveInterval ${interval} × ${count}`, '≥ 30 s')
        : pass;
    },
  },
  {
    id: 'ssh-forced-command',
    severity: 'blocks',
    evaluate({ facts }) {
      const command = facts.details.sshServer?.get('forcecommand') ?? 'none';
      return command === 'none' ? pass : finding(`ForceCommand ${command}`, 'none');
    },
  },
];
