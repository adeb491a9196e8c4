import { spawn } from 'node:child_process';
import { ensureLabBundle } from './cluster/bundle.ts';
import { writeClusterDocument } from './cluster/document.ts';
import { landfallCommand, landfallEnvironment } from './cluster/landfall.ts';
import { ensureImages } from './components/ensure.ts';
import { type Lab, openLab, upLab } from './hosts/lab.ts';

export type MainJobOptions = { readonly yes: boolean; readonly hosts: number; readonly name: string };

const say = (line: string) => console.log(line);

/** Hands the terminal to the program under test. */
function inTerminal(lab: Lab, args: readonly string[]): Promise<number> {
  const [program = '', ...rest] = landfallCommand(lab, args);
  return new Promise((resolve, reject) => {
    const child = spawn(program, rest, {
      stdio: 'inherit',
      env: { ...process.env, ...landfallEnvironment(lab) },
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 255));
  });
}

/**
 * What `npm run lab` does without a subcommand: components and images, real hosts, an offline bundle, and then the
 * program itself on them; with `yes` without a screen to the end. Returns the exit code.
 */
export async function runMainJob(options: MainJobOptions): Promise<number> {
  await ensureImages(say);
  const lab = (await openLab(options.name)) ?? (await upLab({ name: options.name, hosts: options.hosts }, say));
  const bundle = await ensureLabBundle(lab, say);
  const document = await writeClusterDocument(lab, { applications: ['mariadb', 'valkey', 'website'] });
  say('');
  const code = await inTerminal(lab, ['apply', document, '--bundle', bundle, ...(options.yes ? ['--yes'] : [])]);
  say('');
  say(
    `The hosts stay up. Look at them: npm run lab -- ssh ${lab.hosts[0]?.name}   Take them down: npm run lab -- down`,
  );
  return code;
}
