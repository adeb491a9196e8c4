import type { LanguageName } from '../../language/index.ts';
import { inParallel } from '../../practice/parallel.ts';
import { acceptedIds } from '../../preflight/accept.ts';
import type { CheckResult as PreflightResult } from '../../preflight/check.ts';
import { fixHost, type PreflightOptions, runPreflight } from '../../preflight/run-preflight.ts';
import { checkText } from '../../preflight/words.ts';
import type { CheckResult, CheckTarget, WizardDraft } from '../../presenters/terminal/services.ts';
import { openHostPool } from '../../runs/open-context.ts';
import { draftDocument } from './draft-document.ts';

function shown(result: PreflightResult, language: LanguageName): CheckResult {
  const { verdict } = result;
  const words = checkText(result.id, language);
  const seen =
    verdict.state === 'finding' ? verdict.seen : verdict.state === 'could-not-run' ? verdict.reason : undefined;
  return {
    id: result.id,
    host: result.subject,
    title: words.title,
    group: result.scope,
    outcome: verdict.state === 'pass' ? 'passed' : verdict.state === 'finding' ? 'failed' : 'could-not-check',
    severity: result.severity,
    ...(seen === undefined ? {} : { seen }),
    ...(verdict.state === 'finding' ? { needed: verdict.needed } : {}),
    why: words.why,
    remedy: words.mend,
    fixable: result.fixable,
    ...(result.onConsent ? { onConsent: true as const } : {}),
    acceptable: !result.neverIgnored,
  };
}

/** Connections for the checks of a draft, with the keys the person saw on the hosts screen. */
async function withPool<Result>(
  draft: WizardDraft,
  home: string,
  signal: AbortSignal,
  work: (options: PreflightOptions) => Promise<Result>,
): Promise<Result> {
  const { unwritten: document, secrets } = draftDocument(draft);
  const pool = openHostPool(document, home, secrets);
  try {
    return await work({
      document,
      reach: pool.host,
      accepted: acceptedIds([]),
      signal,
      ...(draft.bundle === '' ? {} : { bundle: draft.bundle }),
    });
  } finally {
    await pool.close();
  }
}

export function runChecks(
  draft: WizardDraft,
  home: string,
  language: LanguageName,
  onResult: (result: CheckResult) => void,
  signal: AbortSignal,
): Promise<void> {
  return withPool(draft, home, signal, async (options) => {
    await runPreflight({ ...options, onResult: (result) => onResult(shown(result, language)) });
  });
}

/** Mends what was found, host by host, and answers those hosts' checks anew. */
export function fixChecks(
  draft: WizardDraft,
  targets: readonly CheckTarget[],
  home: string,
  language: LanguageName,
  onResult: (result: CheckResult) => void,
  signal: AbortSignal,
): Promise<void> {
  return withPool(draft, home, signal, async (options) => {
    const names = [...new Set(targets.map(({ host }) => host))];
    await inParallel(names, 16, signal, async (name) => {
      const host = options.document.hosts.find((candidate) => candidate.name === name);
      if (host === undefined) return;
      const ids = new Set(targets.filter((target) => target.host === name).map(({ id }) => id));
      for (const result of await fixHost(options, host, ids)) onResult(shown(result, language));
    });
  });
}
