import { Command, InvalidArgumentError } from 'commander';
import { LandfallError } from '../errors.ts';
import { faultMeanings } from '../practice/faults.ts';
import { checkFleetOptions, type PracticeFleetOptions } from '../practice/fleet.ts';
import {
  activeRun,
  type FleetRecord,
  livingFleet,
  practiceHome,
  serveFleet,
  startFleetProcess,
  startPracticeRun,
  useFleet,
} from '../practice/fleet-process.ts';
import { practiceServices } from '../practice/practice-services.ts';
import type { WizardServices } from '../presenters/terminal/services.ts';
import { parseOutput, presentToEnd } from './present-run.ts';
import { printAside } from './print.ts';

type DemoOptions = {
  readonly hosts: number;
  readonly faults: string;
  readonly speed: number;
  readonly seed: number;
  readonly script?: string;
  readonly yes?: true;
  readonly output: string;
  readonly verbose?: true;
};

/** What the wizard is started with on a practice fleet. */
export type DemoWizard = (services: WizardServices, options: { readonly script?: string }) => Promise<void>;

const serveCommand = 'serve-practice-fleet';

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It must be a number above 0.');
  return value;
}

const faultHelp = Object.entries(faultMeanings)
  .map(([kind, meaning]) => `  ${kind.padEnd(16)} ${meaning}`)
  .join('\n');

/**
 * `landfall demo`: the program on a practice fleet, on any system and without root.
 * @param wizard starts the screens; without it, with `--yes`, and where there is no terminal a run is shown as plain lines.
 * @param version of the program, for the screens.
 */
export function demoCommand(wizard?: DemoWizard, version = '0.0.0'): Command {
  const command = new Command('demo')
    .description('try the program on simulated hosts; PRACTICE: no real machine is touched and no cluster comes of it')
    .option('--hosts <number>', 'how many hosts, 1 to 1000', positive, 5)
    .option('--faults <list>', 'what goes wrong, as full-disk:node-4,lost-connection:node-3@40%', '')
    .option('--speed <factor>', 'times faster than real hosts', positive, 1)
    .option('--seed <number>', 'machines are the same for the same number', positive, 1)
    .option('--script <file>', 'drive the screens by the keys in a file')
    .option('--yes', 'do not open the screens; install at once')
    .option('--output <format>', 'plain or ndjson, with --yes', 'plain')
    .option('--verbose', 'show the log lines of steps too, with --yes')
    .addHelpText('after', `\nFaults:\n${faultHelp}\n`)
    .action((options: DemoOptions) => demo(options, wizard, version));
  command.addCommand(
    new Command(serveCommand)
      .argument('<options>')
      .action((options: string) => serveFleet(JSON.parse(options) as PracticeFleetOptions)),
    { hidden: true },
  );
  return command;
}

function sameFleet(record: FleetRecord, wanted: PracticeFleetOptions): boolean {
  return JSON.stringify(record.options) === JSON.stringify(wanted);
}

/** The fleet that is there, when it is as wanted or busy; else a new one. */
async function openFleet(wanted: PracticeFleetOptions): Promise<FleetRecord> {
  const found = livingFleet();
  if (found === undefined) return startFleetProcess(['demo', serveCommand], wanted);
  const busy = activeRun(found.document.name);
  if (busy !== undefined || sameFleet(found, wanted)) {
    if (!sameFleet(found, wanted)) printAside('PRACTICE: another fleet is at work; here it is.');
    return found;
  }
  process.kill(found.processId, 'SIGTERM');
  for (let wait = 0; livingFleet() !== undefined && wait < 100; wait++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return startFleetProcess(['demo', serveCommand], wanted);
}

async function demo(options: DemoOptions, wizard: DemoWizard | undefined, version: string): Promise<void> {
  const { hosts, faults, speed, seed, script } = options;
  const output = parseOutput(options.output);
  checkFleetOptions({ hosts, faults, speed, seed });
  // Practice clusters never mix with real ones; the fleet's process inherits this.
  process.env['LANDFALL_HOME'] = practiceHome();
  const fleet = await openFleet({ hosts, faults, speed, seed });
  const leave = useFleet();
  try {
    const terminal = process.stdin.isTTY && process.stdout.isTTY;
    if (wizard !== undefined && options.yes !== true && (terminal || script !== undefined)) {
      await wizard(practiceServices(fleet, version), script === undefined ? {} : { script });
      return;
    }
    if (script !== undefined) {
      throw new LandfallError({
        code: 'USAGE',
        message: '--script drives the screens, and --yes leaves them out.',
        fix: 'Give one of the two.',
        exitStatus: 2,
      });
    }
    await installPlainly(fleet, output, options.verbose === true);
  } finally {
    leave();
  }
}

async function installPlainly(fleet: FleetRecord, output: 'plain' | 'ndjson', verbose: boolean): Promise<void> {
  const say = (line: string): void => {
    if (output === 'plain') printAside(`PRACTICE: ${line}`);
  };
  say(`${fleet.document.hosts.length} simulated hosts on this machine; nothing here is a real cluster.`);
  const current = activeRun(fleet.document.name);
  if (current !== undefined) say('its run goes on; watching it.');
  const run = current ?? (await startPracticeRun(installRequest(fleet), {}));
  await presentToEnd(run, output, verbose, () => say('finished. On real hosts this would be your cluster.'));
}

function installRequest(fleet: FleetRecord): Parameters<typeof startPracticeRun>[0] {
  return { workflow: 'install', document: fleet.document, questions: 'skip-host', takeOver: false };
}
