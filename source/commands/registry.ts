import path from 'node:path';
import { Command } from 'commander';
import { clusterHome } from '../cluster/home.ts';
import { chooseCluster } from '../cluster/known-cluster.ts';
import { LandfallError } from '../errors.ts';
import { controlPlanes, type InstallContext } from '../phases/context.ts';
import { registryUser } from '../phases/registry.ts';
import { openInstallContext } from '../runs/open-context.ts';
import { type RegistryReport, registryReport } from '../workflows/registry.ts';
import { parseOutput } from './present-run.ts';
import { print, printAside } from './print.ts';
import { runWorkflow } from './run-workflow.ts';

const clusterArgument = 'name of the cluster, or its document; the only one known unless given';

/** A known cluster with the bundle it was installed from. Throws BUNDLE_MISSING. */
function withBundle(cluster: string | undefined) {
  const { document, bundle } = chooseCluster(cluster);
  if (bundle === undefined) {
    throw new LandfallError({
      code: 'BUNDLE_MISSING',
      message: 'No bundle is known for this cluster.',
      fix: 'Run landfall apply with --bundle once.',
      exitStatus: 2,
    });
  }
  return { document, bundle };
}

function requireFormat(output: string): void {
  if (output === 'text' || output === 'json') return;
  throw new LandfallError({
    code: 'USAGE',
    message: `There is no output format named ${output}.`,
    fix: 'Use --output text or --output json.',
    exitStatus: 2,
  });
}

async function inContext(
  cluster: string | undefined,
  work: (context: InstallContext, home: string) => Promise<void>,
): Promise<void> {
  const { document, bundle } = withBundle(cluster);
  const home = clusterHome(document.name);
  const { context, pool } = await openInstallContext(document, bundle, home, {});
  try {
    await work(context, home);
  } finally {
    await pool.close();
  }
}

function tellUnreachable({ unreachable }: RegistryReport): void {
  for (const { host, error } of unreachable) printAside(`${host}: ${error.message} [${error.code}]`);
}

const asJson = (cluster: string, { unreachable, ...report }: Partial<RegistryReport>): string =>
  JSON.stringify({
    cluster,
    ...report,
    unreachable: unreachable?.map(({ host, error }) => ({ host, code: error.code, message: error.message })),
  });

function verifyCommand(): Command {
  return new Command('verify')
    .description('read and hash what every registry holds, and compare; exit code 1 when one differs')
    .argument('[cluster]', clusterArgument)
    .option('--output <format>', 'text or json', 'text')
    .action(async (cluster: string | undefined, { output }: { readonly output: string }) => {
      requireFormat(output);
      await inContext(cluster, async (context) => {
        const report = await registryReport(context);
        const { registries, unreachable } = report;
        if (output === 'json') print(asJson(context.document.name, { registries, unreachable }));
        else {
          for (const { host, same, difference } of registries) {
            if (same) print(`${host}: whole, and as the bundle and the others`);
            else {
              const { missing, damaged, links, changedTags } = difference;
              print(
                `${host}: ${missing.length} blobs missing, ${damaged.length} damaged, ${links.length} links missing`,
              );
              for (const hex of damaged) print(`  damaged  sha256:${hex}`);
              for (const hex of missing) print(`  missing  sha256:${hex}`);
              for (const tag of changedTags) print(`  names another image  ${tag}`);
            }
          }
        }
        tellUnreachable(report);
        const good = registries.every((registry) => registry.same) && unreachable.length === 0;
        if (!good) printAside(`Repair: landfall registry repair ${context.document.name}`);
        process.exitCode = good ? 0 : 1;
      });
    });
}

function listCommand(): Command {
  return new Command('list')
    .description('every image and tag in the registries, its digest, and where it is')
    .argument('[cluster]', clusterArgument)
    .option('--output <format>', 'text or json', 'text')
    .action(async (cluster: string | undefined, { output }: { readonly output: string }) => {
      requireFormat(output);
      await inContext(cluster, async (context) => {
        const report = await registryReport(context);
        const { tags, unreachable } = report;
        if (output === 'json') print(asJson(context.document.name, { tags, unreachable }));
        else {
          for (const { repository, tag, digest, bundle, hosts } of tags) {
            print(`${repository}:${tag}  ${digest}  ${bundle ? 'bundle' : 'pushed'}  ${hosts.join(' ')}`);
          }
        }
        tellUnreachable(report);
        process.exitCode = unreachable.length === 0 ? 0 : 1;
      });
    });
}

type RepairOptions = {
  readonly yes?: true;
  readonly output: string;
  readonly verbose?: true;
  readonly takeOver?: true;
};

function repairCommand(): Command {
  return new Command('repair')
    .description('replace what is damaged or missing in a registry, from another one or from the bundle')
    .argument('[cluster]', clusterArgument)
    .option('--yes', 'do not ask before changing anything')
    .option('--output <format>', 'plain or ndjson', 'plain')
    .option('--verbose', 'show the log lines of steps too')
    .option('--take-over', "take the cluster's lock from another owner who is known to be gone")
    .action(async (cluster: string | undefined, options: RepairOptions) => {
      const output = parseOutput(options.output);
      const { document, bundle } = withBundle(cluster);
      await runWorkflow(
        {
          workflow: 'repair-registry',
          document,
          bundle,
          questions: 'skip-host',
          takeOver: options.takeOver === true,
        },
        {
          output,
          verbose: options.verbose === true,
          yes: options.yes === true,
          question: `What is damaged or missing in the registries of ${document.name} is replaced. Go on?`,
        },
        () => {},
      );
    });
}

function loginCommand(): Command {
  return new Command('login')
    .description('what docker, skopeo or crane need to use the registries; the password only when asked for')
    .argument('[cluster]', clusterArgument)
    .option('--show-password', 'print the password alone, for --password-stdin of other tools')
    .option('--output <format>', 'text or json', 'text')
    .action(
      async (
        cluster: string | undefined,
        { output, showPassword }: { readonly output: string; readonly showPassword?: true },
      ) => {
        requireFormat(output);
        await inContext(cluster, async ({ document, secrets }, home) => {
          if (showPassword === true) return print(secrets.registryPassword);
          const addresses = controlPlanes(document).map((plane) => `${plane.address}:${document.registry.port}`);
          const authority = path.join(home, 'pki', 'registry', 'ca.crt');
          const passwordFile = path.join(home, 'secrets.json');
          if (output === 'json') {
            return print(JSON.stringify({ addresses, user: registryUser, authority, passwordFile }));
          }
          const [address = ''] = addresses;
          print(`Registries:  ${addresses.join(' ')}`);
          print(`User:        ${registryUser}`);
          print(`Password:    in ${passwordFile} (registryPassword)`);
          print(`Authority:   ${authority}`);
          print('');
          print(`mkdir -p /etc/docker/certs.d/${address} && cp ${authority} /etc/docker/certs.d/${address}/ca.crt`);
          print(
            `landfall registry login ${document.name} --show-password | skopeo login --username ${registryUser} --password-stdin ${address}`,
          );
          print(`What was pushed to one registry reaches the others by: landfall registry repair ${document.name}`);
        });
      },
    );
}

/** `landfall registry`: what the cluster's own registries hold, and whether it is whole. */
export function registryCommand(): Command {
  return new Command('registry')
    .description("the cluster's own image registries")
    .addCommand(listCommand())
    .addCommand(verifyCommand())
    .addCommand(repairCommand())
    .addCommand(loginCommand());
}
