import type { ClusterDocument } from '../cluster/document.ts';
import { checksEn } from '../language/checks-en.ts';
import type { CheckResult as PreflightResult } from '../preflight/check.ts';
import { evaluateHost } from '../preflight/evaluate-host.ts';
import type { CheckResult, CheckTarget, WizardDraft } from '../presenters/terminal/services.ts';
import { inParallel } from './parallel.ts';
import { practiceCommand } from './practice-commands.ts';
import { type ConnectedHosts, problemOf } from './services-hosts.ts';

const atOnce = 32;

function shown(result: PreflightResult): CheckResult {
  const { verdict } = result;
  const words = checksEn[result.id];
  return {
    id: result.id,
    host: result.subject,
    title: words.title,
    group: groupOf(result.id),
    outcome: verdict.state === 'pass' ? 'passed' : verdict.state === 'finding' ? 'failed' : 'could-not-check',
    severity: result.severity,
    ...(verdict.state === 'finding' ? { seen: verdict.seen, needed: verdict.needed } : {}),
    ...(verdict.state === 'could-not-run' ? { seen: verdict.reason } : {}),
    why: words.why,
    remedy: words.mend,
    fixable: verdict.state === 'finding',
    acceptable: !result.neverIgnored,
  };
}

const groupOf = (id: string): string => {
  const [first = id] = id.split('-');
  return first.charAt(0).toUpperCase() + first.slice(1);
};

/** The real checks over the facts of practice hosts. */
export async function checkHosts(
  hosts: ConnectedHosts,
  draft: WizardDraft,
  document: ClusterDocument,
  onResult: (result: CheckResult) => void,
  signal: AbortSignal,
): Promise<void> {
  await inParallel(draft.hosts, atOnce, signal, async (entry) => {
    const host = document.hosts.find((candidate) => candidate.name === entry.nodeName);
    if (host === undefined) return;
    try {
      const facts = await hosts.facts(host, entry.login ?? draft.login);
      const accepted = new Set(
        draft.acceptedWarnings.filter((target) => target.host === entry.nodeName).map((target) => target.id),
      );
      if (signal.aborted) return;
      for (const result of evaluateHost({ host, facts, document, own: false }, accepted)) onResult(shown(result));
    } catch (thrown) {
      const problem = problemOf(thrown);
      onResult({
        id: 'host-reached',
        host: entry.nodeName,
        title: 'The host can be reached',
        group: 'System',
        outcome: 'failed',
        severity: 'blocks',
        seen: problem.message,
        ...(problem.fix === undefined ? {} : { remedy: problem.fix }),
        fixable: false,
        acceptable: false,
      });
    }
  });
}

/** Repairs what was found on practice hosts, then checks those hosts again. */
export async function repairHosts(
  hosts: ConnectedHosts,
  draft: WizardDraft,
  document: ClusterDocument,
  targets: readonly CheckTarget[],
  onResult: (result: CheckResult) => void,
  signal: AbortSignal,
): Promise<void> {
  await inParallel(targets, atOnce, signal, async (target) => {
    const host = document.hosts.find((candidate) => candidate.name === target.host);
    const entry = draft.hosts.find((candidate) => candidate.nodeName === target.host);
    if (host === undefined || entry === undefined) return;
    await hosts.run(host, entry.login ?? draft.login, practiceCommand('repair'), [target.id]);
  });
  const touched = new Set(targets.map((target) => target.host));
  const again = { ...draft, hosts: draft.hosts.filter((entry) => touched.has(entry.nodeName)) };
  await checkHosts(hosts, again, document, onResult, signal);
}
