import path from 'node:path';
import { Command } from 'commander';
import { clusterHome } from '../cluster/home.ts';
import { recallCluster } from '../cluster/known-cluster.ts';
import { loadClusterDocument } from '../cluster/load-document.ts';
import { LandfallError } from '../errors.ts';
import { acceptedIds } from '../preflight/accept.ts';
import { formatJson, formatJunit, formatText } from '../preflight/format.ts';
import { exitCode } from '../preflight/report.ts';
import { runPreflight } from '../preflight/run-preflight.ts';
import type { CheckLanguage } from '../preflight/words.ts';
import { openHostPool } from '../runs/open-context.ts';
import { print, printAside } from './print.ts';

type PreflightCommandOptions = {
  readonly bundle?: string;
  readonly fix?: true;
  readonly accept: readonly string[];
  readonly output: string;
  readonly language?: string;
  readonly diskTest: boolean;
};

const outputs = ['text', 'json', 'junit'] as const;

/** The language of the person: what was asked for, else that of the terminal. */
function chooseLanguage(asked: string | undefined): CheckLanguage {
  const wanted = asked ?? process.env['LC_ALL'] ?? process.env['LC_MESSAGES'] ?? process.env['LANG'] ?? '';
  return wanted.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/**
 * `landfall preflight`: says what is wrong with the machines of a document, and changes nothing unless asked to.
 * Exit codes: 0 ready, 1 something blocks, 2 wrong use, 5 warnings, 6 checks that could not run.
 */
export function preflightCommand(): Command {
  return new Command('preflight')
    .description('check the machines of a cluster document before anything is changed')
    .argument('<document>', 'the cluster document, cluster.yaml')
    .option('--bundle <folder>', 'the offline bundle that is to be installed; the remembered one unless given')
    .option('--fix', 'mend what can be mended safely; landfall reset undoes it')
    .option('--accept <id>', 'accept the finding of this check; may be given more than once', collect, [])
    .option('--no-disk-test', 'leave out the test of the disk speed, which writes for some seconds')
    .option('--output <format>', 'text, json or junit', 'text')
    .option('--language <name>', 'en or zh; that of the terminal unless given')
    .action(preflight);
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, ...value.split(',').filter((id) => id !== '')];
}

async function preflight(file: string, options: PreflightCommandOptions): Promise<void> {
  const output = outputs.find((name) => name === options.output);
  if (output === undefined) {
    throw new LandfallError({
      code: 'USAGE',
      message: `There is no output format named ${options.output}.`,
      fix: `Use one of: ${outputs.join(', ')}.`,
      exitStatus: 2,
    });
  }
  const document = loadClusterDocument(file);
  const accepted = acceptedIds([...(document.preflight?.accept ?? []), ...options.accept]);
  const language = chooseLanguage(options.language);
  const bundle = options.bundle === undefined ? recallCluster(document.name)?.bundle : path.resolve(options.bundle);
  const pool = openHostPool(document, clusterHome(document.name), {});
  const abort = new AbortController();
  const stop = (): void =>
    abort.abort(new LandfallError({ code: 'ABORTED', message: 'The checks were ended.', exitStatus: 130 }));
  process.once('SIGINT', stop);
  try {
    const report = await runPreflight({
      document,
      accepted,
      reach: pool.host,
      ...(bundle === undefined ? {} : { bundle }),
      diskTest: options.diskTest,
      fix: options.fix === true,
      signal: abort.signal,
      onFix: ({ id, host, problem }) =>
        printAside(problem === undefined ? `${host}: ${id} mended` : `${host}: ${id} could not be mended: ${problem}`),
    });
    if (output === 'json') print(formatJson(report, language));
    else if (output === 'junit') print(formatJunit(report, language));
    else for (const line of formatText(report, language)) print(line);
    process.exitCode = exitCode(report.results);
  } finally {
    process.off('SIGINT', stop);
    await pool.close();
  }
}
