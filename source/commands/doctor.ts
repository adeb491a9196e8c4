import { Command } from 'commander';
import { clusterHome } from '../cluster/home.ts';
import { chooseCluster } from '../cluster/known-cluster.ts';
import { acceptedIds } from '../preflight/accept.ts';
import { openHostPool } from '../runs/open-context.ts';
import { examineCluster } from '../workflows/doctor.ts';
import { chooseLanguage, collectIds, parseReportOutput, showReport, untilInterrupted } from './check-report.ts';

type DoctorCommandOptions = {
  readonly accept: readonly string[];
  readonly output: string;
  readonly language?: string;
};

/**
 * `landfall doctor`: looks a running cluster through, machines and what runs on them, and changes nothing.
 * Exit codes as of `landfall preflight`: 0 well, 1 something is broken, 2 wrong use, 5 warnings, 6 checks that could not run.
 */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look a running cluster through: machines, network, services, nodes, pods, certificates')
    .argument('[cluster]', 'name of the cluster, or its document; the only one known unless given')
    .option('--accept <id>', 'accept the finding of this check; may be given more than once', collectIds, [])
    .option('--output <format>', 'text, json or junit', 'text')
    .option('--language <name>', 'en or zh; that of the terminal unless given')
    .action(doctor);
}

async function doctor(cluster: string | undefined, options: DoctorCommandOptions): Promise<void> {
  const output = parseReportOutput(options.output);
  const { document } = chooseCluster(cluster);
  const accepted = acceptedIds([...(document.preflight?.accept ?? []), ...options.accept]);
  const pool = openHostPool(document, clusterHome(document.name), {});
  try {
    const report = await untilInterrupted((signal) =>
      examineCluster({ document, reach: pool.host, accepted, home: clusterHome(document.name), signal }),
    );
    showReport(report, output, chooseLanguage(options.language), 'doctor');
  } finally {
    await pool.close();
  }
}
