import path from 'node:path';
import { Command } from 'commander';
import { registryUser } from '../cluster/secrets.ts';
import { controlPlanes } from '../phases/context.ts';
import { print } from './print.ts';
import { clusterArgument, inContext, requireFormat } from './registry-cluster.ts';

/** `registry login` */
export function loginCommand(): Command {
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
