import type { HostEntry } from '../cluster/document.ts';
import type { Step } from '../engine/step.ts';
import { LandfallError } from '../errors.ts';
import { acceptedIds } from '../preflight/accept.ts';
import type { CheckResult } from '../preflight/check.ts';
import { blocking } from '../preflight/report.ts';
import { runPreflight } from '../preflight/run-preflight.ts';
import { checkText } from '../preflight/words.ts';
import type { InstallContext } from './context.ts';

/** Id of the step that everything which changes a host has to come after. */
export const preflightStep = 'preflight/checks@operator';

function describe(result: CheckResult): string {
  const { title } = checkText(result.id, 'en');
  const { verdict } = result;
  const evidence =
    verdict.state === 'finding'
      ? `${verdict.seen} (needed: ${verdict.needed})`
      : verdict.state === 'could-not-run'
        ? `could not run: ${verdict.reason}`
        : 'passed';
  return `${result.subject}: ${title} [${result.id}]: ${evidence}`;
}

/**
 * All checks, before anything is changed. What blocks and was not accepted by its id stops the run here; the rest is
 * said and the run goes on. It changes nothing, so it is never more than probed. The disk test is left to
 * `landfall preflight`, because a run should not begin with minutes of writing.
 */
export function preflight(context: InstallContext): Step {
  const { document, bundle } = context;
  const look = async (say: (line: string) => void, signal: AbortSignal): Promise<void> => {
    const report = await runPreflight({
      document,
      accepted: acceptedIds(document.preflight?.accept ?? []),
      reach: context.host,
      bundle,
      betweenHosts: 'when-new',
      diskTest: false,
      signal,
    });
    const noteworthy = report.results.filter((result) => result.verdict.state !== 'pass' && !result.accepted);
    for (const result of noteworthy) say(describe(result));
    const stops = blocking(report.results);
    const [first] = stops;
    if (first === undefined) return;
    const more = stops.length > 1 ? ` (and ${stops.length - 1} more)` : '';
    throw new LandfallError({
      code: 'PREFLIGHT_BLOCKED',
      message: `The machines are not ready: ${describe(first)}${more}.`,
      fix: `${checkText(first.id, 'en').mend} All findings: landfall preflight with the same document. Nothing was changed.`,
      context: {
        step: 'preflight',
        output: stops.slice(0, 20).map(describe).join('\n'),
        ...(document.hosts.some((host: HostEntry) => host.name === first.subject) ? { host: first.subject } : {}),
      },
    });
  };
  return {
    id: preflightStep,
    phase: 'preflight',
    host: 'operator',
    title: 'Check the machines before anything is changed',
    kind: 'operator',
    after: document.hosts.map((host) => `connect/host@${host.name}`),
    async probe(reporter) {
      await look((line) => reporter.output(line), reporter.signal);
      return { state: 'done' };
    },
    apply: (reporter) => look((line) => reporter.output(line), reporter.signal),
    verify: async () => {},
  };
}
