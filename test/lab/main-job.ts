import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { ensureLabBundle } from './cluster/bundle.ts';
import { writeClusterDocument } from './cluster/document.ts';
import { landfallCommand, landfallEnvironment } from './cluster/landfall.ts';
import { makeOperatorHome } from './cluster/operator-home.ts';
import { ensureImages } from './components/ensure.ts';
import { type Lab, openLab, upLab } from './hosts/lab.ts';

export type MainJobOptions = { readonly yes: boolean; readonly hosts: number; readonly name: string };

const say = (line: string) => console.log(line);

/** Hands the terminal to the program under test. */
function inTerminal(lab: Lab, args: readonly string[], environment: Readonly<Record<string, string>>): Promise<number> {
  const [program = '', ...rest] = landfallCommand(lab, args);
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, { stdio: 'inherit', env: { ...process.env, ...environment } });
    // Ctrl-C is a key of the program; this process only waits for it.
    const ignore = (): void => {};
    process.on('SIGINT', ignore);
    child.on('error', reject);
    child.on('close', (code) => {
      process.off('SIGINT', ignore);
      resolve(code ?? 255);
    });
  });
}

/** What a person must know to find these hosts and to log in to them. */
function introduce(lab: Lab, keyFile: string): void {
  const [first] = lab.hosts;
  const other = lab.hosts.filter((host) => host.sshPort !== 22);
  say('');
  say(
    `${lab.hosts.length} real hosts are up, ${first?.address} to ${lab.hosts.at(-1)?.address}. Nothing is installed on them yet.`,
  );
  say(`  Log in as    root, with the key ${keyFile} (offered by itself)`);
  say(`  or as        operator, with the password ${readFileSync(lab.operatorPasswordFile, 'utf8')}  (also for sudo)`);
  for (const { address, name, sshPort } of other) {
    say(
      `  ${name}       has its SSH server at another port: add it as ${address}:${sshPort}, or take "From ~/.ssh/config"`,
    );
  }
  say('');
  say('Enter is the right answer most of the way. Ctrl-C leaves; an install that runs goes on.');
}

/** Waits for Enter; what was said above would vanish behind the screens. */
async function untilEnter(question: string): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const gone = new Promise<void>((resolve) => {
    lines.once('close', resolve);
  });
  await Promise.race([lines.question(question), gone]);
  lines.close();
}

/**
 * What `npm run lab` does without a subcommand: components and images, real hosts, an offline bundle, and then the
 * program itself on them: its wizard, or with `yes` without a screen to the end. Returns the exit code.
 */
export async function runMainJob(options: MainJobOptions): Promise<number> {
  await ensureImages(say);
  const lab = (await openLab(options.name)) ?? (await upLab({ name: options.name, hosts: options.hosts }, say));
  const bundle = await ensureLabBundle(lab, say);
  const code = options.yes ? await installPlainly(lab, bundle) : await showWizard(lab, bundle);
  const name = options.name === 'lab' ? '' : ` --name ${options.name}`;
  say('');
  say(
    `The hosts stay up. Look at them: npm run lab --${name} ssh ${lab.hosts[0]?.name}   Take them down: npm run lab --${name} down`,
  );
  return code;
}

async function installPlainly(lab: Lab, bundle: string): Promise<number> {
  const document = await writeClusterDocument(lab, { applications: ['mariadb', 'valkey', 'website'] });
  say('');
  return inTerminal(lab, ['apply', document, '--bundle', bundle, '--yes'], landfallEnvironment(lab));
}

async function showWizard(lab: Lab, bundle: string): Promise<number> {
  const { environment, keyFile } = await makeOperatorHome(lab, bundle);
  if (process.stdin.isTTY && process.stdout.isTTY) {
    introduce(lab, keyFile);
    await untilEnter('Press Enter to start. ');
  }
  return inTerminal(lab, [], environment);
}
