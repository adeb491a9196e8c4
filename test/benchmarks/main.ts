import { Command, InvalidArgumentError } from 'commander';
import { runProgram } from '../support/run-program.ts';
import { runFailoverBenchmark } from './failover/benchmark.ts';
import { fuzz } from './fuzz.ts';
import { runInstallBenchmark } from './install/benchmark.ts';
import { judge } from './install/judge.ts';
import { practiceOnce, runPracticeBenchmark } from './practice-fleet.ts';
import { runPreflightBenchmark } from './preflight.ts';
import { fleetCommand, servePreflightFleet } from './preflight-hosts.ts';
import { runScreenBenchmark } from './screens.tsx';
import { runUploadBenchmark } from './upload/benchmark.ts';
import { uploadOnce } from './upload/landfall-upload.ts';

const say = (line: string) => console.log(line);

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1 on is wanted');
  return value;
}

function shapes(text: string): readonly string[] {
  const list = text.split(',');
  if (!list.every((shape) => /^[1-9]\+\d$/.test(shape))) {
    throw new InvalidArgumentError('shapes look like 3+1,3+2: control planes + workers');
  }
  return list;
}

const program = new Command('bench').description('Landfall measured against what is known to be fast, on real hosts');

program
  .command('install')
  .description('a hand-written minimal script and Landfall, alternating on the same hosts, until every pod is ready')
  .option('--shapes <list>', 'control planes + workers', shapes, ['3+1', '3+2'])
  .option('--rounds <count>', 'rounds of each', count, 3)
  .option('--only <which>', 'floor or landfall alone, to look at one of them')
  .option('--name <name>', "the lab's name", 'bench')
  .option('--keep', 'leave the hosts of the last round up', false)
  .option('--result <file>', 'where the result is saved as JSON')
  .action(
    async (options: {
      shapes: readonly string[];
      rounds: number;
      only?: string;
      name: string;
      keep: boolean;
      result?: string;
    }) => {
      if (!(await runInstallBenchmark(options, say))) process.exitCode = 1;
    },
  );

program
  .command('upload')
  .description('one big file over the connection that Landfall uses, against `ssh HOST cat` of OpenSSH')
  .option('--megabytes <count>', 'size of the file', count, 500)
  .option('--rounds <count>', 'rounds of each', count, 5)
  .option('--name <name>', "the lab's name", 'bench')
  .option('--result <file>', 'where the result is saved as JSON')
  .action(async (options: { megabytes: number; rounds: number; name: string; result?: string }) => {
    if (!(await runUploadBenchmark(options, say))) process.exitCode = 1;
  });

program
  .command('screens')
  .description('the screens while many hosts report: from key to paint, first frame, bytes written, memory')
  .option('--hosts <count>', 'how many hosts', count, 1000)
  .option('--seconds <count>', 'how long', count, 20)
  .option('--no-program', 'the screens alone, without the program as it is shipped')
  .action(async (options: { hosts: number; seconds: number; program: boolean }) => {
    if (!(await runScreenBenchmark(options, say))) process.exitCode = 1;
    process.exit();
  });

program
  .command('practice')
  .description('a fleet of practice hosts: how long it takes to start, to be looked at, and to be installed')
  .option('--hosts <count>', 'how many hosts', count, 1000)
  .action(async ({ hosts }: { hosts: number }) => {
    for (const line of await runPracticeBenchmark(hosts)) say(line);
  });

program
  .command('fuzz')
  .description('random keys, pastes and sizes on the demo in a real terminal: nothing crashes, nothing is stuck')
  .option('--seconds <count>', 'how long', count, 120)
  .option('--seed <number>', 'the same keys as another time', count)
  .action(async (options: { seconds: number; seed?: number }) => {
    await fuzz(options.seconds, options.seed ?? Math.floor(Date.now() % 1_000_000) + 1, say);
  });

program.command('practice-once', { hidden: true }).argument('<hosts>', 'how many', count).action(practiceOnce);

program
  .command('preflight')
  .description('scans, 1000 practice hosts and real hosts with the mesh, against their limits')
  .option('--hosts <count>', 'practice hosts', count, 1000)
  .option('--lab-hosts <count>', 'real hosts', count, 5)
  .option('--rounds <count>', 'rounds over the real hosts', count, 3)
  .option('--result <file>', 'where the figures are saved as JSON')
  .action(async (options: { hosts: number; labHosts: number; rounds: number; result?: string }) => {
    if (!(await runPreflightBenchmark(options, say))) process.exitCode = 1;
  });

program
  .command('failover')
  .description('clients on every node while control planes lose power, hang, are cut off and reboot: the longest gap')
  .option('--cases <list>', 'some of the cases, separated by commas', (text) => text.split(','))
  .option('--rounds <count>', 'rounds of each case', count, 1)
  .option('--rate <count>', 'requests a second of each kind from each node', count, 20)
  .option('--hold <seconds>', 'how long what is lost stays lost', count, 15)
  .option('--name <name>', "the lab's name; one that is up is used", 'failover')
  .option('--keep', 'leave the hosts up', false)
  .option('--result <file>', 'where the result is saved as JSON')
  .action(
    async (options: {
      cases?: readonly string[];
      rounds: number;
      rate: number;
      hold: number;
      name: string;
      keep: boolean;
      result?: string;
    }) => {
      if (!(await runFailoverBenchmark(options, say))) process.exitCode = 1;
    },
  );

// These run inside the lab's network, as processes of their own.
program.command('judge', { hidden: true }).argument('<request>').action(judge);
program.command('upload-once', { hidden: true }).argument('<request>').action(uploadOnce);

program.command(fleetCommand, { hidden: true }).argument('<hosts>', '', count).action(servePreflightFleet);

await runProgram(program);
