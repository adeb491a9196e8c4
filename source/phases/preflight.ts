import type { HostEntry } from '../cluster/document.ts';
import type { Step, StepReporter } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import { gatherFacts } from '../hosts/gather-facts.ts';
import { acceptedIds } from '../preflight/accept.ts';
import type { CheckResult, Verdict } from '../preflight/check.ts';
import { checkBundle, checkBundleSpace } from '../preflight/check-bundle.ts';
import { compareAll, type LookedAtHost, tryEachOther } from '../preflight/check-together.ts';
import { evaluateHost } from '../preflight/evaluate-host.ts';
import { blocking } from '../preflight/report.ts';
import { resultMaker } from '../preflight/results.ts';
import { inParallel, isOwnNode } from '../preflight/run-preflight.ts';
import { checkText } from '../preflight/words.ts';
import type { InstallContext } from './context.ts';

/** Ids of the steps that everything which changes a host has to come after. */
export function preflightSteps(host: HostEntry): readonly string[] {
  return [`preflight/host@${host.name}`, 'preflight/together@operator'];
}

// As many logins at a time as a run makes anyway.
const concurrentHosts = 32;

function describe(result: CheckResult): string {
  const { title } = checkText(result.id, 'en');
  const { verdict } = result;
  const evidence =
    verdict.state === 'finding'
      ? `does not hold: ${verdict.seen}; needed: ${verdict.needed}`
      : verdict.state === 'could-not-run'
        ? `could not be checked: ${verdict.reason}`
        : 'holds';
  return `"${title}" [${result.id}] ${evidence}`;
}

const seenIn = (verdict: Verdict): string => (verdict.state === 'finding' ? verdict.seen : '');

function whatToDo(result: CheckResult): string {
  const { mend } = checkText(result.id, 'en');
  const again = /[.!?]$/.test(mend) ? `${mend} Then` : `${mend}; then`;
  const way = result.onConsent ? `--set-aside ${result.id} puts it aside until a reset.` : '--fix mends it as well.';
  const itself = result.fixable ? ` landfall preflight ${way}` : '';
  const accept = result.neverIgnored
    ? ''
    : ` To go on in spite of it, name ${result.id} under spec.preflight.accept in the cluster document.`;
  return `${again} run the same command again.${itself}${accept}`;
}

/**
 * Says what was found and nobody accepted, and throws PREFLIGHT_BLOCKED when it stops the install.
 * @param subject the host, or what else is not ready.
 */
export function concludeChecks(subject: string, results: readonly CheckResult[], reporter: StepReporter): void {
  const open = results.filter((result) => result.verdict.state !== 'pass' && !result.accepted);
  for (const result of open) reporter.output(`${result.subject}: ${describe(result)}`);
  const stops = blocking(results);
  const [first] = stops;
  if (first !== undefined) {
    const more = stops.length > 1 ? ` (and ${stops.length - 1} more)` : '';
    const where = first.subject === subject ? '' : `${first.subject}: `;
    throw new LandfallError({
      code: 'PREFLIGHT_BLOCKED',
      message: `${subject} is not ready: ${where}${describe(first)}${more}.`,
      fix: whatToDo(first),
      // A machine that is still starting is worth waiting for.
      transient: stops.every(({ id, verdict }) => id === 'systemd-state' && seenIn(verdict) === 'starting'),
      context: stops.length > 1 ? { output: stops.slice(0, 20).map(describe).join('\n') } : {},
    });
  }
  const warnings = open.filter((result) => result.severity !== 'informs').map((result) => result.id);
  if (warnings.length === 0) return;
  const words = warnings.length === 1 ? '1 warning' : `${warnings.length} warnings`;
  reporter.note(`${subject}: ${words} (${[...new Set(warnings)].join(', ')}); landfall preflight explains them`);
}

/**
 * All checks, before anything is changed. A host that is not ready stops alone; what is wrong between hosts, with the
 * bundle or with the cluster as a whole stops the run. They change nothing, so they are never more than probed. Hosts that
 * are in the cluster already are not tried with each other again, and the test of the disks is left to
 * `landfall preflight`, because it writes for some seconds.
 */
export function preflight(context: InstallContext): readonly Step[] {
  const { document, bundle } = context;
  const accepted = acceptedIds(document.preflight?.accept ?? []);
  const make = resultMaker(accepted);
  const arrived = new Map<string, LookedAtHost>();
  // Names of those that were tried with each other; undefined until it is known who can be.
  let tried: ReadonlySet<string> | undefined;
  const looks = new Map<string, number>();

  /** Facts of the login are fresh enough once; who looks again wants to know what is different now. */
  const look = async (host: HostEntry, who: string): Promise<LookedAtHost> => {
    const { connection, facts: first } = await context.host(host.name);
    const key = `${who} ${host.name}`;
    const count = looks.get(key) ?? 0;
    looks.set(key, count + 1);
    const facts = count === 0 ? first : await gatherFacts(connection);
    return { host, connection, facts, own: isOwnNode(facts, document) };
  };
  const together = async (hosts: readonly LookedAtHost[], signal: AbortSignal): Promise<readonly CheckResult[]> => [
    ...compareAll(document, hosts, make),
    ...(await tryEachOther(document, hosts, 'when-new', make, signal)),
  ];

  const hostStep = (host: HostEntry): Step => {
    const check = async (reporter: StepReporter): Promise<void> => {
      const looked = await look(host, 'host');
      const { facts, own } = looked;
      arrived.set(host.name, looked);
      const late = tried !== undefined && !tried.has(host.name);
      concludeChecks(
        host.name,
        [
          ...evaluateHost({ host, facts, document, own }, accepted),
          ...(await checkBundleSpace(bundle, document, looked, make)),
          // It could not be reached when the others were looked at together.
          ...(late ? await together([...arrived.values()], reporter.signal) : []),
        ],
        reporter,
      );
    };
    return {
      id: `preflight/host@${host.name}`,
      phase: 'preflight',
      host: host.name,
      title: 'Check the host',
      kind: 'host',
      after: [`connect/host@${host.name}`],
      async probe(reporter) {
        await check(reporter);
        return { state: 'done' };
      },
      apply: check,
      verify: async () => {},
    };
  };

  const checkTogether = async (reporter: StepReporter): Promise<void> => {
    tried = undefined;
    // Whoever cannot be reached has a failed step of its own, and is no reason to wait for.
    const reached = await inParallel(document.hosts, concurrentHosts, (host) =>
      look(host, 'together').catch(() => undefined),
    );
    const hosts = document.hosts.flatMap((host, index) => reached[index] ?? arrived.get(host.name) ?? []);
    tried = new Set(hosts.map(({ host }) => host.name));
    const isNew = hosts.some((host) => !host.own);
    const [ofBundle, ofHosts] = await Promise.all([
      checkBundle(bundle, document, hosts, make, isNew),
      together(hosts, reporter.signal),
    ]);
    concludeChecks(document.name, [...ofBundle, ...ofHosts], reporter);
  };

  return [
    ...document.hosts.map(hostStep),
    {
      id: 'preflight/together@operator',
      phase: 'preflight',
      host: 'operator',
      title: 'Check the hosts with each other, the bundle and the applications',
      kind: 'operator',
      after: [],
      async probe(reporter) {
        await checkTogether(reporter);
        return { state: 'done' };
      },
      apply: checkTogether,
      verify: async () => {},
    },
  ];
}
