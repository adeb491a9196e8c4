import { Command } from 'commander';
import { type RegistryReport, registryReport } from '../workflows/registry.ts';
import { print, printAside } from './print.ts';
import { clusterArgument, inContext, requireFormat } from './registry-cluster.ts';

function tellUnreachable({ unreachable }: RegistryReport): void {
  for (const { host, error } of unreachable) printAside(`${host}: ${error.message} [${error.code}]`);
}

const asJson = (cluster: string, { unreachable, ...report }: Partial<RegistryReport>): string =>
  JSON.stringify({
    cluster,
    ...report,
    unreachable: unreachable?.map(({ host, error }) => ({ host, code: error.code, message: error.message })),
  });

/** `registry verify` */
export function verifyCommand(): Command {
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

/** `registry list` */
export function listCommand(): Command {
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
