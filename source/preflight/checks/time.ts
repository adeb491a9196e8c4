import { couldNotRun, finding, findingWhen, type HostCheck, type HostInput, pass } from '../check.ts';
import { isContainer } from '../virtualization.ts';

const services = [
  'systemd-timesyncd.service',
  'chronyd.service',
  'chrony.service',
  'ntpd.service',
  'ntp.service',
  'ntpsec.service',
  'openntpd.service',
  'ptp4l.service',
];

/** A container has no clock of its own, and nothing in it could set one. */
function ownClock({ facts }: HostInput): boolean {
  return !isContainer(facts);
}

function active({ facts }: HostInput): readonly string[] {
  const running = (facts.details.unitStates ?? []).filter(
    (unit) => services.includes(unit.name) && unit.active === 'active',
  );
  // Some distributions know one service by two names, which then come from the same file.
  return [...new Map(running.map((unit) => [unit.file, unit.name])).values()];
}

export const timeChecks: readonly HostCheck[] = [
  {
    id: 'clock-plausible',
    severity: 'blocks',
    neverIgnored: true,
    evaluate({ facts }) {
      if (!(facts.time > 0)) return couldNotRun('date');
      const year = new Date(facts.time * 1000).getUTCFullYear();
      return year >= 2025 && year < 2100 ? pass : finding(new Date(facts.time * 1000).toISOString(), '≥ 2025');
    },
  },
  {
    id: 'time-service',
    severity: 'warns',
    applies: ownClock,
    evaluate: (input) =>
      input.facts.details.unitStates === undefined
        ? couldNotRun('systemctl')
        : active(input).length > 0
          ? pass
          : finding('-', 'chronyd, systemd-timesyncd'),
  },
  {
    id: 'time-two-services',
    severity: 'warns',
    evaluate(input) {
      if (input.facts.details.unitStates === undefined) return couldNotRun('systemctl');
      // PTP sets the hardware clock of a network card, and another service follows it.
      const running = active(input).filter((name) => name !== 'ptp4l.service');
      return findingWhen(running.length > 1 ? running : [], '1');
    },
  },
  {
    id: 'time-synchronised',
    severity: 'warns',
    applies: (input) => ownClock(input) && active(input).length > 0,
    evaluate(input) {
      const { synchronised } = input.facts.details;
      const [service = ''] = active(input);
      if (synchronised === 'yes') return pass;
      // timesyncd leaves its mark when it has set the clock; the others have no file to look at.
      if (synchronised === 'no' || service === 'systemd-timesyncd.service') return finding(service, 'synchronised');
      return couldNotRun(service);
    },
  },
  {
    id: 'hardware-clock-local',
    severity: 'warns',
    evaluate: ({ facts }) => (facts.details.hardwareClockLocal === true ? finding('/etc/adjtime LOCAL', 'UTC') : pass),
  },
  {
    id: 'clock-source',
    severity: 'informs',
    evaluate({ facts }) {
      const source = facts.details.clockSource;
      if (source === undefined) return couldNotRun('clocksource');
      return /^(jiffies|acpi_pm|hpet|refined-jiffies)$/.test(source)
        ? finding(source, 'tsc, kvm-clock, arch_sys_counter')
        : pass;
    },
  },
];
