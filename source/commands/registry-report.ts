import { Command } from 'commander';
import type { RegistryDifference } from '../phases/registry-inventory.ts';
import { type RegistryReport, registryReport } from '../workflows/registry.ts';
import { print, printAside } from './print.ts';
import { clusterArgument, inContext, requireFormat } from './registry-cluster.ts';

const asJson = (cluster: string, { unreachable, ...report }: Partial<RegistryReport>): string =>
  JSON.stringify({
    cluster,
    ...report,
    unreachable: unreachable?.map(({ host, error }) => ({ host, code: error.code, message: error.message })),
  });

/** A command that asks all registries. `tell` prints what they hold and says whether all is well. */
function reportCommand(
  name: string,
  description: string,
  tell: (report: RegistryReport, asked: { readonly cluster: string; readonly json: boolean }) => boolean,
): Command {
  return new Command(name)
    .description(description)
    .argument('[cluster]', clusterArgument)
    .option('--output <format>', 'text or json', 'text')
    .action(async (cluster: string | undefined, { output }: { readonly output: string }) => {
      requireFormat(output);
      await inContext(cluster, async (context) => {
        const report = await registryReport(context);
        const good = tell(report, { cluster: context.document.name, json: output === 'json' });
        for (const { host, error } of report.unreachable) printAside(`${host}: ${error.message} [${error.code}]`);
        process.exitCode = good && report.unreachable.length === 0 ? 0 : 1;
      });
    });
}

function tellDifference(host: string, { missing, damaged, links, changedTags }: RegistryDifference): void {
  print(`${host}: ${missing.length} blobs missing, ${damaged.length} damaged, ${links.length} links missing`);
  for (const hex of damaged) print(`  damaged  sha256:${hex}`);
  for (const hex of missing) print(`  missing  sha256:${hex}`);
  for (const tag of changedTags) print(`  names another image  ${tag}`);
}

/** `registry verify` */
export function verifyCommand(): Command {
  const description = 'read and hash what every registry holds, and compare; exit code 1 when one differs';
  return reportCommand('verify', description, ({ registries, unreachable }, { cluster, json }) => {
    if (json) print(asJson(cluster, { registries, unreachable }));
    else {
      for (const { host, same, difference } of registries) {
        if (same) print(`${host}: whole, and as the bundle and the others`);
        else tellDifference(host, difference);
      }
    }
    const good = registries.every((registry) => registry.same);
    if (!good || unreachable.length > 0) printAside(`Repair: landfall registry repair ${cluster}`);
    return good;
  });
}

/** `registry list` */
export function listCommand(): Command {
  const description = 'every image and tag in the registries, its digest, and where it is';
  return reportCommand('list', description, ({ tags, unreachable }, { cluster, json }) => {
    if (json) print(asJson(cluster, { tags, unreachable }));
    else {
      for (const { repository, tag, digest, bundle, hosts } of tags) {
        print(`${repository}:${tag}  ${digest}  ${bundle ? 'bundle' : 'pushed'}  ${hosts.join(' ')}`);
      }
    }
    return true;
  });
}
