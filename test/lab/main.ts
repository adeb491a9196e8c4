import { spawn } from 'node:child_process';
import { Command, InvalidArgumentError } from 'commander';
import { LandfallError } from '../../source/errors.ts';
import { runProgram } from '../support/run-program.ts';
import { downLab, type Lab, labNames, openLab, upLab } from './hosts/lab.ts';

const say = (line: string) => console.log(line);

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number from 1 on is wanted');
  return value;
}

function amount(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('a number above 0 is wanted');
  return value;
}

async function labNamed(name: string): Promise<Lab> {
  const lab = await openLab(name);
  if (lab) return lab;
  throw new LandfallError({
    code: 'LAB_DOWN',
    message: `Lab ${name} is not up.`,
    fix: 'Bring it up: npm run lab -- up.',
  });
}

/** Hands the terminal to a program; returns its exit code. */
function handOver(command: readonly string[]): Promise<number> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 255));
  });
}

async function status(name: string): Promise<void> {
  const lab = await openLab(name);
  if (!lab) {
    const others = (await labNames()).join(', ');
    say(`lab ${name} is not up${others === '' ? '' : `; there is state of: ${others}`}`);
    process.exitCode = 1;
    return;
  }
  say(`lab ${lab.name}: network /run/netns/${lab.namespace}, state ${lab.directory}`);
  for (const host of lab.hosts) {
    const state = !lab.isOn(host.name) ? 'off' : lab.isCut(host.name) ? 'on, cable cut' : 'on';
    say(`  ${host.name.padEnd(8)} ${`${host.address}:${host.sshPort}`.padEnd(16)} ${host.distribution}  ${state}`);
  }
  const packets = await lab.outsidePackets();
  const addresses = packets === 0 ? '' : `, to ${(await lab.outsideAddresses()).join(', ')}`;
  say(`  packets to addresses outside: ${packets}${addresses}`);
}

const program = new Command('lab')
  .description('Real hosts on this machine, in a network of their own')
  .option('--name <name>', 'which lab', 'lab')
  .option('--hosts <count>', 'how many hosts', count, 5)
  .option('--yes', 'ask nothing', false)
  .enablePositionalOptions(false);

const options = () => program.opts<{ name: string; hosts: number; yes: boolean }>();

program.action(async () => {
  const { runMainJob } = await import('./main-job.ts');
  const code = await runMainJob(options());
  if (typeof code === 'number') process.exitCode = code;
});

program
  .command('up')
  .description('bring the hosts up; nothing is installed on them')
  .option('--processors <number>', 'processors of each host', amount)
  .option('--memory <GiB>', 'memory of each host', amount)
  .option('--debian13', 'the last host runs Debian 13 (default from five hosts on)')
  .option('--no-debian13', 'all hosts run Debian 12')
  .option('--replace', 'take a lab of that name down first', false)
  .action(async (own: { processors?: number; memory?: number; debian13?: boolean; replace: boolean }) => {
    const { name, hosts } = options();
    // Hosts do not belong to this terminal, so half a lab would stay.
    const interrupt = new AbortController();
    const give = () =>
      interrupt.abort(
        new LandfallError({ code: 'LAB_INTERRUPTED', message: `Lab ${name} was interrupted.`, exitStatus: 130 }),
      );
    process.once('SIGINT', give).once('SIGTERM', give);
    await upLab(
      {
        name,
        hosts,
        replace: own.replace,
        signal: interrupt.signal,
        ...(own.processors === undefined ? {} : { processors: own.processors }),
        ...(own.memory === undefined ? {} : { memory: own.memory * 1024 ** 3 }),
        ...(own.debian13 === undefined ? {} : { debian13: own.debian13 }),
      },
      say,
    );
  });

program
  .command('status')
  .description('hosts, their addresses, and whether anything tried to leave the lab')
  .action(() => status(options().name));

program
  .command('ssh')
  .description('log in to a host, or run a command on it')
  .argument('<host>')
  .argument('[command...]')
  .option('--user <user>', 'root, operator or helper', 'root')
  .action(async (host: string, command: string[], own: { user: 'root' | 'operator' | 'helper' }) => {
    const lab = await labNamed(options().name);
    process.exitCode = await handOver(lab.inside(['ssh', ...lab.sshArguments(host, own.user), ...command]));
  });

const powers = {
  reboot: 'reboot a host cleanly',
  'power-off': 'take the power away from a host',
  'power-on': 'give a host power again',
  cut: 'pull the network cable of a host',
  mend: 'plug the network cable of a host in again',
} as const;

for (const [verb, description] of Object.entries(powers) as [keyof typeof powers, string][]) {
  program
    .command(verb)
    .description(description)
    .argument('<host>')
    .action(async (host: string) => {
      const lab = await labNamed(options().name);
      const deeds = {
        reboot: lab.reboot,
        'power-off': lab.powerOff,
        'power-on': lab.powerOn,
        cut: lab.cut,
        mend: lab.mend,
      };
      const started = Date.now();
      await deeds[verb](host);
      say(`${host}: ${verb} done after ${((Date.now() - started) / 1000).toFixed(1)} s`);
    });
}

program
  .command('soak')
  .description(
    'kill the program at random moments of installs, again and again, and see that the same command completes',
  )
  .option('--kills <number>', 'how many kills', count, 30)
  .option('--seed <number>', 'the same moments as another time', count)
  .action(async (own: { kills: number; seed?: number }) => {
    const { soak } = await import('./soak.ts');
    const { name, hosts } = options();
    const seed = own.seed ?? Math.floor(Date.now() % 1_000_000) + 1;
    const soakName = name === 'lab' ? 'soak' : name;
    process.exitCode = await soak({ name: soakName, hosts, kills: own.kills, seed }, say);
  });

program
  .command('restore')
  .description('lose all control planes and the operator machine, and rebuild the cluster from its backup')
  .action(async () => {
    const { proveRestore } = await import('./restore.ts');
    const { name } = options();
    process.exitCode = await proveRestore(name === 'lab' ? 'restore' : name, say);
  });

program
  .command('ipvs')
  .description("keepalived with IPVS in a small virtual machine with Debian's kernel, by the configuration of Landfall")
  .action(async () => {
    const { proveIpvs } = await import('./ipvs/proof.ts');
    await proveIpvs(say);
  });

program
  .command('certificates')
  .description('renewal, rotation of authorities and back, and the repair of an expired cluster, on real hosts')
  .argument(
    '[part...]',
    'install, renew, names, timer, refused, back-trust, back-switch, back-retire, rotate, join, expired; all unless given',
  )
  .action(async (only: string[]) => {
    const { certificateSeries } = await import('./certificates.ts');
    process.exitCode = await certificateSeries({ name: options().name, hosts: options().hosts, only }, say);
  });

program
  .command('down')
  .description('take the lab down; nothing of it is left')
  .action(() => downLab(options().name, say));

await runProgram(program);
