import type { ClusterDocument } from '../cluster/document.ts';
import type { HostFacts } from '../hosts/facts.ts';
import { type CheckId, type CheckResult, couldNotRun, findingWhen, type Verdict } from './check.ts';
import { type ClockReading, median, probeClock } from './clock-probe.ts';
import { meshCheckOf } from './mesh-plan.ts';
import { type LinkAnswer, type MeshHost, probeMesh } from './mesh-probe.ts';
import { tryTunnels } from './overlay-probe.ts';
import { type PeerMeasure, type PeerProbe, probePeers } from './peer-probe.ts';
import type { ResultMaker } from './results.ts';

export type ReachedHost = MeshHost & { readonly facts: HostFacts };

// etcd gives up on a leader after a second without a sign, and bootstrap tokens and leases live for minutes; from about a
// second on, order of events and validity of fresh certificates are in doubt.
const mostSkew = 1;
const mostLatency = 50;
const mostLatencyOfPlanes = 10;

const fewest = (lines: readonly string[]): readonly string[] =>
  lines.length > 6 ? [...lines.slice(0, 6), `+ ${lines.length - 6}`] : lines;

/** Clocks against their own median, so that a wrong clock of the operator machine does not matter. */
export function judgeClocks(readings: readonly (ClockReading | undefined)[], hosts: readonly string[]): Verdict {
  const known = readings.filter((reading) => reading !== undefined);
  if (known.length < 2) return couldNotRun('date');
  const middle = median(known.map((reading) => reading.offset));
  const wrong = known.filter((reading) => Math.abs(reading.offset - middle) - reading.uncertainty > mostSkew);
  if (wrong.length === 0 && known.length < hosts.length) return couldNotRun('date');
  return findingWhen(
    wrong.map((reading) => {
      const distance = reading.offset - middle;
      return `${reading.host} ${distance > 0 ? '+' : ''}${distance.toFixed(1)} s`;
    }),
    `± ${mostSkew} s`,
  );
}

/** One verdict for each group of ports, naming every connection that does not come about. */
export function judgeMesh(
  answers: readonly LinkAnswer[],
  document: ClusterDocument,
  make: ResultMaker,
): readonly CheckResult[] {
  const groups = new Map<CheckId, LinkAnswer[]>();
  for (const answer of answers) {
    const id = meshCheckOf(answer.port);
    groups.set(id, [...(groups.get(id) ?? []), answer]);
  }
  return [...groups].map(([id, links]) => {
    const shut = links.filter((link) => link.answer !== 'open' && link.answer !== 'unknown');
    const unknown = links.filter((link) => link.answer === 'unknown');
    const ports = [...new Set(links.map((link) => `${link.port.port}/${link.port.protocol}`))].join(', ');
    const verdict =
      shut.length === 0 && unknown.length > 0
        ? couldNotRun(fewest([...new Set(unknown.map((link) => link.reason ?? ''))]).join('; '))
        : findingWhen(
            fewest(
              shut.map(
                (link) => `${link.from.name} → ${link.to.name}:${link.port.port}/${link.port.protocol} ${link.answer}`,
              ),
            ),
            `${ports} open`,
          );
    return make(id, document.name, verdict);
  });
}

/** Verdicts over what the hosts measured on the way to each other. */
export function judgePeers(
  probe: PeerProbe,
  hosts: readonly ReachedHost[],
  document: ClusterDocument,
  make: ResultMaker,
): readonly CheckResult[] {
  const { measures } = probe;
  const between = (
    id: CheckId,
    wrong: readonly string[],
    needed: string,
    unknown: readonly string[] = [],
  ): CheckResult => {
    const reasons = [...[...probe.silent].map(([host, reason]) => `${host}: ${reason}`), ...unknown];
    return make(
      id,
      document.name,
      wrong.length === 0 && reasons.length > 0
        ? couldNotRun(fewest(reasons).join('; '))
        : findingWhen(fewest(wrong), needed),
    );
  };
  const arrow = (measure: PeerMeasure): string => `${measure.from.name} → ${measure.to.name}`;
  const slow = (most: number, planes: boolean): readonly string[] =>
    measures
      .filter((measure) => (measure.from.role === 'control-plane' && measure.to.role === 'control-plane') === planes)
      .filter((measure) => (measure.latency ?? 0) > most)
      .map((measure) => `${arrow(measure)} ${measure.latency} ms`);
  // A ping that never comes back may be forbidden; that is for the mesh of ports to say.
  const lossy = measures.filter((measure) => measure.loss > 0 && measure.loss < 100);
  const mute = measures.filter((measure) => measure.loss >= 100).map((measure) => `${arrow(measure)} ping -`);
  const cards = new Map(
    hosts.map(({ host, facts }) => [
      host.name,
      (facts.details.interfaces ?? []).map((card) => card.hardwareAddress.toLowerCase()),
    ]),
  );
  const routed = new Set(
    hosts.flatMap(({ facts }) => facts.details.neighbours.map((neighbour) => neighbour.hardwareAddress.toLowerCase())),
  );
  const taken = measures.filter((measure) => {
    const own = cards.get(measure.to.name) ?? [];
    return (
      measure.hardwareAddress !== undefined && own.length > 0 && !own.includes(measure.hardwareAddress.toLowerCase())
    );
  });
  return [
    between(
      'mesh-loss',
      lossy.map((measure) => `${arrow(measure)} ${measure.loss} %`),
      '0 %',
      mute,
    ),
    between('mesh-latency', slow(mostLatency, false), `≤ ${mostLatency} ms`, mute),
    between('mesh-latency-etcd', slow(mostLatencyOfPlanes, true), `≤ ${mostLatencyOfPlanes} ms`, mute),
    between(
      'mesh-path-mtu',
      measures
        .filter((measure) => measure.fullSize === false)
        .map((measure) => `${arrow(measure)} ${measure.biggest} < mtu ${mtuOf(hosts, measure)}`),
      'mtu',
      [...mute, ...measures.filter((measure) => measure.loss < 100 && measure.fullSize === undefined).map(arrow)],
    ),
    between(
      'address-taken',
      taken.map((measure) => `${measure.to.address} ← ${measure.hardwareAddress} ≠ ${measure.to.name}`),
      '1',
      routed.size === 0 && measures.every((measure) => measure.hardwareAddress === undefined) ? mute : [],
    ),
  ];
}

function mtuOf(hosts: readonly ReachedHost[], measure: PeerMeasure): number | string {
  const from = hosts.find(({ host }) => host.name === measure.from.name);
  return from?.facts.addresses.find((entry) => entry.address === measure.from.address)?.mtu ?? '?';
}

/** Everything that takes more than one host at work at the same time. Bounded to seconds, and leaves nothing behind. */
export async function checkBetweenHosts(
  document: ClusterDocument,
  hosts: readonly ReachedHost[],
  make: ResultMaker,
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  if (hosts.length < 2) return [];
  // Clocks first and alone: what is busy answers late.
  const readings = await Promise.all(
    hosts.map(({ host, connection }) => probeClock(host.name, connection, signal).catch(() => undefined)),
  );
  const [answers, peers] = await Promise.all([
    probeMesh(document, hosts, signal).then((tried) => tryTunnels(tried, hosts, signal)),
    probePeers(hosts, signal),
  ]);
  return [
    make(
      'clock-skew',
      document.name,
      judgeClocks(
        readings,
        hosts.map(({ host }) => host.name),
      ),
    ),
    ...judgeMesh(answers, document, make),
    ...judgePeers(peers, hosts, document, make),
  ];
}
