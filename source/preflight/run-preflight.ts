import type { Bundle } from '../bundle/contents.ts';
import { openBundle } from '../bundle/open.ts';
import type { ClusterDocument, HostEntry } from '../cluster/document.ts';
import { toLandfallError } from '../errors.ts';
import type { HostConnection } from '../hosts/connection.ts';
import type { HostFacts } from '../hosts/facts.ts';
import { gatherFacts } from '../hosts/gather-facts.ts';
import { type CheckResult, finding, type HostInput, pass } from './check.ts';
import { checkBundle, checkBundleSpace } from './check-bundle.ts';
import { compareAll, type LookedAtHost, tryEachOther } from './check-together.ts';
import { connectChecks, connectFailure } from './connect-failure.ts';
import { evaluateHost } from './evaluate-host.ts';
import { type FixOutcome, fixFindings } from './fix.ts';
import { checkDiskSpeed, checkNames } from './probe-host.ts';
import type { PreflightReport } from './report.ts';
import { type ResultMaker, resultMaker } from './results.ts';

export type ReachHost = (name: string) => Promise<{ readonly connection: HostConnection; readonly facts: HostFacts }>;

export type PreflightOptions = {
  readonly document: ClusterDocument;
  /** Connection and facts of a host; throws what kept it from being reached. */
  readonly reach: ReachHost;
  /** Ids of findings that are accepted; see `acceptedIds`. */
  readonly accepted: ReadonlySet<string>;
  /** The bundle, or its folder; what concerns it is left out without. */
  readonly bundle?: string | Bundle;
  /** The disk test writes for some seconds; true unless set. */
  readonly diskTest?: boolean;
  /** Whether the hosts are tried with each other: always unless set, `when-new` when one of them is not in the cluster yet. */
  readonly betweenHosts?: boolean | 'when-new';
  /** Whether the hosts' name servers are asked; true unless set. */
  readonly names?: boolean;
  /** Mends what can be mended before the final results. */
  readonly fix?: boolean;
  /** Ids of checks whose findings are mended though that ends or takes away what somebody may want. */
  readonly setAside?: ReadonlySet<string>;
  readonly onResult?: (result: CheckResult) => void;
  readonly onFix?: (outcome: FixOutcome) => void;
  readonly signal?: AbortSignal;
};

// Logins at a time: enough to keep a network of a thousand hosts busy, few enough for the open files of any laptop.
const concurrentHosts = 64;

/** Works on all items, so many at a time, and answers in their order. */
export async function inParallel<Item, Answer>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers: Answer[] = new Array(items.length);
  let next = 0;
  await Promise.all(
    Array.from({ length: Math.min(limit, items.length) }, async () => {
      for (let index = next++; index < items.length; index = next++) answers[index] = await work(items[index] as Item);
    }),
  );
  return answers;
}

/** Whether this host is in this very cluster already, by its own record. */
export function isOwnNode(facts: HostFacts, document: ClusterDocument): boolean {
  const own = facts.details.ownCluster;
  return own === document.name || own === '?';
}

/**
 * Looks at every host, then at all of them together, the bundle and the applications. Changes nothing unless asked to
 * fix. A host that cannot be reached is a finding, and the others are looked at all the same.
 */
export async function runPreflight(options: PreflightOptions): Promise<PreflightReport> {
  const { document, accepted } = options;
  const signal = options.signal ?? new AbortController().signal;
  const start = performance.now();
  const make = resultMaker(accepted);
  const results: CheckResult[] = [];
  const report = (found: readonly CheckResult[]): void => {
    for (const result of found) {
      results.push(result);
      options.onResult?.(result);
    }
  };
  const reached = (
    await inParallel(document.hosts, concurrentHosts, async (host): Promise<LookedAtHost | undefined> => {
      signal.throwIfAborted();
      try {
        const { connection, facts } = await options.reach(host.name);
        const input = { host, facts, document, own: isOwnNode(facts, document) };
        report(connectChecks.map((id) => make(id, host.name, pass)));
        const { facts: latest, results: found } = await lookAt(connection, input, options);
        report(found);
        return { host, connection, facts: latest, own: input.own };
      } catch (thrown) {
        signal.throwIfAborted();
        report([connectFailure(host.name, thrown, make)]);
        return undefined;
      }
    })
  ).filter((host) => host !== undefined);
  report(compareAll(document, reached, make));
  if (options.bundle !== undefined) report(await bundleResults(options.bundle, document, reached, make));
  // A name server that does not answer takes seconds, in which the hosts can try each other.
  const names = inParallel(reached, concurrentHosts, async ({ host, connection, facts }) => {
    if (options.names !== false && (facts.details.nameservers ?? []).length > 0)
      report(await checkNames(host, connection, make, signal));
  });
  const [between] = await Promise.all([
    tryEachOther(document, reached, options.betweenHosts ?? true, make, signal),
    names,
  ]);
  report(between);
  if (options.diskTest !== false) {
    // One host after the other would take minutes; at once they would disturb each other only on shared disks.
    await inParallel(
      reached.filter(({ host, own: isOwn }) => host.role === 'control-plane' && !isOwn),
      3,
      async ({ host, connection }) => report([await checkDiskSpeed(host, connection, make, signal)]),
    );
  }
  signal.throwIfAborted();
  return { cluster: document.name, results, duration: performance.now() - start };
}

async function bundleResults(
  bundle: string | Bundle,
  document: ClusterDocument,
  hosts: readonly LookedAtHost[],
  make: ResultMaker,
): Promise<readonly CheckResult[]> {
  try {
    const opened = typeof bundle === 'string' ? await openBundle(bundle) : bundle;
    const space = await Promise.all(hosts.map((host) => checkBundleSpace(opened, document, host, make)));
    return [...(await checkBundle(opened, document, hosts, make)), ...space.flat()];
  } catch (thrown) {
    const error = toLandfallError(thrown);
    const id = error.code === 'BUNDLE_INCOMPLETE' ? 'bundle-complete' : 'bundle-opens';
    return [make(id, typeof bundle === 'string' ? bundle : bundle.directory, finding(error.message, 'bundle'))];
  }
}

/** The checks of one host; with `fix`, what can be mended is mended and looked at again. */
async function lookAt(
  connection: HostConnection,
  input: HostInput,
  options: PreflightOptions,
): Promise<{ readonly facts: HostFacts; readonly results: readonly CheckResult[] }> {
  const first = evaluateHost(input, options.accepted);
  const wanted = ({ id, onConsent }: CheckResult): boolean =>
    onConsent ? options.setAside?.has(id) === true : options.fix === true;
  const fixable = first.filter((result) => result.fixable && !result.accepted && wanted(result));
  if (fixable.length === 0) return { facts: input.facts, results: first };
  for (const outcome of await fixFindings(connection, input, fixable)) options.onFix?.(outcome);
  const facts = await gatherFacts(connection);
  return { facts, results: evaluateHost({ ...input, facts }, options.accepted) };
}

/** Mends the named findings of one host and answers all of its checks anew. */
export async function fixHost(
  options: PreflightOptions,
  host: HostEntry,
  ids: ReadonlySet<string>,
): Promise<readonly CheckResult[]> {
  const { connection } = await options.reach(host.name);
  const facts = await gatherFacts(connection);
  const input = { host, facts, document: options.document, own: isOwnNode(facts, options.document) };
  const wanted = evaluateHost(input, options.accepted).filter((result) => result.fixable && ids.has(result.id));
  for (const outcome of await fixFindings(connection, input, wanted)) options.onFix?.(outcome);
  return evaluateHost({ ...input, facts: await gatherFacts(connection) }, options.accepted);
}
