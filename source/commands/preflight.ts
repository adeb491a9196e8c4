import path from 'node:path';
import { Command } from 'commander';
import { clusterHome } from '../cluster/home.ts';
import { recallCluster } from '../cluster/known-cluster.ts';
import { loadClusterDocument } from '../cluster/load-document.ts';
import { acceptedIds, setAsideIds } from '../preflight/accept.ts';
import { runPreflight } from '../preflight/run-preflight.ts';
import { openHostPool } from '../runs/open-context.ts';
import { chooseLanguage, collectIds, parseReportOutput, showReport, untilInterrupted } from './check-report.ts';
import { printAside } from './print.ts';

type PreflightCommandOptions = {
  readonly bundle?: string;
  readonly fix?: true;
  readonly setAside: readonly string[];
  readonly accept: readonly string[];
  readonly output: string;
  readonly language?: string;
  readonly diskTest: boolean;
};

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
    .option(
      '--set-aside <id>',
      'stop and put aside what this check found, with its containers; landfall reset gives it back; may be given more than once',
      collectIds,
      [],
    )
    .option('--accept <id>', 'accept the finding of this check; may be given more than once', collectIds, [])
    .option('--no-disk-test', 'leave out the test of the disk speed, which writes for some seconds')
    .option('--output <format>', 'text, json or junit', 'text')
    .option('--language <name>', 'en or zh; that of the terminal unless given')
    .action(preflight);
}

async function preflight(file: string, options: PreflightCommandOptions): Promise<void> {
  const output = parseReportOutput(options.output);
  const document = loadClusterDocument(file);
  const accepted = acceptedIds([...(document.preflight?.accept ?? []), ...options.accept]);
  const setAside = setAsideIds(options.setAside);
  const bundle = options.bundle === undefined ? recallCluster(document.name)?.bundle : path.resolve(options.bundle);
  const pool = openHostPool(document, clusterHome(document.name), {});
  try {
    const report = await untilInterrupted((signal) =>
      runPreflight({
        document,
        accepted,
        reach: pool.host,
        ...(bundle === undefined ? {} : { bundle }),
        diskTest: options.diskTest,
        fix: options.fix === true,
        setAside,
        signal,
        onFix: ({ id, host, problem }) =>
          printAside(
            problem === undefined ? `${host}: ${id} mended` : `${host}: ${id} could not be mended: ${problem}`,
          ),
      }),
    );
    showReport(report, output, chooseLanguage(options.language), 'preflight');
  } finally {
    await pool.close();
  }
}
