import type { CheckResult, Severity } from './check.ts';
import { countResults, exitCode, type PreflightReport } from './report.ts';
import { type CheckLanguage, checkText, reportWords } from './words.ts';

const order: readonly Severity[] = ['blocks', 'warns', 'informs'];

function rank(result: CheckResult): number {
  const base = order.indexOf(result.severity) * 2;
  return result.verdict.state === 'finding' ? base : base + 1;
}

/** Lines for a person: what is not as it should be, the worst first, with why it matters and what to do. */
export function formatText(report: PreflightReport, language: CheckLanguage): readonly string[] {
  const words = reportWords[language];
  const open = report.results
    .filter((result) => result.verdict.state !== 'pass')
    .toSorted((left, right) => rank(left) - rank(right));
  const lines = open.flatMap((result) => {
    const { title, why, mend } = checkText(result.id, language);
    const { verdict } = result;
    const mark = verdict.state === 'finding' ? words.severity[result.severity] : words.couldNotRun;
    const head = `${mark}  ${result.subject}  ${title}  [${result.id}]${result.accepted ? `  (${words.accepted})` : ''}`;
    if (result.accepted) return [head];
    if (verdict.state === 'could-not-run') return [head, `    ${verdict.reason}`, ''];
    if (verdict.state !== 'finding') return [];
    const ways = [
      ...(result.fixable ? [result.onConsent ? words.setAsideHint(result.id) : words.fixable] : []),
      ...(result.severity !== 'informs' && !result.neverIgnored ? [words.acceptHint(result.id)] : []),
    ];
    return [
      head,
      `    ${words.seen}: ${verdict.seen}`,
      `    ${words.needed}: ${verdict.needed}`,
      `    ${words.why}: ${why}`,
      `    ${words.mend}: ${mend}`,
      ...(ways.length > 0 ? [`    → ${ways.join('; ')}`] : []),
      '',
    ];
  });
  const counts = countResults(report.results);
  return [...lines, words.summary({ ...counts, seconds: (report.duration / 1000).toFixed(1) })];
}

/** The whole report for programs; texts in the language asked for. */
export function formatJson(report: PreflightReport, language: CheckLanguage): string {
  return JSON.stringify(
    {
      cluster: report.cluster,
      exitCode: exitCode(report.results),
      milliseconds: Math.round(report.duration),
      counts: countResults(report.results),
      results: report.results.map((result) => ({
        id: result.id,
        scope: result.scope,
        subject: result.subject,
        severity: result.severity,
        state: result.verdict.state,
        ...(result.verdict.state === 'finding' ? { seen: result.verdict.seen, needed: result.verdict.needed } : {}),
        ...(result.verdict.state === 'could-not-run' ? { reason: result.verdict.reason } : {}),
        accepted: result.accepted,
        neverIgnored: result.neverIgnored,
        fixable: result.fixable,
        ...(result.onConsent ? { onConsent: true } : {}),
        ...checkText(result.id, language),
      })),
    },
    undefined,
    2,
  );
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function xml(text: string): string {
  // Control characters have no place in XML at all.
  return text
    .replace(/\p{Cc}/gu, (sign) => (sign === '\n' || sign === '\t' ? sign : '?'))
    .replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign);
}

/** JUnit XML: a suite for each subject; what blocks or warns fails, what could not run is skipped, notes are output. */
export function formatJunit(
  report: PreflightReport,
  language: CheckLanguage,
  command: 'preflight' | 'doctor' = 'preflight',
): string {
  const suites = Map.groupBy(report.results, (result) => result.subject);
  const failed = (result: CheckResult): boolean =>
    result.verdict.state === 'finding' && result.severity !== 'informs' && !result.accepted;
  const skipped = (result: CheckResult): boolean =>
    result.verdict.state === 'could-not-run' || (result.verdict.state === 'finding' && result.accepted);
  const test = (result: CheckResult): string => {
    const { title, why, mend } = checkText(result.id, language);
    const open = `    <testcase classname="${xml(`${result.scope}.${result.subject}`)}" name="${xml(`${result.id}: ${title}`)}"`;
    const { verdict } = result;
    if (verdict.state === 'pass') return `${open}/>`;
    if (verdict.state === 'could-not-run') return `${open}><skipped message="${xml(verdict.reason)}"/></testcase>`;
    const evidence = `${verdict.seen} (${verdict.needed})`;
    if (result.accepted) return `${open}><skipped message="${xml(evidence)}"/></testcase>`;
    if (result.severity === 'informs') return `${open}><system-out>${xml(evidence)}</system-out></testcase>`;
    return `${open}><failure type="${result.severity}" message="${xml(evidence)}">${xml(`${why}\n${mend}`)}</failure></testcase>`;
  };
  const count = (results: readonly CheckResult[], which: (result: CheckResult) => boolean): number =>
    results.filter(which).length;
  const body = [...suites].map(
    ([subject, results]) =>
      `  <testsuite name="${xml(subject)}" tests="${results.length}" failures="${count(results, failed)}" errors="0" skipped="${count(results, skipped)}">\n${results.map(test).join('\n')}\n  </testsuite>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${xml(`landfall ${command} ${report.cluster}`)}" tests="${report.results.length}" failures="${count(report.results, failed)}" errors="0" skipped="${count(report.results, skipped)}" time="${(report.duration / 1000).toFixed(3)}">\n${body.join('\n')}\n</testsuites>`;
}
