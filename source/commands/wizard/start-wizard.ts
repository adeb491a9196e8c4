import { spawnSync } from 'node:child_process';
import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { landfallHome } from '../../cluster/home.ts';
import { LandfallError, toLandfallError } from '../../errors.ts';
import { profileTerminal, type TerminalFlags } from '../../presenters/terminal/environment.ts';
import type { WizardServices } from '../../presenters/terminal/services.ts';
import { print, printAside } from '../print.ts';

export type WizardOptions = TerminalFlags & { readonly script?: string };

/** Device behind the output, where the system tells: a serial line wants few frames. */
function outputDevice(): string | undefined {
  try {
    return readlinkSync('/proc/self/fd/1');
  } catch {
    return undefined;
  }
}

/** Writes what is known of a crash; answers the file. */
function writeCrashReport(thrown: unknown): string {
  const error = toLandfallError(thrown);
  const file = path.join(landfallHome(), 'crash.log');
  const trace = error.cause instanceof Error ? error.cause.stack : error.stack;
  try {
    mkdirSync(landfallHome(), { recursive: true, mode: 0o700 });
    writeFileSync(file, `${new Date().toISOString()} ${error.code}: ${error.message}\n${trace ?? ''}\n`, {
      mode: 0o600,
    });
    return file;
  } catch {
    return `${error.code}: ${error.message}`;
  }
}

/**
 * The wizard on this terminal: screens, or numbered questions for screen readers and plain terminals.
 * Throws TERMINAL_NEEDED where nobody can answer.
 */
export async function startWizard(services: WizardServices, options: WizardOptions = {}): Promise<void> {
  const device = outputDevice();
  const profile = profileTerminal(
    {
      environment: process.env,
      platform: process.platform,
      inputIsTerminal: process.stdin.isTTY === true,
      outputIsTerminal: process.stdout.isTTY === true,
      ...(device === undefined ? {} : { device }),
    },
    options,
  );
  const { script } = options;
  if (profile.mode === 'unattended' && script === undefined) throw nobodyToAsk();
  if (profile.mode === 'questions' && script === undefined) {
    const { askWizard } = await import('../../presenters/terminal/numbered/ask-wizard.ts');
    await askWizard({ profile, services, input: process.stdin, output: process.stdout });
    return;
  }
  // Loaded only now: commands that show no screens start without React.
  const { showWizard } = await import('../../presenters/terminal/show-wizard.tsx');
  const exit = await showWizard({
    profile,
    services,
    input: process.stdin,
    output: process.stdout,
    ...(script === undefined ? {} : { script }),
    onCrash: writeCrashReport,
  });
  if (exit.kind === 'detached') {
    print(`The run of the cluster ${exit.cluster} goes on. Watch it with: landfall watch ${exit.cluster}`);
  }
  if (exit.kind === 'practice') practise();
}

/** The same program on simulated hosts, in a process of its own so that nothing of it mixes with real clusters. */
function practise(): void {
  const [, entry = ''] = process.argv;
  const result = spawnSync(process.execPath, [...process.execArgv, entry, 'demo'], { stdio: 'inherit' });
  if (result.error !== undefined) printAside(`landfall: ${result.error.message}`);
  process.exitCode = result.status ?? 1;
}

function nobodyToAsk(): LandfallError {
  return new LandfallError({
    code: 'TERMINAL_NEEDED',
    message: 'The wizard asks questions, and nobody can answer them here: the input is no terminal.',
    fix: [
      'Give these answers in a cluster document and on the command line: landfall apply cluster.yaml --bundle FOLDER --yes',
      '  bundle             --bundle FOLDER',
      '  name               metadata.name',
      '  hosts, roles       spec.hosts[].address, .role',
      '  login              spec.ssh.user, .keyFile or .passwordFile; for one host: spec.hosts[].ssh',
      '  applications       spec.applications[].package, .parameters',
      '  accepted warnings  spec.preflight.accept, by the ids that landfall preflight cluster.yaml shows',
      '  the last question  --yes',
      'Machines can be looked for without questions too: landfall discover --output document',
    ].join('\n'),
    exitStatus: 2,
  });
}
