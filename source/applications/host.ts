import { readAsset } from '../assets.ts';
import type { CommandOptions, HostConnection } from '../hosts/connection.ts';

/** The control plane from which applications are installed, and where its programs are. */
export type ApplicationHost = {
  readonly name: string;
  readonly connection: () => Promise<HostConnection>;
  /** Folder of kubectl and helm. */
  readonly programs: string;
  readonly kubeconfig: string;
};

/** Runs kubectl with arguments that hold no secret, and returns what it prints. COMMAND_FAILED when it fails. */
export async function kubectl(
  host: ApplicationHost,
  title: string,
  words: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const connection = await host.connection();
  const script = 'program=$1/kubectl configuration=$2; shift 2; exec "$program" --kubeconfig "$configuration" "$@"';
  return connection.check(title, script, [host.programs, host.kubeconfig, ...words], options);
}

/** Runs one of the scripts of `assets/applications/scripts`; they take programs and kubeconfig first. */
export async function runScript(
  host: ApplicationHost,
  title: string,
  name: string,
  words: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const connection = await host.connection();
  const script = await readAsset(`applications/scripts/${name}`);
  return connection.check(title, script, [host.programs, host.kubeconfig, ...words], options);
}
