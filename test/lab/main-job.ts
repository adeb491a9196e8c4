import { upLab } from './hosts/lab.ts';

export type MainJobOptions = { readonly yes: boolean; readonly hosts: number; readonly name: string };

/** What `npm run lab` does without a subcommand; returns the exit code. */
export async function runMainJob(options: MainJobOptions): Promise<number> {
  const lab = await upLab({ name: options.name, hosts: options.hosts }, (line) => console.log(line));
  console.log('');
  for (const host of lab.hosts) console.log(`  ${host.name}  ${host.address}:${host.sshPort}  ${host.distribution}`);
  console.log(`
The hosts are up; nothing is installed on them.
Log in as root:          npm run lab -- ssh ${lab.hosts[0]?.name}
Run a program beside them: ${lab.inside(['COMMAND']).join(' ')}
Take them down:          npm run lab -- down`);
  return 0;
}
