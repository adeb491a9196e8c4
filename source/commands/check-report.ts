import { LandfallError } from '../errors.ts';
import { formatJson, formatJunit, formatText } from '../preflight/format.ts';
import type { PreflightReport } from '../preflight/report.ts';
import { exitCode } from '../preflight/report.ts';
import type { CheckLanguage } from '../preflight/words.ts';
import { print } from './print.ts';

const outputs = ['text', 'json', 'junit'] as const;

export type ReportOutput = (typeof outputs)[number];

/** Throws USAGE for a format there is not. */
export function parseReportOutput(asked: string): ReportOutput {
  const output = outputs.find((name) => name === asked);
  if (output !== undefined) return output;
  throw new LandfallError({
    code: 'USAGE',
    message: `There is no output format named ${asked}.`,
    fix: `Use one of: ${outputs.join(', ')}.`,
    exitStatus: 2,
  });
}

/** The language of the person: what was asked for, else that of the terminal. */
export function chooseLanguage(asked: string | undefined): CheckLanguage {
  const wanted = asked ?? process.env['LC_ALL'] ?? process.env['LC_MESSAGES'] ?? process.env['LANG'] ?? '';
  return wanted.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** An option that may be given again, or with commas. */
export function collectIds(value: string, before: readonly string[]): readonly string[] {
  return [...before, ...value.split(',').filter((id) => id !== '')];
}

/** Prints a report and sets the exit code that it comes to. */
export function showReport(
  report: PreflightReport,
  output: ReportOutput,
  language: CheckLanguage,
  command: 'preflight' | 'doctor',
): void {
  if (output === 'json') print(formatJson(report, language));
  else if (output === 'junit') print(formatJunit(report, language, command));
  else for (const line of formatText(report, language)) print(line);
  process.exitCode = exitCode(report.results);
}

/** Runs what may be ended by Ctrl-C, which then is an error of its own. */
export async function untilInterrupted<Result>(work: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const abort = new AbortController();
  const stop = (): void =>
    abort.abort(new LandfallError({ code: 'ABORTED', message: 'The checks were ended.', exitStatus: 130 }));
  process.once('SIGINT', stop);
  try {
    return await work(abort.signal);
  } finally {
    process.off('SIGINT', stop);
  }
}
